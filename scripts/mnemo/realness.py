"""Realness: how far the features of edited images lie from a reference's (paper 1, section 3.2).

On Inception's features the Fréchet distance is the FID and the kernel distance the KID. On other
features they are neither, and only ratios to the unedited images mean anything.
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from cleanfid import fid
from numpy.typing import NDArray
from scipy import stats

from mnemo.errors import MnemoError

Floats = NDArray[np.floating[Any]]
#: (n, d) features of images, and (n,) the group of each.
Grouped = tuple[Floats, NDArray[np.int64]]

# Rows of a Gram matrix held at a time.
_BLOCK = 1000


def frechet(features: Floats, reference: Floats) -> float:
    """Measure the Fréchet distance of two sets of features, as clean-fid does.

    It is |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)), with the sets' means m and covariances S.

    Args:
        features: (n, d) features of images.
        reference: (m, d) features of the reference images.

    Returns:
        The distance, in the features' unit squared.
    """
    features, reference = _in_joint_span(features, reference)
    with warnings.catch_warnings():
        # With fewer images than features the covariances are singular, which costs clean-fid no
        # more than the seventh digit; and it calls scipy's sqrtm in a way that SciPy retires.
        warnings.simplefilter("ignore")
        return float(fid.fid_from_feats(features, reference))


def kernel(
    features: Floats,
    reference: Floats,
    *,
    subsets: int = 100,
    subset_size: int = 1000,
    seed: int = 0,
) -> float:
    """Measure the kernel distance of two sets of features, as clean-fid does.

    It is the squared maximum mean discrepancy under the kernel (x . y / d + 1)^3, averaged over
    pairs of random subsets, unbiased, and so below 0 at times for sets that are alike.

    Args:
        features: (n, d) features of images.
        reference: (m, d) features of the reference images.
        subsets: Pairs of subsets to average over.
        subset_size: Images in a subset, or as many as the smaller set has.
        seed: Seed of the subsets. Equal seeds pick equal rows from sets of equal size.

    Returns:
        The distance, without unit.
    """
    state = np.random.get_state()  # noqa: NPY002 - clean-fid draws from the global generator
    np.random.seed(seed)  # noqa: NPY002
    try:
        # A small difference of large means: float32 would lose digits that it needs.
        return float(
            fid.kernel_distance(
                features.astype(np.float64), reference.astype(np.float64), subsets, subset_size
            )
        )
    finally:
        np.random.set_state(state)  # noqa: NPY002


def assign_groups(count: int, groups: int, seed: int) -> NDArray[np.int64]:
    """Assign images to the groups that the jackknife leaves out in turn, at random and evenly.

    Args:
        count: Images.
        groups: Groups.
        seed: Seed of the assignment.

    Returns:
        (count,) group of each image, 0 to groups - 1.

    Raises:
        MnemoError: Leaving out a group would leave too little of a group to another.
    """
    if count < 2 * groups:
        raise MnemoError(
            f"{count} images are too few for {groups} groups of a jackknife, which needs two in "
            f"each. Make more images, or set `groups` to {count // 2} or less."
        )
    return np.random.default_rng(seed).permutation(count) % groups


def compare(
    features: Mapping[float, tuple[Sequence[str], Floats]],
    reference: Floats,
    *,
    groups: int = 20,
    subsets: int = 100,
    subset_size: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Measure realness at each alpha, and against that of the unedited images (paper 1, figure 7).

    The intervals come from a delete-a-group jackknife over the images, because a bootstrap repeats
    images, which raises a Fréchet distance. A group is left out at every alpha at once, together
    with a group of the reference, so that a ratio compares the same images. They are t intervals
    of the distance expected at these numbers of images: a Fréchet distance falls as images are
    added, so it compares with others of as many images only. Those of the kernel distance come
    from its exact value over all pairs, which the subsets estimate.

    Args:
        features: By alpha, 0 among them: (n,) keys of images and their (n, d) features.
        reference: (m, d) features of the reference images.
        groups: Groups of the jackknife.
        subsets: As for `kernel`. The noise of their choice is not in the interval; there is none
            where both sets have the same number of images, and at most `subset_size`.
        subset_size: As for `kernel`.
        seed: Seed of groups and subsets.
        confidence: Confidence of the intervals.

    Returns:
        By alpha, ascending: `alpha`, `n`, and `frechet`, `frechet_ratio`, `kernel` and
        `kernel_ratio`, each with the ends of its interval in `_low` and `_high`. A ratio is to
        alpha 0, where it is exactly 1. Kernel ratios are nan if the interval of the kernel
        distance at alpha 0 reaches down to 0, since then they would divide by noise.

    Raises:
        MnemoError: Alpha 0 is missing, or there are fewer than two images in a group.
    """
    if 0 not in features:
        raise MnemoError("Realness has no images of alpha 0, which ratios are taken against.")
    images = np.unique(np.concatenate([np.asarray(keys) for keys, _ in features.values()]))
    group_of_image = assign_groups(len(images), groups, seed)
    # In the order of their keys, so that subsets are of the same images at every alpha.
    alphas = sorted(features)
    sets: list[Grouped] = []
    for keys, rows in map(features.__getitem__, alphas):
        order = np.argsort(keys)
        place = np.searchsorted(images, np.asarray(keys)[order])
        sets.append((rows[order], group_of_image[place]))
    grouped_reference = reference, assign_groups(len(reference), groups, seed)

    estimates = {
        "frechet": [frechet(rows, reference) for rows, _ in sets],
        "kernel": [
            kernel(rows, reference, subsets=subsets, subset_size=subset_size, seed=seed)
            for rows, _ in sets
        ],
    }
    replicates = {
        "frechet": _frechet_replicates(sets, grouped_reference, groups),
        "kernel": _kernel_replicates(sets, grouped_reference, groups),
    }
    zero = alphas.index(0)
    table = pd.DataFrame({"alpha": alphas, "n": [len(rows) for rows, _ in sets]})
    for name, distances in estimates.items():
        distance, left_out = np.array(distances), replicates[name]
        for column, value, values in (
            (name, distance, left_out),
            (f"{name}_ratio", distance / distance[zero], left_out / left_out[zero]),
        ):
            standard_error = np.sqrt((groups - 1) * values.var(axis=1))
            margin = stats.t.ppf((1 + confidence) / 2, groups - 1) * standard_error
            table[column] = value
            table[f"{column}_low"] = value - margin
            table[f"{column}_high"] = value + margin
    if table["kernel_low"][zero] <= 0:
        table[["kernel_ratio", "kernel_ratio_low", "kernel_ratio_high"]] = np.nan
    return table


