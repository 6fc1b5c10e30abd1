"""Inception Score: how certain a classifier is of each image, and how varied the set is.

Salimans et al., "Improved Techniques for Training GANs", NeurIPS 2016, section 4. It is the
exponential of the mean Kullback-Leibler divergence of each image's predicted classes, p(y|x), from
their mean over the images, p(y).
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mnemo.statistics.jackknife import Floats

#: Number of random parts of a set whose scores are averaged, by convention.
SPLITS = 10

# torch-fidelity's, so that its splits have the same images.
_SEED = 2020


class Predictions(NamedTuple):
    """Sums over the images of each split, of which any score of a set can be computed.

    Attributes:
        counts: (splits,) numbers of images.
        certainty: (splits,) sums of each image's negative entropy, in nats.
        classes: (splits, classes) sums of each image's probabilities.
    """

    counts: NDArray[np.int64]
    certainty: NDArray[np.float64]
    classes: NDArray[np.float64]

    @classmethod
    def of(cls, blocks: Iterable[Floats], splits: NDArray[np.int64]) -> "Predictions":
        """Sum predictions, with one block in memory at a time.

        Args:
            blocks: Blocks of the (n, classes) logits of at least as many images as have a split;
                any more are not read.
            splits: (n,) split of each image, 0 to `SPLITS` - 1.

        Raises:
            ValueError: There are fewer logits than splits.
        """
        certainty, classes, start = np.zeros(SPLITS), np.zeros((SPLITS, 1)), 0
        for rows in blocks:
            own = splits[start : start + len(rows)]
            logs = special.log_softmax(rows[: len(own)].astype(np.float64), axis=1)
            probabilities = np.exp(logs)
            of_split = np.eye(SPLITS)[own].T
            certainty += of_split @ np.sum(probabilities * logs, axis=1)
            classes = classes + of_split @ probabilities
            start += len(own)
            if start == len(splits):
                break
        if start != len(splits):
            raise ValueError(f"there are {len(splits)} images, but logits of {start}")
        return cls(np.bincount(splits, minlength=SPLITS), certainty, classes)

    def of_splits(self) -> NDArray[np.float64]:
        """Compute the score of each split, (splits,); torch-fidelity's score is their mean."""
        return _scores(self)

    def of_whole(self) -> NDArray[np.float64]:
        """Compute the scores of all images, and of those without each split, (1 + splits,)."""
        whole = [each.sum(axis=0) for each in self]
        left = [
            np.concatenate([[total], total - each]) for total, each in zip(whole, self, strict=True)
        ]
        return _scores(Predictions(*left))


def assign_splits(count: int) -> NDArray[np.int64]:
    """Assign images to the splits that torch-fidelity shuffles them into.

    Args:
        count: Number of images.

    Returns:
        (count,) split of each image, 0 to `SPLITS` - 1.
    """
    splits = np.empty(count, np.int64)
    ends = np.arange(1, SPLITS + 1) * count // SPLITS
    shuffled = np.random.RandomState(_SEED).permutation(count)
    splits[shuffled] = np.searchsorted(ends, np.arange(count), side="right")
    return splits


def _scores(sums: Predictions) -> NDArray[np.float64]:
    """Compute the score of each of some sets from sums over its images."""
    shares = sums.classes / sums.counts[:, None]
    divergence = sums.certainty / sums.counts - special.xlogy(shares, shares).sum(axis=1)
    # Rounding can take a divergence of 0 below it.
    scores: NDArray[np.float64] = np.exp(np.maximum(divergence, 0))
    return scores
