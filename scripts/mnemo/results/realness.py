"""Realness: distance of the features of edited images from a reference's (paper 1, section 3.2).

On Inception's features, the Fréchet distance is the FID and the kernel distance is the KID. On
other features they are neither, and only their ratios to the unedited images are meaningful.

The functions import clean-fid themselves: it loads PyTorch, which a job that only joins the table
does not need.
"""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy import stats

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.results import columns

REALNESS = tables.define(
    "Distance of the edited images from the reference set",
    tables.field("edit", pa.string(), "name of the edit"),
    columns.MOVED,
    tables.field("features", pa.string(), "feature extractor", limits="resnet152, inception"),
    tables.field("n", pa.int64(), "number of images"),
    *tables.estimate(
        "frechet", "Fréchet distance from the reference set (the FID on inception features)"
    ),
    *tables.estimate(
        "frechet_ratio",
        "Fréchet distance divided by that at alpha 0; null if the latter is 0",
        nullable=True,
    ),
    *tables.estimate(
        "kernel", "kernel distance from the reference set (the KID on inception features)"
    ),
    *tables.estimate(
        "kernel_ratio",
        "kernel distance divided by that at alpha 0; null if the latter is not clearly above 0",
        nullable=True,
    ),
)

Floats = NDArray[np.floating[Any]]
#: n keys of images, and blocks of their (n, d) features in the same order, to be read once.
Features = tuple[Sequence[str], Iterable[Floats]]
#: (n, d) features of images, and (n,) the group of each image.
Grouped = tuple[Floats, NDArray[np.int64]]
#: (d,) mean of features, and a matrix F with F'F = S, their (d, d) covariance.
Moments = tuple[NDArray[np.float64], NDArray[np.float64]]

# Rounding of a Fréchet distance, relative to the features' squares.
_ROUNDING = 1e-9
# Number of rows of a Gram matrix in memory at a time.
_BLOCK = 1000
#: Largest number of a set's images over whose pairs the kernel is summed, at quadratic cost.
SAMPLE = 20_000


@dataclass(frozen=True)
class _Set:
    """A set's statistics for the distances, in memory bounded independently of its size.

    Attributes:
        sample: (k, d) features of the sampled images, and (k,) the group of each.
        counts: (groups,), the number of images in each group.
        sums: (groups, d), the sum of each group's features.
        products: (groups, d, d), the sum of the outer products of each group's features; None if
            the sample is the whole set and has fewer than d rows.
    """

    sample: Grouped
    counts: NDArray[np.int64]
    sums: NDArray[np.float64]
    products: NDArray[np.float64] | None


@dataclass(frozen=True)
class _Reference:
    """The reference's statistics for the distances, computed once for all alphas.

    Attributes:
        sample: As in `_Set`.
        few: Whether the sample is the whole set and has fewer rows than features.
        whole: Moments of the set.
        left: Moments with each group left out in turn.
        within: The result of `_kernel_within` for the sample.
    """

    sample: Grouped
    few: bool
    whole: Moments
    left: list[Moments]
    within: tuple[Floats, NDArray[np.int64]]


