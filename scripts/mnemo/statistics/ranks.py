"""Rank agreement between two scores of the same images, with bootstrap intervals."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

#: Largest number of images in a bootstrap resample.
RESAMPLED = 2_000


@dataclass(frozen=True)
class Agreement:
    """Rank agreement between two scores of the same images.

    Attributes:
        n: Number of images that have both scores; an estimate that they do not determine is nan.
        spearman: Spearman's rank correlation, -1 to 1.
        spearman_low: Lower end of its interval.
        spearman_high: Upper end of its interval.
        kendall: Kendall's tau-b, -1 to 1.
        kendall_low: Lower end of its interval.
        kendall_high: Upper end of its interval.
    """

    n: int
    spearman: float
    spearman_low: float
    spearman_high: float
    kendall: float
    kendall_low: float
    kendall_high: float


def agreement(
    scores_a: ArrayLike,
    scores_b: ArrayLike,
    *,
    resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Agreement:
    """Compute how similarly two scores rank the same images (paper 1, section 2.3, table 1).

    The correlations are computed from all images. Their intervals are percentiles over bootstrap
    resamples of the images, which keep both scores of an image together. If there are more than
    `RESAMPLED` images, each resample draws `RESAMPLED` of them, and its deviation from the
    correlation is multiplied by sqrt(RESAMPLED / n): the m out of n bootstrap (Bickel, Goetze and
    van Zwet, Statistica Sinica 7:1, 1997), for correlations whose error decreases as 1 / sqrt(n).
    This changes the ends by less than the noise of 1,000 resamples, and bounds their time at a
    second; all pairs of 28 scores take minutes.

    Fewer than three images, or equal scores, have no rank correlation. A resample without one could
    have had any, so if more resamples lack it than lie beyond an end, the end is unknown. So is the
    interval of scores that agree or disagree completely: every resample does so too, however few
    images there are.

    Args:
        scores_a: (n,) scores; nan where an image has none.
        scores_b: (n,) other scores of the same images; nan where an image has none.
        resamples: Number of bootstrap resamples.
        seed: Seed of the resamples.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        Both correlations with their intervals; nan where there is none.
    """
    pairs = np.column_stack([scores_a, scores_b])
    pairs = pairs[np.isfinite(pairs).all(axis=1)]
    n = len(pairs)
    if n < 3 or (pairs == pairs[0]).all(axis=0).any():
        return Agreement(n, *[np.nan] * 6)
    generator = np.random.default_rng(seed)
    drawn = min(n, RESAMPLED)
    resampled = np.array(
        [_correlations(pairs[generator.integers(n, size=drawn)]) for _ in range(resamples)]
    )
    spearman, kendall = measured = _correlations(pairs)
    around = measured + np.sqrt(drawn / n) * (resampled - measured)
    low, high = bounds(around, confidence)
    complete = np.isclose(np.abs(measured), 1, rtol=0, atol=1e-12)
    low[complete] = high[complete] = np.nan
    return Agreement(n, spearman, low[0], high[0], kendall, low[1], high[1])


def _correlations(pairs: NDArray[np.floating[Any]]) -> tuple[float, float]:
    if (pairs == pairs[0]).all(axis=0).any():
        return np.nan, np.nan
    a, b = pairs.T
    return float(stats.spearmanr(a, b).statistic), float(stats.kendalltau(a, b).statistic)


def bounds(
    resampled: NDArray[np.floating[Any]], confidence: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the percentile interval of estimates from resamples.

    Args:
        resampled: (resamples, k) estimates, infinite where they are beyond what is measured, and
            nan where a resample has none: such a one may lie beyond either end.
        confidence: Confidence of the interval, between 0 and 1.

    Returns:
        (k,) lower and (k,) upper ends; nan where an end is unknown.
    """
    low, high = tails(confidence)
    missing = np.isnan(resampled)
    # Ends are resampled values: interpolating between infinities would give nan.
    lower = np.quantile(np.where(missing, -np.inf, resampled), low, axis=0, method="lower")
    upper = np.quantile(np.where(missing, np.inf, resampled), high, axis=0, method="higher")
    return np.where(np.isfinite(lower), lower, np.nan), np.where(np.isfinite(upper), upper, np.nan)


def tails(confidence: float) -> tuple[float, float]:
    """Return the two quantiles that bound an interval of the given confidence."""
    return (1 - confidence) / 2, (1 + confidence) / 2
