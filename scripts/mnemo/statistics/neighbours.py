"""Precision, recall, density and coverage of a set of images, from nearest neighbours of features.

Each image of a set has a ball around it, whose radius is the distance to its k-th nearest neighbour
in the set. Together, the balls estimate where the set's distribution is.

- precision: share of the images that are in a ball of the reference (Kynkäänniemi et al., Improved
  Precision and Recall Metric for Assessing Generative Models, NeurIPS 2019, equation 2);
- recall: share of the reference's images that are in a ball of the images (equation 2);
- density: number of balls of the reference that an image is in, on average, divided by k (Naeem et
  al., Reliable Fidelity and Diversity Metrics for Generative Models, ICML 2020, section 3);
- coverage: share of the reference's balls that an image is in (section 3).
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics.pairwise import euclidean_distances

from mnemo.statistics.distances import Floats, Grouped
from mnemo.statistics.means import Estimate

#: The estimates, by their names.
ESTIMATES = ("precision", "recall", "density", "coverage")

# Number of rows of a matrix of distances in memory at a time.
_BLOCK = 1000


class Balls(NamedTuple):
    """The balls of a set.

    Attributes:
        sample: (n, d) features of its images, and (n,) the group of each.
        squares: (1 + groups, n) squared radii: of all images, and with each group left out in turn,
            whose own images have -1; None if a group leaves no more than k images.
        neighbours: The number k.
    """

    sample: Grouped
    squares: Floats | None
    neighbours: int

    @classmethod
    def of(cls, sample: Grouped, neighbours: int, groups: int) -> "Balls":
        """Find the k-th nearest neighbour of each image of a set.

        Args:
            sample: As in the attributes.
            neighbours: The number k.
            groups: Number of groups.
        """
        rows, members = sample
        sizes = np.bincount(members, minlength=groups)
        if len(rows) - sizes.max() <= neighbours:
            return cls(sample, None, neighbours)
        squares = np.empty((1 + groups, len(rows)), rows.dtype)
        by_group = [np.flatnonzero(members == group) for group in range(groups)]
        for start in range(0, len(rows), _BLOCK):
            block = slice(start, start + _BLOCK)
            apart = euclidean_distances(rows[block], rows, squared=True)
            np.fill_diagonal(apart[:, start:], np.inf)
            # Only the nearest of each group can be among the nearest of several groups.
            nearest = [_smallest(apart[:, own], neighbours) for own in by_group]
            squares[0, block] = _smallest(np.hstack(nearest), neighbours).max(axis=1)
            for group in range(groups):
                others = np.hstack(nearest[:group] + nearest[group + 1 :])
                squares[1 + group, block] = _smallest(others, neighbours).max(axis=1)
        squares[1 + members, np.arange(len(rows))] = -1
        return cls(sample, squares, neighbours)


def compare(images: Balls, reference: Balls, confidence: float) -> dict[str, Estimate]:
    """Compute precision, recall, density and coverage, with intervals.

    Each is a mean over one set, while the other set decides what is counted. Its variance is that
    of a mean of independent images, plus that of a delete-a-group jackknife over the other set,
    less what the chance of the counted images contributes to the jackknife. A density has a t
    interval. A share has the interval of Clopper and Pearson for as many independent images as
    would have this variance (Korn and Graubard, Survey Methodology 24:193, 1998).

    Args:
        images: Balls of n images.
        reference: Balls of the m reference images, with the same k and groups.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        `ESTIMATES` by name; nan if a group leaves no more than k images in a set. They depend on n
        and m, and so do the values that the intervals cover: those expected at these numbers.
    """
    if images.squares is None or reference.squares is None:
        return dict.fromkeys(ESTIMATES, Estimate())
    (rows, members), (others, _) = images.sample, reference.sample
    groups = len(images.squares) - 1
    within = np.empty((1 + groups, len(rows)))
    recalled = np.zeros((1 + groups, len(others)), bool)
    reached = np.zeros((groups, len(others)), bool)
    for start in range(0, len(rows), _BLOCK):
        block = slice(start, start + _BLOCK)
        apart = euclidean_distances(rows[block], others, squared=True)
        for left, (own, other) in enumerate(zip(images.squares, reference.squares, strict=True)):
            within[left, block] = np.count_nonzero(apart <= other, axis=1)
            recalled[left] |= (apart <= own[block, None]).any(axis=0)
        for group in np.unique(members[block]):
            near = apart[members[block] == group] <= reference.squares[0]
            reached[group] |= near.any(axis=0)
    by_groups = reached.sum(axis=0)
    covered = np.vstack([by_groups > 0, by_groups - reached > 0])
    return {
        "precision": _share(within > 0, confidence),
        "recall": _share(recalled, confidence),
        "density": _mean(within / reference.neighbours, confidence),
        "coverage": _share(covered, confidence),
    }


def _smallest(values: Floats, count: int) -> Floats:
    """Return the smallest values of each row, at most so many, in any order."""
    if values.shape[1] <= count:
        return values
    found: Floats = np.partition(values, count - 1, axis=1)[:, :count]
    return found


def _variance(counted: Floats | NDArray[np.bool_]) -> float:
    """Estimate the variance of a mean over images of one set that depends on another set.

    Args:
        counted: (1 + groups, n): what each image counts, with all images of the other set, and with
            each of its groups left out in turn.
    """
    whole, left = counted[0].astype(float), counted[1:].astype(float)
    groups, n = left.shape
    means = left.mean(axis=1)
    # In an analysis of variance, the residual of images by groups is what chance adds to the means.
    residuals = left - left.mean(axis=0) - means[:, None] + means.mean()
    chance = np.mean(residuals**2) / (n - 1)
    return float(whole.var(ddof=1) / n + (groups - 1) * max(means.var() - chance, 0))


def _mean(counted: Floats, confidence: float) -> Estimate:
    """Return a mean that is not below 0, with a t interval."""
    value = float(counted[0].mean())
    margin = stats.t.ppf((1 + confidence) / 2, len(counted) - 2) * math.sqrt(_variance(counted))
    return Estimate(value, float(max(value - margin, 0)), float(value + margin))


def _share(counted: NDArray[np.bool_], confidence: float) -> Estimate:
    """Return a share, with the interval of Korn and Graubard."""
    n, value = counted.shape[1], float(counted[0].mean())
    # The variance of a share of exactly 0 or 1 is unknown.
    effective = value * (1 - value) / _variance(counted) if 0 < value < 1 else n
    tail = (1 - confidence) / 2
    effective *= (stats.norm.isf(tail) / stats.t.isf(tail, len(counted) - 2)) ** 2
    hits, misses = value * effective, (1 - value) * effective
    low = stats.beta.ppf(tail, hits, misses + 1) if hits else 0.0
    high = stats.beta.isf(tail, hits + 1, misses) if misses else 1.0
    return Estimate(value, float(low), float(high))
