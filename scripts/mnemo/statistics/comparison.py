"""Distances of sets from one reference: of all images, and with each group of both left out."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnemo.statistics import distances
from mnemo.statistics.distances import Floats, Grouped, Moments
from mnemo.statistics.neighbours import Balls
from mnemo.statistics.summaries import Parts, Selections, Summary

#: Returns 1 / n + 1 / m and the Fréchet distance of some parts of a set and of the reference.
Point = Callable[[Parts], tuple[float, float]]


@dataclass(frozen=True)
class Reference:
    """The reference's statistics for the distances, computed once for all sets.

    Attributes:
        sample: As in `Summary`.
        few: Whether the sample is the whole set and has fewer rows than features.
        count: Number of images in each selection of parts.
        moments: Moments, with a root, of each selection of parts.
        within: The result of `distances.kernel_within` for the sample.
        balls: Balls of the sample.
    """

    sample: Grouped
    few: bool
    count: Mapping[Parts, int]
    moments: Mapping[Parts, Moments]
    within: tuple[Floats, NDArray[np.int64]]
    balls: Balls

    @classmethod
    def of(
        cls, read: Summary, selected: Iterable[Parts], groups: int, neighbours: int
    ) -> "Reference":
        """Compute the statistics of a set, for some selections of its parts."""
        selected = list(selected)
        moments = {parts: read.moments(parts).rooted() for parts in selected}
        return cls(
            read.sample,
            few=read.products is None,
            count={parts: read.count(parts) for parts in selected},
            moments=moments,
            within=distances.kernel_within(read.sample, groups),
            balls=Balls.of(read.sample, neighbours, groups),
        )


class Distances(NamedTuple):
    """The distances of one set: of all images, and with each group left out, each (1 + groups,).

    Attributes:
        kernel: Kernel distances.
        frechet: Fréchet distances.
        infinite: Fréchet distances extrapolated to infinitely many images; nan if there are too
            few.
    """

    kernel: Floats
    frechet: Floats
    infinite: Floats

    @classmethod
    def unknown(cls, groups: int) -> "Distances":
        """Return distances that are nan."""
        return cls(*np.full((3, 1 + groups), np.nan))


def measure(
    own: Summary, against: Reference, selections: Selections, *, groups: int, extrapolates: bool
) -> Distances:
    """Compute the distances of a set from the reference.

    Args:
        own: The set.
        against: The reference, for the same selections of parts.
        selections: The parts of which distances are computed.
        groups: Number of groups.
        extrapolates: Whether there are images enough to extrapolate the Fréchet distance.

    Returns:
        The distances.
    """

    @cache
    def point(parts: Parts) -> tuple[float, float]:
        inverse = 1 / own.count(parts) + 1 / against.count[parts]
        moments = own.moments(parts), against.moments[parts]
        return inverse, distances.frechet_of_root(*moments)

    return Distances(
        kernel=distances.kernel(own.sample, against.sample, against.within, groups),
        frechet=_frechet(own, against, selections, point),
        infinite=_infinite(selections, point) if extrapolates else np.full(1 + groups, np.nan),
    )


def _frechet(own: Summary, against: Reference, selections: Selections, point: Point) -> Floats:
    """Compute the Fréchet distance of a set, and with each group left out, (1 + groups,)."""
    if own.products is None and against.few:
        value = distances.frechet(own.sample[0], against.sample[0])
    else:
        moments = own.moments(selections.whole), against.moments[selections.whole]
        value = distances.frechet_of_moments(*moments)
    return np.array([value, *(point(parts)[1] for parts in selections.left)])


def _infinite(selections: Selections, point: Point) -> Floats:
    """Extrapolate the Fréchet distance of a set, and with each group left out, (1 + groups,).

    The bias of a Fréchet distance is proportional to 1 / n (Chong and Forsyth, Effectively Unbiased
    FID and Inception Score, CVPR 2020). That of two finite sets is a sum of two such terms, so the
    distance lies on a line over 1 / n + 1 / m. Its next term, in 1 / n², vanishes near a distance
    of 0 if both sets have equally many images. The line therefore goes through the distance of
    equally many images of both, and through the mean of those of their halves.
    """

    def intercept(parts: Parts) -> float:
        inverse, whole = point(parts)
        halves = [point(parts & half) for half in selections.halves]
        inverse_half, half = np.mean(halves, axis=0)
        return float(whole - (half - whole) * inverse / (inverse_half - inverse))

    equal = selections.equal
    return np.array([intercept(equal), *(intercept(equal - {group}) for group in sorted(equal))])