def frechet(features: Floats, reference: Floats) -> float:
    """Compute the Fréchet distance between two sets of features, as clean-fid does.

    It is |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)), with the sets' means m and covariances S.

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


def kernel(
    features: Floats,
    reference: Floats,
    *,
    subsets: int = 100,
    subset_size: int = 1000,
    seed: int = 0,
) -> float:
    """Compute the kernel distance between two sets of features, as clean-fid does.

    It is the squared maximum mean discrepancy under the kernel (x . y / d + 1)^3, averaged over
    pairs of random subsets. The estimate is unbiased, so it may be below 0 for similar sets.

    Args:
        features: (n, d) features of images.
        reference: (m, d) features of the reference images.
        subsets: Number of pairs of subsets to average over.
        subset_size: Number of images in a subset, at most that of the smaller set.
        seed: Seed of the subsets. Equal seeds select the same rows from sets of equal size.

    Returns:
        The distance, without a unit.
    """
    from cleanfid import fid

    state = np.random.get_state()  # noqa: NPY002 - clean-fid draws from the global generator
    np.random.seed(seed)  # noqa: NPY002
    try:
        # The result is a small difference of large means, for which float32 is too imprecise.
        return float(
            fid.kernel_distance(
                features.astype(np.float64), reference.astype(np.float64), subsets, subset_size
            )
        )
    finally:
        np.random.set_state(state)  # noqa: NPY002


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


def compare(
    features: Mapping[float, Features],
    reference: Features,
    *,
    groups: int = 20,
    subsets: int = 100,
    subset_size: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compute realness at each alpha, and its ratio to the unedited images (paper 1, figure 7).

    The intervals come from a delete-a-group jackknife over the images, because a bootstrap repeats
    images, which increases a Fréchet distance. Each group is left out at every alpha at once,
    together with a group of the reference, so that a ratio compares the same images. The results
    are t intervals of the expected distance at these numbers of images: a Fréchet distance
    decreases with the number of images, so it can only be compared with others at the same number.
    The intervals of the kernel distance come from its exact value over all pairs, which the subsets
    estimate.

    Sets are read one at a time, in memory that does not depend on their size. The Fréchet distance
    uses sums and outer products of all features, by group. If a set has more than `SAMPLE` images,
    the kernel distance and its interval use a random sample of that many, the same at every alpha:
    all pairs of more images would take hours, and the distance is unbiased at any number of images.

    Args:
        features: By alpha, including 0: keys of images and blocks of their (n, d) features.
        reference: Keys of the reference images and blocks of their (m, d) features.
        groups: Number of groups of the jackknife.
        subsets: As for `kernel`. The interval does not include the noise of their choice; there is
            none if both sets have the same number of images, at most `subset_size`.
        subset_size: As for `kernel`.
        seed: Seed of groups and subsets.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        One row per alpha, ascending: `alpha`, `n`, and `frechet`, `frechet_ratio`, `kernel` and
        `kernel_ratio`, each with the ends of its interval in `_low` and `_high`. Ratios are to
        alpha 0, where they are exactly 1. Kernel ratios are nan if the interval of the kernel
        distance at alpha 0 includes 0, because they would divide by noise. Fréchet ratios, whose
        distance is never below 0, are nan if it is 0 at alpha 0 but for rounding.

    Raises:
        MnemoError: Alpha 0 is missing, or there are fewer than two images per group.
    """
    if 0 not in features:
        raise MnemoError(
            "Realness has no images at alpha 0, to which ratios are computed. Add 0 to the edit's "
            "`alphas`."
        )
    alphas = sorted(features)
    keys = [np.asarray(features[alpha][0]) for alpha in alphas]
    images = np.unique(np.concatenate(keys))
    group_of_image = assign_groups(len(images), groups, seed)
    members = assign_groups(len(reference[0]), groups, seed)
    against = _prepare(_gather(reference[1], np.arange(len(members)), members, groups, seed))

    estimates: dict[str, list[float]] = {"frechet": [], "kernel": []}
    replicates: dict[str, list[Floats]] = {"frechet": [], "kernel": []}
    for alpha, own_keys in zip(alphas, keys, strict=True):
        place = np.searchsorted(images, own_keys)
        own = _gather(features[alpha][1], place, group_of_image, groups, seed)
        rows, reference_rows = own.sample[0], against.sample[0]
        few = own.products is None and against.few
        estimates["frechet"].append(
            frechet(rows, reference_rows) if few else _frechet(_without(own, None), against.whole)
        )
        estimates["kernel"].append(
            kernel(rows, reference_rows, subsets=subsets, subset_size=subset_size, seed=seed)
        )
        replicates["frechet"].append(
            np.array(
                [_distance(_without(own, group), left) for group, left in enumerate(against.left)]
            )
        )
        replicates["kernel"].append(_kernel_replicates(own.sample, against, groups))
        # Otherwise, two sets would be in memory while the next one is read.
        del own
    zero = alphas.index(0)
    table = pd.DataFrame({"alpha": alphas, "n": [len(own_keys) for own_keys in keys]})
    for name, distances in estimates.items():
        distance, left_out = np.array(distances), np.array(replicates[name])
        for column, value, values in (
            (name, distance, left_out),
            (f"{name}_ratio", *_ratios(distance, left_out, zero)),
        ):
            standard_error = np.sqrt((groups - 1) * values.var(axis=1))
            margin = stats.t.ppf((1 + confidence) / 2, groups - 1) * standard_error
            table[column] = value
            table[f"{column}_low"] = value - margin
            table[f"{column}_high"] = value + margin
    size = sum(float(np.sum(moment**2)) for moment in against.whole)
    for name, least in (
        ("frechet", table["frechet"][zero] - _ROUNDING * size),
        ("kernel", table["kernel_low"][zero]),
    ):
        if least <= 0:
            table[[f"{name}_ratio", f"{name}_ratio_low", f"{name}_ratio_high"]] = np.nan
    return table


