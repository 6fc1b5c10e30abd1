"""Realness: how far the features of edited images lie from a reference's (paper 1, section 3.2).

On Inception's features the Fréchet distance is the FID and the kernel distance the KID. On other
features they are neither, and only ratios to the unedited images mean anything.
"""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from cleanfid import fid
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
    tables.field("n", pa.int64(), "images"),
    *tables.estimate(
        "frechet", "Fréchet distance to the reference set (FID on inception features)"
    ),
    *tables.estimate("frechet_ratio", "Fréchet distance over that at alpha 0"),
    *tables.estimate("kernel", "kernel distance to the reference set (KID on inception features)"),
    *tables.estimate(
        "kernel_ratio",
        "kernel distance over that at alpha 0; null where that is not clearly above 0",
        nullable=True,
    ),
)

Floats = NDArray[np.floating[Any]]
#: n keys of images, and blocks of their (n, d) features in the same order, read once.
Features = tuple[Sequence[str], Iterable[Floats]]
#: (n, d) features of images, and (n,) the group of each.
Grouped = tuple[Floats, NDArray[np.int64]]
#: (d,) mean of some features, and F with F'F = S, their (d, d) covariance.
Moments = tuple[NDArray[np.float64], NDArray[np.float64]]

# Rows of a Gram matrix held at a time.
_BLOCK = 1000
#: Images of a set among which the kernel is summed over all pairs, a quadratic cost.
SAMPLE = 20_000


@dataclass(frozen=True)
class _Set:
    """What the distances need of a set, in memory that stops growing with its images.

    Attributes:
        sample: (k, d) features of the sampled images, and (k,) the group of each.
        counts: (groups,) images in each group.
        sums: (groups, d) sums of each group's features.
        products: (groups, d, d) sums of the outer products of each group's features; None where
            the sample is the whole set and has fewer rows than such a matrix.
    """

    sample: Grouped
    counts: NDArray[np.int64]
    sums: NDArray[np.float64]
    products: NDArray[np.float64] | None


@dataclass(frozen=True)
class _Reference:
    """What the distances need of the reference at every alpha.

    Attributes:
        sample: As of `_Set`.
        few: Whether the sample is the whole set, of fewer rows than features.
        whole: Moments of the set.
        left: Moments with each group left out.
        within: The kernel within the sample, as `_kernel_within` averages it.
    """

    sample: Grouped
    few: bool
    whole: Moments
    left: list[Moments]
    within: tuple[Floats, NDArray[np.int64]]


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
    features: Mapping[float, Features],
    reference: Features,
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

    One set is read at a time, in memory that does not grow with it: the Fréchet distance takes
    sums and outer products of all features, by group. The kernel distance and its interval are
    those of a random `SAMPLE` of the images, the same at every alpha, where there are more: all
    pairs of more would take hours, and the distance is unbiased at any number of images.

    Args:
        features: By alpha, 0 among them: keys of images and blocks of their (n, d) features.
        reference: Keys of the reference images and blocks of their (m, d) features.
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
        # Or there would be two sets in memory while the next is read.
        del own
    zero = alphas.index(0)
    table = pd.DataFrame({"alpha": alphas, "n": [len(own_keys) for own_keys in keys]})
    for name, distances in estimates.items():
        distance, left_out = np.array(distances), np.array(replicates[name])
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


def _gather(
    blocks: Iterable[Floats],
    place: NDArray[np.int64],
    group_of_image: NDArray[np.int64],
    groups: int,
    seed: int,
) -> _Set:
    """Read a set's features once.

    Args:
        blocks: Of its (n, d) features.
        place: (n,) place of each row's image among all images.
        group_of_image: (images,).
        groups: Groups of the jackknife.
        seed: Seed of the sample.

    Returns:
        What the distances need, the sample in the order of the images' places.
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
        raise ValueError(f"{len(place)} images have features of {start}")
    return _Set((sample, members[kept[order]]), counts, sums, products)


def _prepare(reference: _Set) -> _Reference:
    """Compute what serves all alphas."""
    groups = len(reference.counts)
    return _Reference(
        reference.sample,
        few=reference.products is None,
        whole=_without(reference, None),
        left=[_without(reference, group) for group in range(groups)],
        within=_kernel_within(reference.sample, groups),
    )


def _frechet(features: Moments, reference: Moments) -> float:
    """Measure the Fréchet distance as clean-fid does, from moments."""
    (mean, spread), (reference_mean, root) = features, reference
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(fid.frechet_distance(mean, spread.T @ spread, reference_mean, root.T @ root))


def _without(features: _Set, group: int | None) -> Moments:
    """Compute the moments of a set's features without those of a group."""
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
    """Compute the Fréchet distance from moments."""
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
    """Compute the exact kernel distance of a set with each group left out: (groups,)."""
    within, counts = _kernel_within(grouped, groups)
    between = _leave_out(_kernel_sums(grouped, reference.sample, groups))
    reference_within, reference_counts = reference.within
    distances: Floats = within + reference_within - 2 * between / (counts * reference_counts)
    return distances


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
