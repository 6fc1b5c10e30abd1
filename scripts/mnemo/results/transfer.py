"""Transfer: whether an edit along one assessor's direction changes the scores of the others."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from mnemo import tables
from mnemo.results import columns
from mnemo.scores import ASSESSOR, SHAPE
from mnemo.statistics import frames

TRANSFER = tables.define(
    "Edits along the normal of one assessor's hyperplane, scored by each assessor",
    tables.field("edit", pa.string(), "name of the edit"),
    tables.field("space", pa.string(), "latent space of the hyperplane", limits="z, w, w_plus"),
    tables.field("fitted_on", pa.string(), "assessor whose scores the hyperplane separates"),
    tables.field(
        "fitted_shape", pa.string(), "shape that this assessor scored", limits="square, oval"
    ),
    tables.field(
        "threshold",
        pa.string(),
        "threshold that separates high from low scores",
        limits="mean, median",
    ),
    ASSESSOR,
    SHAPE,
    tables.field("n", pa.int64(), "number of images"),
    *columns.SLOPE,
    tables.field(
        "deviation",
        pa.float64(),
        "standard deviation of the assessor's scores of the set fit; null for fewer than two",
        nullable=True,
    ),
    *tables.estimate(
        "standard_slope",
        "slope divided by the deviation, for comparison between assessors; null if the deviation "
        "is null or 0",
        unit="standard deviations per unit of alpha",
        nullable=True,
    ),
)

_NAMES = {"assessor": "fitted_on", "shape": "fitted_shape"}


def matrix(
    slopes: pd.DataFrame, directions: Sequence[Mapping[str, Any]], fit_scores: pd.DataFrame
) -> pd.DataFrame:
    """Compute the slopes of all assessors' scores along each assessor's hyperplanes.

    Assessors differ in the spread of their scores, so each slope is also given in standard
    deviations of its assessor's scores of unedited images. The interval is that of the slope,
    divided by this deviation. It ignores the error of the deviation itself, for normal scores a
    share of 1 / sqrt(2 (n - 1)): 2 percent at 1,000 images.

    Args:
        slopes: Rows of `dose_response.SLOPES`; those of other edits are ignored.
        directions: For each edit that moves along a hyperplane's unchanged normal: `edit`, its
            name, and the hyperplane's `space`, `assessor`, `shape` and `threshold`.
        fit_scores: Scores of the set fit: one row per `image`, `assessor` and `shape`, with its
            `score`.

    Returns:
        The columns of `TRANSFER`, one row per edit, assessor and shape, in the order of the edits.
        `standard_slope` and its ends are nan if the scores of the set fit have no spread.
    """
    planes = pd.DataFrame(directions, columns=["edit", *_NAMES, "space", "threshold"]).rename(
        columns=_NAMES
    )
    table = planes.merge(slopes, on="edit")
    table = table.join(frames.deviations(fit_scores), on=["assessor", "shape"])
    ends = {"standard_slope": "slope", "standard_slope_low": "low", "standard_slope_high": "high"}
    spread = table["deviation"].where(table["deviation"] > 0)
    standard = {name: table[end] / spread for name, end in ends.items()}
    named: pd.DataFrame = table.assign(**standard)[TRANSFER.names]
    return named
