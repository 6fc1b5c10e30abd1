"""Delete-a-group jackknife: intervals of any statistic of a set of images."""

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


def margin(replicates: Floats, confidence: float) -> Floats:
    """Compute half the width of t intervals (Shao and Tu, The Jackknife and Bootstrap, 1995).

    Args:
        replicates: (..., groups) statistics with each group left out in turn.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        (...) margins to either side of the statistics.
    """
    groups = replicates.shape[-1]
    standard_error = np.sqrt((groups - 1) * replicates.var(axis=-1))
    quantile: float = stats.t.ppf((1 + confidence) / 2, groups - 1)
    return np.asarray(quantile * standard_error)
