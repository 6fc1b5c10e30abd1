"""Rank agreement of two scores of the same images, with bootstrap intervals."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from mnemo.errors import MnemoError

#: Images in a resample of a bootstrap, or as many as there are.
RESAMPLED = 2_000


@dataclass(frozen=True)
class Agreement:
    """Rank agreement of two scores of the same images.

    Attributes:
        n: Images that have both scores.
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
    """Measure how alike two scores rank the same images (paper 1, section 2.3, table 1).

    The correlations are those of all images. Their intervals are percentiles over resamples of the
    images, both scores of an image together. Of more than `RESAMPLED` images each resample draws as
    many as that, and its deviation from the correlation shrinks by the root of their share: the m
    out of n bootstrap (Bickel, Goetze and van Zwet, Statistica Sinica 7:1, 1997), for correlations
    that err as 1 / sqrt(n). The ends stay within the noise of 1,000 resamples, whose time stops
    growing at a second: all pairs of 28 scores take minutes.

    Args:
        scores_a: (n,) scores; nan where an image has none.
        scores_b: (n,) other scores of the same images.
        resamples: Bootstrap resamples of the images.
        seed: Seed of the resamples.
        confidence: Confidence of the intervals.

    Returns:
        Both correlations with their intervals.

    Raises:
        MnemoError: Fewer than three images have both scores, or a score is the same for all.
    """
    pairs = np.column_stack([scores_a, scores_b])
    pairs = pairs[np.isfinite(pairs).all(axis=1)]
    n = len(pairs)
    if n < 3 or (pairs == pairs[0]).all(axis=0).any():
        raise MnemoError(
            f"{n} images have both scores, with {len(np.unique(pairs[:, 0]))} and "
            f"{len(np.unique(pairs[:, 1]))} different values: ranks need three images, and "
            "scores that differ. Draw more images, or look at why the assessor scores all alike."
        )
    generator = np.random.default_rng(seed)
    drawn = min(n, RESAMPLED)
    resampled = np.array(
        [_correlations(pairs[generator.integers(n, size=drawn)]) for _ in range(resamples)]
    )
    spearman, kendall = measured = _correlations(pairs)
    around = measured + np.sqrt(drawn / n) * (resampled - measured)
    # A resample of very few images can be one image over and over, which has no ranks: nan.
    low, high = np.nanquantile(around, tails(confidence), axis=0).tolist()
    return Agreement(n, spearman, low[0], high[0], kendall, low[1], high[1])


def _correlations(pairs: NDArray[np.floating[Any]]) -> tuple[float, float]:
    a, b = pairs.T
    return float(stats.spearmanr(a, b).statistic), float(stats.kendalltau(a, b).statistic)


def tails(confidence: float) -> tuple[float, float]:
    """Return the two quantiles between which an interval of a confidence lies."""
    return (1 - confidence) / 2, (1 + confidence) / 2
