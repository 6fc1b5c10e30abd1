"""Transfer: whether an edit along one assessor's hyperplane moves the scores of the others."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from mnemo import tables
from mnemo.results import columns
from mnemo.scores import ASSESSOR, SHAPE
from mnemo.statistics import frames

TRANSFER = tables.define(
    "Edits along the normal of one assessor's hyperplane, scored by another assessor",
    tables.field("edit", pa.string(), "name of the edit"),
    tables.field("space", pa.string(), "latent space of the hyperplane", limits="z, w, w_plus"),
    tables.field("fitted_on", pa.string(), "assessor whose scores the hyperplane separates"),
    tables.field("fitted_shape", pa.string(), "shape that it scored", limits="square, oval"),
    tables.field("threshold", pa.string(), "rule that cuts high from low", limits="mean, median"),
    ASSESSOR,
    SHAPE,
    tables.field("n", pa.int64(), "images"),
    *columns.SLOPE,
    tables.field(
        "deviation", pa.float64(), "standard deviation of the assessor's scores of the set fit"
    ),
    *tables.estimate(
        "standard_slope",
        "slope over that deviation, which can be compared between assessors",
        unit="standard deviations per unit of alpha",
        nullable=True,
    ),
)

_NAMES = {"assessor": "fitted_on", "shape": "fitted_shape"}


def matrix(
    slopes: pd.DataFrame, directions: Sequence[Mapping[str, Any]], fit_scores: pd.DataFrame
) -> pd.DataFrame:
    """Compare the slopes that the assessors' scores have along each other's hyperplanes.

    Assessors differ in the spread of their scores, so each slope is also given in standard
    deviations of its assessor's scores of unedited images. Its interval is that of the slope over
    this deviation: the deviation's own error, a share of 1 / sqrt(2 (n - 1)) of it for normal
    scores, 2 percent at 1,000 images, is left out.

    Args:
        slopes: Rows of `dose_response.SLOPES`; those of other edits are left out.
        directions: For each edit that moves along a hyperplane's normal as it is: `edit`, its name,
            and the hyperplane's `space`, `assessor`, `shape` and `threshold`.
        fit_scores: Scores of the set fit: one row for each `image`, `assessor` and `shape`, with
            its `score`.

    Returns:
        The columns of `TRANSFER`, one row for each edit, assessor and shape, in the order
        of the edits.

    Raises:
        MnemoError: As for `frames.deviations`.
    """
    planes = pd.DataFrame(directions, columns=["edit", *_NAMES, "space", "threshold"]).rename(
        columns=_NAMES
    )
    table = planes.merge(slopes, on="edit")
    table = table.join(frames.deviations(fit_scores), on=["assessor", "shape"])
    ends = {"standard_slope": "slope", "standard_slope_low": "low", "standard_slope_high": "high"}
    standard = {name: table[end] / table["deviation"] for name, end in ends.items()}
    named: pd.DataFrame = table.assign(**standard)[TRANSFER.names]
    return named
