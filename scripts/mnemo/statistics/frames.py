"""Frames of scores: laid out by image, and with intervals.

Dose and response frames have the columns `image` (key), `alpha` (distance moved along the
direction) and `score`, one row for each image and alpha. Rows without a score, because no face was
found in the edited image, are left out.
"""

import numpy as np
import pandas as pd
from scipy import stats

from mnemo.errors import MnemoError


def deviations(scores: pd.DataFrame) -> "pd.Series[float]":
    """Measure how far the scores of each assessor and shape spread.

    Args:
        scores: One row for each `image`, `assessor` and `shape`, with its `score`.

    Returns:
        `deviation`, the standard deviation over n - 1, by assessor and shape.

    Raises:
        MnemoError: The scores of an assessor and shape do not differ.
    """
    by_shape = scores.astype({"score": np.float64}).groupby(["assessor", "shape"])["score"]
    alike = by_shape.nunique() < 2
    if alike.any():
        named = ", ".join(f"{assessor} of {shape}" for assessor, shape in alike.index[alike])
        raise MnemoError(
            f"The scores by {named} images of the set fit are all the same, or there is one alone: "
            "they have no spread. Draw more images, or look at why the assessor scores all alike."
        )
    return by_shape.std().rename("deviation")


def scored(frame: pd.DataFrame) -> pd.DataFrame:
    # Means of float32 scores are taken in float64.
    return frame.dropna(subset=["score"]).astype({"score": np.float64, "alpha": np.float64})


def by_image(frame: pd.DataFrame) -> pd.DataFrame:
    """Lay scores out with a row for each image and a column for each alpha, ascending."""
    # pivot_table would average an image's rows where pivot refuses two of one alpha.
    return scored(frame).pivot(index="image", columns="alpha", values="score")


def with_interval(table: pd.DataFrame, estimate: str, confidence: float) -> pd.DataFrame:
    """Replace the column `standard_error` by the ends of a t interval of an estimate."""
    quantile = stats.t.ppf((1 + confidence) / 2, table["n"] - 1)
    margin = quantile * table.pop("standard_error")
    return table.assign(low=table[estimate] - margin, high=table[estimate] + margin)