def _ratios(distance: Floats, left_out: Floats, zero: int) -> tuple[Floats, Floats]:
    """Divide distances, and those with each group left out, by those of one row."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return distance / distance[zero], left_out / left_out[zero]


def _in_joint_span(features: Floats, reference: Floats) -> tuple[Floats, Floats]:
    """Rotate features into the subspace that the images span, if it is smaller.

    Distances do not change.
    """
    features, reference = features.astype(np.float64), reference.astype(np.float64)
    if len(features) + len(reference) >= features.shape[1]:
        return features, reference
    basis, _ = np.linalg.qr(np.vstack([features, reference]).T)
    return features @ basis, reference @ basis


def _gather(
    blocks: Iterable[Floats],
    place: NDArray[np.int64],
    group_of_image: NDArray[np.int64],
    groups: int,
    seed: int,
) -> _Set:
    """Read a set's features once and compute its statistics.

    Args:
        blocks: Blocks of its (n, d) features.
        place: (n,) index of each row's image among all images.
        group_of_image: (images,) group of each image.
        groups: Number of groups of the jackknife.
        seed: Seed of the sample.

    Returns:
        The statistics, with the sample in the order of the images' indices.
    """
    drawn = np.random.default_rng((seed, 1)).permutation(len(group_of_image)) < SAMPLE
    members = group_of_image[place]
    kept = np.flatnonzero(drawn[place])
    order = np.argsort(place[kept])
    row_of = np.full(len(place), -1)
    row_of[kept[order]] = np.arange(len(kept))
    counts = np.bincount(members, minlength=groups)
    sample: Floats | None = None
    products: NDArray[np.float64] | None = None
    start = 0
    for rows in blocks:
        if sample is None:
            dim = rows.shape[1]
            sample = np.empty((len(kept), dim), rows.dtype)
            sums = np.zeros((groups, dim))
            if len(place) >= dim or len(kept) < len(place):
                products = np.zeros((groups, dim, dim))
        block = slice(start, start + len(rows))
        start += len(rows)
        to = row_of[block]
        sample[to[to >= 0]] = rows[to >= 0]
        for group in range(groups):
            own = rows[members[block] == group].astype(np.float64)
            sums[group] += own.sum(axis=0)
            if products is not None:
                products[group] += own.T @ own
    if sample is None or start != len(place):
        raise ValueError(f"there are {len(place)} images, but features of {start}")
    return _Set((sample, members[kept[order]]), counts, sums, products)


def _prepare(reference: _Set) -> _Reference:
    """Compute the reference's statistics that all alphas use."""
    groups = len(reference.counts)
    return _Reference(
        reference.sample,
        few=reference.products is None,
        whole=_without(reference, None),
        left=[_without(reference, group) for group in range(groups)],
        within=_kernel_within(reference.sample, groups),
    )


def _frechet(features: Moments, reference: Moments) -> float:
    """Compute the Fréchet distance from moments with clean-fid's formula."""
    from cleanfid import fid

    (mean, spread), (reference_mean, root) = features, reference
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(fid.frechet_distance(mean, spread.T @ spread, reference_mean, root.T @ root))


def _without(features: _Set, group: int | None) -> Moments:
    """Compute the moments of a set's features, leaving out a group; None leaves out none."""
    rows, members = features.sample
    if features.products is None:
        kept = (rows if group is None else rows[members != group]).astype(np.float64)
        mean = kept.mean(axis=0)
        return mean, (kept - mean) / np.sqrt(len(kept) - 1)
    left = np.arange(len(features.counts)) != group
    count = features.counts[left].sum()
    mean = features.sums[left].sum(axis=0) / count
    products = features.products.sum(axis=0)
    if group is not None:
        products -= features.products[group]
    values, vectors = np.linalg.eigh((products - count * np.outer(mean, mean)) / (count - 1))
    return mean, (vectors * np.sqrt(np.maximum(values, 0))).T


def _distance(features: Moments, reference: Moments) -> float:
    """Compute the Fréchet distance from moments without forming covariances."""
    (mean, spread), (reference_mean, root) = features, reference
    # tr (S1 S2)^(1/2) is the sum of the singular values of F1 F2', where F'F = S.
    product = root @ spread.T
    gram = product @ product.T if len(root) < len(spread) else product.T @ product
    singular_values = np.sqrt(np.maximum(np.linalg.eigvalsh(gram), 0))
    return float(
        np.sum((mean - reference_mean) ** 2)
        + np.sum(spread**2)
        + np.sum(root**2)
        - 2 * np.sum(singular_values)
    )


def _kernel_replicates(grouped: Grouped, reference: _Reference, groups: int) -> Floats:
    """Compute the exact kernel distance of a set with each group left out in turn, (groups,)."""
    within, counts = _kernel_within(grouped, groups)
    between = _leave_out(_kernel_sums(grouped, reference.sample, groups))
    reference_within, reference_counts = reference.within
    distances: Floats = within + reference_within - 2 * between / (counts * reference_counts)
    return distances


def _kernel_within(grouped: Grouped, groups: int) -> tuple[Floats, NDArray[np.int64]]:
    """Compute the mean kernel over pairs of different images, and their number, by group left out.

    Returns:
        (groups,) means, and (groups,) numbers of images that are left.
    """
    rows, members = grouped
    with_itself = (np.einsum("ij,ij->i", rows, rows, dtype=np.float64) / rows.shape[1] + 1) ** 3
    sums = _kernel_sums(grouped, grouped, groups)
    sums -= np.diag(np.bincount(members, with_itself, minlength=groups))
    counts = len(rows) - np.bincount(members, minlength=groups)
    return _leave_out(sums) / (counts * (counts - 1)), counts


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


def _leave_out(sums: Floats) -> Floats:
    """Sum over all pairs of groups except those with each group in turn, (groups,)."""
    left: Floats = sums.sum() - sums.sum(axis=0) - sums.sum(axis=1) + np.diag(sums)
    return left
