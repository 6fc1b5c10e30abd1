"""Frames of scores: arrangement by image, spread, and intervals.

Dose-response frames have the columns `image` (key), `alpha` (distance moved along the direction)
and `score`, with one row per image and alpha. Rows without a score, because no face was found in
the edited image, are left out.
"""

import numpy as np
import pandas as pd
from scipy import stats


def deviations(scores: pd.DataFrame) -> "pd.Series[float]":
    """Compute the standard deviation of the scores by each assessor and shape.

    Args:
        scores: One row per `image`, `assessor` and `shape`, with its `score`.

    Returns:
        `deviation`, the standard deviation with n - 1 degrees of freedom, by assessor and shape: 0
        if all scores are equal, nan if there is only one.
    """
    by_shape = scores.astype({"score": np.float64}).groupby(["assessor", "shape"])["score"]
    # The rounding of equal scores' mean would give them a spread.
    deviation = by_shape.std().rename("deviation")
    return deviation.mask(by_shape.nunique() == 1, deviation * 0)


def influences(scores: pd.DataFrame) -> pd.DataFrame:
    """Compute how far each image moves the logarithm of a standard deviation.

    The squares of a column sum to the variance of that logarithm, the products of two columns to
    their covariance (the infinitesimal jackknife).

    Args:
        scores: As for `deviations`.

    Returns:
        One row per image, one column per assessor and shape; nan for an image without a score, and
        for scores that are all equal.
    """
    exact = scores.astype({"score": np.float64})
    score = exact.pivot(index="image", columns=["assessor", "shape"], values="score")
    squares = (score - score.mean()) ** 2
    return (squares / squares.mean() - 1) / 2 / score.count()


def scored(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that have a score, with `score` and `alpha` in float64."""
    # Means of float32 scores are computed in float64.
    return frame.dropna(subset=["score"]).astype({"score": np.float64, "alpha": np.float64})


def by_image(frame: pd.DataFrame) -> pd.DataFrame:
    """Return scores with one row per image and one column per alpha, in ascending order."""
    # If an image has two rows of one alpha, pivot refuses them; pivot_table would average them.
    return scored(frame).pivot(index="image", columns="alpha", values="score")


def means(values: pd.DataFrame, name: str, confidence: float) -> pd.DataFrame:
    """Compute the mean of each column, with its t interval.

    Args:
        values: One row per image; nan where an image has no value.
        name: What the means are called.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        One row per column: the number `n` of values, their mean, called `name`, and `low` and
        `high`, as for `with_interval`.
    """
    table = pd.DataFrame({"n": values.count(), name: values.mean(), "standard_error": values.sem()})
    return with_interval(table, name, confidence)


def with_interval(table: pd.DataFrame, estimate: str, confidence: float) -> pd.DataFrame:
    """Return the table with `standard_error` replaced by the ends of the estimate's t interval.

    Args:
        table: A frame with the columns `n`, `standard_error` and the estimate.
        estimate: Name of the estimate's column.
        confidence: Confidence of the interval, between 0 and 1.

    Returns:
        The frame with the columns `low` and `high`; `table` itself loses `standard_error`. The
        ends are nan if `n` is below 2. They equal the estimate if all values are equal.
    """
    quantile = stats.t.ppf((1 + confidence) / 2, table["n"] - 1)
    margin = quantile * table.pop("standard_error")
    return table.assign(low=table[estimate] - margin, high=table[estimate] + margin)
