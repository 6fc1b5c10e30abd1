"""Sets of features in bounded memory: moments of any of a set's parts, and a sample of its rows."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnemo.statistics.distances import Floats, Grouped, Moments

#: Some of the parts that a set is cut into, by number.
Parts = frozenset[int]
#: Largest number of a set's images that its sample has.
SAMPLE = 20_000


@dataclass(frozen=True)
class Selections:
    """The parts of which distances are computed, alike for all sets.

    The parts are the groups of the jackknife. Where larger sets are also compared as equally many
    images of each, there are two for each group: group g of the first images is part g, and that of
    the others is part groups + g.

    Attributes:
        whole: All parts.
        left: All parts but those of each group in turn.
        equal: The parts of equally many images of each set.
        halves: Those of either half of these.
    """

    whole: Parts
    left: tuple[Parts, ...]
    equal: Parts
    halves: tuple[Parts, Parts]

    @classmethod
    def of(cls, groups: int, *, divided: bool) -> "Selections":
        """Select the parts of sets that have one or two parts for each group."""
        whole = frozenset(range(2 * groups if divided else groups))
        left = tuple(whole - {group, groups + group} for group in range(groups))
        equal, first = frozenset(range(groups)), frozenset(range(groups // 2))
        return cls(whole, left, equal, (first, equal - first))

    @property
    def of_distances(self) -> set[Parts]:
        """Those of all images, and with each group left out."""
        return {self.whole, *self.left}

    @property
    def of_extrapolations(self) -> set[Parts]:
        """Those of equally many images and of their halves, and with each group left out."""
        each = (self.equal, *self.halves)
        return {*each, *(parts - {group} for parts in each for group in parts)}


@dataclass(frozen=True)
class Summary:
    """A set's statistics for distances, in memory bounded independently of its size.

    Attributes:
        sample: (k, d) features of the sampled images, and (k,) the group of each.
        counts: (parts,), the number of images in each part.
        sums: (parts, d), the sum of each part's features.
        products: (parts, d, d), the sum of the outer products of each part's features; None if
            the sample is the whole set and has fewer than d rows.
    """

    sample: Grouped
    counts: NDArray[np.int64]
    sums: NDArray[np.float64]
    products: NDArray[np.float64] | None

    def count(self, parts: Parts) -> int:
        """Return the number of images in those of some parts that the set has."""
        return int(self.counts[self._own(parts)].sum())

    def moments(self, parts: Parts) -> Moments:
        """Compute the moments of the images in those of some parts that the set has."""
        own = self._own(parts)
        if self.products is None:
            rows, members = self.sample
            return Moments.of(rows[np.isin(members, own)])
        count = self.counts[own].sum()
        mean = self.sums[own].sum(axis=0) / count
        covariance = -count * np.outer(mean, mean)
        for part in own:
            covariance += self.products[part]
        covariance /= count - 1
        return Moments(mean, covariance=covariance)

    def _own(self, parts: Parts) -> list[int]:
        return sorted(part for part in parts if part < len(self.counts))


def summarise(
    blocks: Iterable[Floats],
    place: NDArray[np.int64],
    group_of_image: NDArray[np.int64],
    *,
    groups: int,
    divide_at: int | None = None,
    seed: int = 0,
) -> Summary:
    """Read a set's features once and compute its statistics.

    Args:
        blocks: Blocks of its (n, d) features.
        place: (n,) index of each row's image among all images.
        group_of_image: (images,) group of each image.
        groups: Number of groups.
        divide_at: Number of images, the first ones, in the first of two parts for each group; one
            part for each if None, or if there are no more images.
        seed: Seed of the sample.

    Returns:
        The statistics, with the sample in the order of the images' indices.
    """
    drawn = np.random.default_rng((seed, 1)).permutation(len(group_of_image)) < SAMPLE
    members = group_of_image[place]
    if divide_at is None or divide_at >= len(group_of_image):
        part_of_row, parts = members, groups
    else:
        part_of_row, parts = members + groups * (place >= divide_at), 2 * groups
    kept = np.flatnonzero(drawn[place])
    order = np.argsort(place[kept])
    row_of = np.full(len(place), -1)
    row_of[kept[order]] = np.arange(len(kept))
    sample: Floats | None = None
    products: NDArray[np.float64] | None = None
    start = 0
    for rows in blocks:
        if sample is None:
            dim = rows.shape[1]
            sample = np.empty((len(kept), dim), rows.dtype)
            sums = np.zeros((parts, dim))
            if len(place) >= dim or len(kept) < len(place):
                products = np.zeros((parts, dim, dim))
        block = slice(start, start + len(rows))
        start += len(rows)
        to = row_of[block]
        sample[to[to >= 0]] = rows[to >= 0]
        for part in np.unique(part_of_row[block]):
            own = rows[part_of_row[block] == part].astype(np.float64)
            sums[part] += own.sum(axis=0)
            if products is not None:
                products[part] += own.T @ own
    if sample is None or start != len(place):
        raise ValueError(f"there are {len(place)} images, but features of {start}")
    counts = np.bincount(part_of_row, minlength=parts)
    return Summary((sample, members[kept[order]]), counts, sums, products)
