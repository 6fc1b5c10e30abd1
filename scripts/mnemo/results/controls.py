"""Controls: what directions of equal length that mean nothing, or only light, do to the scores."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from mnemo import tables
from mnemo.results import columns
from mnemo.scores import ASSESSOR, SHAPE
from mnemo.statistics import frames

CONTROLS = tables.define(
    "Mean scores of the controls of each edit, which its effect is read against",
    tables.field("edit", pa.string(), "name of the edit"),
    tables.field(
        "control",
        pa.string(),
        "random: a random direction for each image; permuted: for each image, the normal of a "
        "hyperplane fitted on permuted scores; brightness: the normal of the hyperplane of "
        "brightness, to the side that the edit, before it holds anything constant, moves to",
        limits="random, permuted, brightness",
    ),
    ASSESSOR,
    SHAPE,
    columns.ALPHA,
    tables.field("n", pa.int64(), "number of images scored both at this alpha and at alpha 0"),
    tables.field("mean", pa.float64(), "mean score of these images", nullable=True),
    tables.field(
        "low",
        pa.float64(),
        "lower end of the t interval of the mean: like that of the change, it covers less than it "
        "claims if few images have very skewed scores",
        nullable=True,
    ),
    tables.field("high", pa.float64(), "upper end of the t interval of the mean", nullable=True),
    *tables.estimate(
        "change",
        "mean change of the score from alpha 0, each image against itself (paired t interval)",
        nullable=True,
    ),
)


def measure(
    controls: pd.DataFrame,
    unedited: pd.DataFrame,
    alphas: Sequence[float],
    *,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compute the mean scores of an edit's controls, and their changes from the unedited images.

    Args:
        controls: Scores of the controls: one row per `edit` (the control), `assessor`, `shape`,
            `alpha` and `image`, with its `score`.
        unedited: Scores at alpha 0: one row per `assessor`, `shape` and `image`, with its `score`.
        alphas: The alphas of the edit but for 0.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The columns of `CONTROLS` except `edit`, one row per control, assessor, shape and alpha. An
        image counts if it has a score both at that alpha and at alpha 0; estimates are nan if none
        has, and intervals if fewer than two have.
    """
    place = ["assessor", "shape", "image"]
    exact = controls[controls["alpha"].isin(alphas)].astype({"score": np.float64})
    before = unedited.astype({"score": np.float64}).rename(columns={"score": "original"})
    paired = exact.merge(before[[*place, "original"]], on=place)
    paired["change"] = paired["score"] - paired["original"]
    axes = ["edit", "assessor", "shape", "alpha"]
    grouped = paired.groupby(axes)
    parts = {}
    for estimate, column in (("mean", "score"), ("change", "change")):
        table = grouped[column].agg(["count", "mean", "sem"]).reset_index()
        table.columns = pd.Index([*axes, "n", estimate, "standard_error"])
        parts[estimate] = frames.with_interval(table, estimate, confidence).set_index(axes)
    changes = parts["change"].rename(columns={"low": "change_low", "high": "change_high"})
    table = parts["mean"].join(changes.drop(columns="n"))
    # A shape in which no face was found at an alpha has a row without estimates.
    known = exact[["edit", "assessor", "shape"]].drop_duplicates()
    rows = known.merge(pd.DataFrame({"alpha": sorted(alphas)}), how="cross")
    table = rows.join(table, on=axes).rename(columns={"edit": "control"})
    return table.assign(n=table["n"].fillna(0).astype(int))
