"""Drift: how much an edit changes each attribute, including those that it holds constant."""

from collections.abc import Collection

import numpy as np
import pandas as pd
import pyarrow as pa

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.results import columns
from mnemo.scores import SHAPE
from mnemo.statistics import frames

DRIFT = tables.define(
    "Change of each attribute by an edit, relative to alpha 0",
    tables.field("edit", pa.string(), "name of the edit"),
    tables.field("attribute", pa.string(), "assessor of the attribute"),
    SHAPE,
    tables.field("held", pa.bool_(), "whether the edit holds the attribute constant"),
    columns.ALPHA,
    tables.field("n", pa.int64(), "number of images scored both at this alpha and at alpha 0"),
    tables.field("change", pa.float64(), "mean change of the attribute's score", nullable=True),
    tables.field(
        "low",
        pa.float64(),
        "lower end of the interval of the change, a paired t interval: it covers less than it "
        "claims if few images have very skewed changes",
        nullable=True,
    ),
    tables.field("high", pa.float64(), "upper end of the interval of the change", nullable=True),
    tables.field(
        "deviation",
        pa.float64(),
        "standard deviation of the attribute's scores of the set fit; null for fewer than two",
        nullable=True,
    ),
)


def measure(
    scores: pd.DataFrame,
    fit_scores: pd.DataFrame,
    held: Collection[str],
    *,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compute the mean change of each attribute's score from alpha 0 (paper 1, figure 27).

    Each image is compared with itself. An image that has no score at alpha 0 or at another alpha,
    because no face was found, does not contribute there.

    Args:
        scores: Scores of one edit, including alpha 0, by the assessors of attributes: one row per
            `edit`, `assessor`, `shape`, `alpha` and `image`, with its `score`.
        fit_scores: Scores of the set fit by the same assessors: one row per `image`, `assessor` and
            `shape`, with its `score`.
        held: The attributes that the edit holds constant.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The columns of `DRIFT`, one row per attribute, shape and alpha. `low` and `high` are the
        ends of the paired t interval; nan if fewer than two images have a change. At alpha 0 the
        change is exactly 0, and so are both ends. `deviation` is as for `frames.deviations`.

    Raises:
        MnemoError: No image is scored at alpha 0.
    """
    alphas = np.unique(scores["alpha"])
    if 0 not in alphas:
        raise MnemoError(
            "No image is scored at alpha 0, from which changes are measured. Add 0 to the edit's "
            "`alphas`, or look at why no face was found."
        )
    parts = []
    exact = scores.astype({"score": np.float64})
    for (edit, attribute, shape), frame in exact.groupby(["edit", "assessor", "shape"]):
        by_image = frame.pivot(index="image", columns="alpha", values="score")
        by_image = by_image.reindex(columns=alphas)
        changes = by_image.sub(by_image[0], axis=0)
        table = frames.means(changes, "change", confidence).reset_index()
        parts.append(table.assign(edit=str(edit), attribute=str(attribute), shape=str(shape)))
    table = pd.concat(parts, ignore_index=True)
    table = table.join(frames.deviations(fit_scores), on=["attribute", "shape"])
    return table.assign(held=table["attribute"].isin(held))