def _in_joint_span(features: Floats, reference: Floats) -> tuple[Floats, Floats]:
    """Rotate features into the space that the images span, if small: distances are the same."""
    features, reference = features.astype(np.float64), reference.astype(np.float64)
    if len(features) + len(reference) >= features.shape[1]:
        return features, reference
    basis, _ = np.linalg.qr(np.vstack([features, reference]).T)
    return features @ basis, reference @ basis


def _frechet_replicates(sets: Sequence[Grouped], reference: Grouped, groups: int) -> Floats:
    """Compute the Fréchet distance of each set with each group left out: (sets, groups)."""
    distances = np.empty((len(sets), groups))
    for group in range(groups):
        reference_mean, reference_spread = _moments(reference, group)
        root: Any = np.linalg.qr(reference_spread, mode="r")  # numpy's stubs know no modes
        for index, grouped in enumerate(sets):
            mean, spread = _moments(grouped, group)
            # tr (S1 S2)^(1/2) is the sum of the singular values of F1 F2', where F'F = S.
            product = root @ spread.T
            gram = product @ product.T if len(root) < len(spread) else product.T @ product
            singular_values = np.sqrt(np.maximum(np.linalg.eigvalsh(gram), 0))
            distances[index, group] = (
                np.sum((mean - reference_mean) ** 2)
                + np.sum(spread**2)
                + np.sum(root**2)
                - 2 * np.sum(singular_values)
            )
    return distances


def _moments(grouped: Grouped, left_out: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute the mean m of the other groups' rows, and F with F'F = S, their covariance."""
    rows, members = grouped
    kept = rows[members != left_out].astype(np.float64)
    mean = kept.mean(axis=0)
    return mean, (kept - mean) / np.sqrt(len(kept) - 1)


def _kernel_replicates(sets: Sequence[Grouped], reference: Grouped, groups: int) -> Floats:
    """Compute the exact kernel distance of each set with each group left out: (sets, groups)."""
    reference_within, reference_counts = _kernel_within(reference, groups)
    distances = []
    for grouped in sets:
        within, counts = _kernel_within(grouped, groups)
        between = _leave_out(_kernel_sums(grouped, reference, groups))
        distances.append(within + reference_within - 2 * between / (counts * reference_counts))
    return np.array(distances)


def _kernel_within(grouped: Grouped, groups: int) -> tuple[Floats, NDArray[np.int64]]:
    """Average the kernel over pairs of different images, and count images, by group left out."""
    rows, members = grouped
    with_itself = (np.einsum("ij,ij->i", rows, rows, dtype=np.float64) / rows.shape[1] + 1) ** 3
    sums = _kernel_sums(grouped, grouped, groups)
    sums -= np.diag(np.bincount(members, with_itself, minlength=groups))
    counts = len(rows) - np.bincount(members, minlength=groups)
    return _leave_out(sums) / (counts * (counts - 1)), counts


def _kernel_sums(a: Grouped, b: Grouped, groups: int) -> Floats:
    """Sum the kernel over the pairs of each group of a with each group of b: (groups, groups)."""
    rows_a, rows_b = a[0].astype(np.float64), b[0].astype(np.float64)
    indicators = np.eye(groups)
    sums = np.zeros((groups, groups))
    for start in range(0, len(rows_a), _BLOCK):
        block = slice(start, start + _BLOCK)
        gram = rows_a[block] @ rows_b.T / rows_b.shape[1] + 1
        sums += indicators[a[1][block]].T @ (gram * gram * gram @ indicators[b[1]])
    return sums


def _leave_out(sums: Floats) -> Floats:
    """Sum over all pairs of groups but those of each group in turn: (groups,)."""
    left: Floats = sums.sum() - sums.sum(axis=0) - sums.sum(axis=1) + np.diag(sums)
    return left
