"""Distances between two sets of features: Fréchet and kernel distance.

The functions import clean-fid themselves: it loads PyTorch, which a job that only joins a table
does not need.
"""

import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Floats = NDArray[np.floating[Any]]
#: (n, d) features of images, and (n,) the group of each image.
Grouped = tuple[Floats, NDArray[np.int64]]

# Number of rows of a Gram matrix in memory at a time.
_BLOCK = 1000


class Moments(NamedTuple):
    """Mean and covariance of features, the latter as a matrix or as a root of it.

    Attributes:
        mean: (d,) mean.
        covariance: (d, d) covariance S; None if the root is given.
        root: (k, d) matrix F with F'F = S; None if the covariance is given.
    """

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64] | None = None
    root: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, rows: Floats) -> "Moments":
        """Compute the moments of (n, d) features, with a root of n rows."""
        rows = rows.astype(np.float64)
        mean = rows.mean(axis=0)
        return cls(mean, root=(rows - mean) / np.sqrt(len(rows) - 1))

    def rooted(self) -> "Moments":
        """Return the moments with a root; of a covariance, one of d rows."""
        if self.covariance is None:
            return self
        values, vectors = np.linalg.eigh(self.covariance)
        return Moments(self.mean, root=(vectors * np.sqrt(np.maximum(values, 0))).T)

    def spread(self) -> NDArray[np.float64]:
        """Return the covariance."""
        if self.root is not None:
            return self.root.T @ self.root
        assert self.covariance is not None
        return self.covariance

    def total(self) -> float:
        """Return the sum of the features' variances."""
        if self.root is not None:
            return float(np.sum(self.root**2))
        assert self.covariance is not None
        return float(np.trace(self.covariance))

    def rank(self) -> float:
        """Return the effective rank of the features, from 1 to d.

        It is the exponential of the entropy of the covariance's eigenvalues, divided by their sum
        (Roy and Vetterli, The Effective Rank, EUSIPCO 2007, section 2, of the covariance).
        """
        root = self.root
        if root is not None and len(root) < root.shape[1]:
            # These have the same eigenvalues, but for zeros.
            products = root @ root.T
        else:
            products = self.spread()
        shares = np.maximum(np.linalg.eigvalsh(products), 0)
        return float(np.exp(stats.entropy(shares)))


def frechet(features: Floats, reference: Floats) -> float:
    """Compute the Fréchet distance between two sets of features, as clean-fid does.

    It is |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)), with the sets' means m and covariances S.
    Both are estimated, which adds a bias that decreases with the number of images.

    Args:
        features: (n, d) features of images.
        reference: (m, d) features of the reference images.

    Returns:
        The distance, in the features' unit squared.
    """
    from cleanfid import fid

    features, reference = _in_joint_span(features, reference)
    with warnings.catch_warnings():
        # With fewer images than features, the covariances are singular, which affects only the
        # seventh digit of clean-fid's result. It also calls scipy's sqrtm in a deprecated way.
        warnings.simplefilter("ignore")
        return float(fid.fid_from_feats(features, reference))


def frechet_of_moments(features: Moments, reference: Moments) -> float:
    """Compute the Fréchet distance from moments, as clean-fid does."""
    from cleanfid import fid

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(
            fid.frechet_distance(
                features.mean, features.spread(), reference.mean, reference.spread()
            )
        )


def frechet_of_root(features: Moments, reference: Moments) -> float:
    """Compute the Fréchet distance from moments in the quickest way.

    Args:
        features: Moments of images.
        reference: Moments of the reference images, with a root.

    Returns:
        The distance, equal to `frechet_of_moments` but for rounding.
    """
    root = reference.root
    assert root is not None
    # tr (S1 S2)^(1/2) is the sum of the roots of the eigenvalues of F2 S1 F2', where F2'F2 = S2.
    if features.root is None:
        gram = root @ features.spread() @ root.T
    else:
        product = root @ features.root.T
        gram = product @ product.T if len(root) < product.shape[1] else product.T @ product
    roots = np.sqrt(np.maximum(np.linalg.eigvalsh(gram), 0))
    apart = np.sum((features.mean - reference.mean) ** 2)
    return float(apart + features.total() + reference.total() - 2 * np.sum(roots))


def kernel(
    features: Grouped, reference: Grouped, within: tuple[Floats, NDArray[np.int64]], groups: int
) -> Floats:
    """Compute the kernel distance between two sets, and that with each group of both left out.

    It is the squared maximum mean discrepancy under the kernel (x . y / d + 1)^3, over all pairs of
    images (Gretton et al., JMLR 13:723, 2012, equation 3). clean-fid estimates it from random
    subsets. It is unbiased at any number of images, so it may be below 0 for similar sets.

    Args:
        features: Features of images and their groups.
        reference: Those of the reference.
        within: The result of `kernel_within` for the reference.
        groups: Number of groups.

    Returns:
        (1 + groups,) distances, without a unit: of all images, then without each group in turn.
    """
    own, counts = kernel_within(features, groups)
    between = _whole_and_without(_kernel_sums(features, reference, groups))
    reference_within, reference_counts = within
    distances: Floats = own + reference_within - 2 * between / (counts * reference_counts)
    return distances


def kernel_within(grouped: Grouped, groups: int) -> tuple[Floats, NDArray[np.int64]]:
    """Compute the mean kernel over pairs of different images, and the number of images.

    Returns:
        (1 + groups,) means, of all images and without each group in turn, and (1 + groups,) numbers
        of images.
    """
    rows, members = grouped
    with_itself = (np.einsum("ij,ij->i", rows, rows, dtype=np.float64) / rows.shape[1] + 1) ** 3
    sums = _kernel_sums(grouped, grouped, groups)
    sums -= np.diag(np.bincount(members, with_itself, minlength=groups))
    counts = len(rows) - np.array([0, *np.bincount(members, minlength=groups)])
    return _whole_and_without(sums) / (counts * (counts - 1)), counts


def _in_joint_span(features: Floats, reference: Floats) -> tuple[Floats, Floats]:
    """Rotate features into the subspace that the images span, if it is smaller.

    Distances do not change.
    """
    features, reference = features.astype(np.float64), reference.astype(np.float64)
    if len(features) + len(reference) >= features.shape[1]:
        return features, reference
    basis, _ = np.linalg.qr(np.vstack([features, reference]).T)
    return features @ basis, reference @ basis


def _kernel_sums(a: Grouped, b: Grouped, groups: int) -> Floats:
    """Sum the kernel over all pairs of each group of a with each group of b, (groups, groups)."""
    rows_a, rows_b = a[0].astype(np.float64), b[0].astype(np.float64)
    indicators = np.eye(groups)
    sums = np.zeros((groups, groups))
    for start in range(0, len(rows_a), _BLOCK):
        block = slice(start, start + _BLOCK)
        gram = rows_a[block] @ rows_b.T / rows_b.shape[1] + 1
        sums += indicators[a[1][block]].T @ (gram * gram * gram @ indicators[b[1]])
    return sums


def _whole_and_without(sums: Floats) -> Floats:
    """Sum over all pairs of groups, and over those without each group in turn, (1 + groups,)."""
    whole = sums.sum()
    left: Floats = whole - sums.sum(axis=0) - sums.sum(axis=1) + np.diag(sums)
    return np.array([whole, *left])
