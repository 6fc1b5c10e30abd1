"""Delete-a-group jackknife: intervals of any statistic of a set of images.

Statistics are arrays of 1 + groups values: of all images, and with each group left out in turn.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from mnemo.errors import MnemoError

Floats = NDArray[np.floating[Any]]


def assign_groups(count: int, groups: int, seed: int) -> NDArray[np.int64]:
    """Assign images randomly and evenly to the groups that the jackknife leaves out in turn.

    Args:
        count: Number of images.
        groups: Number of groups.
        seed: Seed of the assignment.

    Returns:
        (count,) group of each image, 0 to groups - 1.

    Raises:
        MnemoError: There are fewer than two images per group.
    """
    if count < 2 * groups:
        raise MnemoError(
            f"{count} images are too few for the jackknife's {groups} groups, which need at least "
            f"two images each. Draw more images, or set `groups` to {count // 2} or less."
        )
    return np.random.default_rng(seed).permutation(count) % groups


def interval(statistics: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Compute the ends of t intervals (Shao and Tu, The Jackknife and Bootstrap, 1995).

    Args:
        statistics: (..., 1 + groups) statistics.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        (...) lower ends, and (...) upper ends.
    """
    replicates = statistics[..., 1:]
    margin = _quantile(replicates, confidence) * np.sqrt(_covariance(replicates, replicates))
    return statistics[..., 0] - margin, statistics[..., 0] + margin


def ratio_interval(above: Floats, below: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Compute the ends of the intervals of ratios (Fieller, JRSS B 16:175, 1954).

    An interval holds each ratio r for which the t interval of `above - r * below` includes 0. It
    has two ends only if the interval of `below` does not include 0.

    Args:
        above: (..., 1 + groups) numerators.
        below: (1 + groups,) denominator.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        (...) lower ends, and (...) upper ends; nan if the interval of the denominator includes 0.
    """
    squared = _quantile(below[1:], confidence) ** 2
    own, shared, other = (
        x[..., 0] * y[..., 0] - squared * _covariance(x[..., 1:], y[..., 1:])
        for x, y in ((below, below), (above, below), (above, above))
    )
    own = np.where(own > 0, own, np.nan)
    # Equal numerator and denominator have a root of 0 but for rounding.
    root = np.sqrt(np.maximum(shared**2 - own * other, 0))
    return (shared - root) / own, (shared + root) / own


def _quantile(replicates: Floats, confidence: float) -> float:
    """Return the quantile of a t distribution with one degree of freedom fewer than groups."""
    return float(stats.t.ppf((1 + confidence) / 2, replicates.shape[-1] - 1))


def _covariance(a: Floats, b: Floats) -> Floats:
    """Estimate the covariance of two statistics from (..., groups) replicates."""
    a, b = (each - each.mean(axis=-1, keepdims=True) for each in (a, b))
    return np.asarray((a.shape[-1] - 1) * np.mean(a * b, axis=-1))
