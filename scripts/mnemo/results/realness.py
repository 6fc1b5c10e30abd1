"""Realness: distance of the features of edited images from a reference's (paper 1, section 3.2).

On Inception's features, the Fréchet distance is the FID and the kernel distance is the KID. On
other features they are neither, and can be compared within a study only.

A Fréchet distance of n images is biased upwards, by far more than most edits change it if there are
fewer images than features. So the floor stands beside each distance: that of as many images of the
reference's own distribution, whose true distance is 0.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.results import columns
from mnemo.statistics import distances, jackknife, summaries
from mnemo.statistics.counts import PER_FEATURE, extrapolated
from mnemo.statistics.distances import Floats, Grouped, Moments
from mnemo.statistics.summaries import Parts, Selections, Summary

LOGGER = logging.getLogger(__name__)

_CONSERVATIVE = "the interval is conservative, and covers up to 100 %"

REALNESS = tables.define(
    "Distance of the edited images from the reference set",
    tables.field("edit", pa.string(), "name of the edit"),
    columns.ALPHA,
    tables.field("features", pa.string(), "feature extractor", limits="resnet152, inception"),
    tables.field("n", pa.int64(), "number of images"),
    *tables.estimate(
        "kernel",
        "kernel distance from the reference set (the KID on inception features); unbiased at any "
        f"number of images, so it may be below 0. Near 0, {_CONSERVATIVE}",
    ),
    *tables.estimate(
        "kernel_floor",
        "kernel distance of images of the reference's own distribution, as many as at alpha 0, "
        f"which is 0 but for chance; {_CONSERVATIVE}",
    ),
    *tables.estimate(
        "kernel_difference",
        "kernel distance minus that at alpha 0, of the same images. Where the edit has no effect, "
        f"{_CONSERVATIVE}",
    ),
    *tables.estimate(
        "kernel_ratio",
        "kernel distance divided by that at alpha 0; null if the latter is not clearly above 0: "
        "its interval includes 0. The ratio's interval covers 92 to 100 % in place of 95 %: least "
        "with few images, most where the edit has no effect",
        nullable=True,
    ),
    *tables.estimate(
        "frechet",
        "Fréchet distance from the reference set (the FID on inception features), with the bias of "
        "this number of images; the interval is that of the distance expected at this number. "
        f"Near the floor, {_CONSERVATIVE}",
    ),
    *tables.estimate(
        "frechet_floor",
        "Fréchet distance of images of the reference's own distribution, as many as at alpha 0: "
        f"the bias of this number of images alone; {_CONSERVATIVE}",
    ),
    *tables.estimate(
        "frechet_difference",
        "Fréchet distance minus that at alpha 0, of the same images, as expected at this number "
        "of images: of the bias, only what is equal at both is gone. Where the edit has no effect, "
        f"{_CONSERVATIVE}",
    ),
    *tables.estimate(
        "frechet_infinite",
        "Fréchet distance extrapolated to infinitely many images of both sets; unbiased, so it may "
        f"be below 0. Null below {PER_FEATURE} images of each set per feature. Near 0, or where "
        f"the edit has no effect, {_CONSERVATIVE}",
        nullable=True,
    ),
    *tables.estimate(
        "frechet_ratio",
        "frechet_infinite divided by that at alpha 0; null if there is none, or if at alpha 0 "
        "frechet is not clearly above frechet_floor or frechet_infinite not clearly above 0; "
        f"{_CONSERVATIVE}",
        nullable=True,
    ),
)

#: n keys of images, and blocks of their (n, d) features in the same order, to be read once.
Features = tuple[Sequence[str], Iterable[Floats]]
#: Returns 1 / n + 1 / m and the Fréchet distance of some parts of a set and of the reference.
Point = Callable[[Parts], tuple[float, float]]

# Rounding of a Fréchet distance, relative to the features' squares.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class _Reference:
    """The reference's statistics for the distances, computed once for all alphas.

    Attributes:
        sample: As in `Summary`.
        few: Whether the sample is the whole set and has fewer rows than features.
        count: Number of images in each selection of parts.
        moments: Moments, with a root, of each selection of parts.
        within: The result of `distances.kernel_within` for the sample.
    """

    sample: Grouped
    few: bool
    count: Mapping[Parts, int]
    moments: Mapping[Parts, Moments]
    within: tuple[Floats, NDArray[np.int64]]

    @classmethod
    def of(cls, read: Summary, selected: Iterable[Parts], groups: int) -> "_Reference":
        """Compute the statistics of a set, for some selections of its parts."""
        selected = list(selected)
        moments = {parts: read.moments(parts).rooted() for parts in selected}
        return cls(
            read.sample,
            few=read.products is None,
            count={parts: read.count(parts) for parts in selected},
            moments=moments,
            within=distances.kernel_within(read.sample, groups),
        )


class _Measured(NamedTuple):
    """The distances of one set: of all images, and with each group left out, each (1 + groups,).

    Attributes:
        kernel: Kernel distances.
        frechet: Fréchet distances.
        infinite: Extrapolated Fréchet distances; nan if there are too few images.
    """

    kernel: Floats
    frechet: Floats
    infinite: Floats


def compare(
    features: Mapping[float, Features],
    reference: Features,
    floor: Features,
    *,
    groups: int = 20,
    seed: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compute realness at each alpha, beside its floor and that at alpha 0 (paper 1, figure 7).

    The intervals come from a delete-a-group jackknife over the images, because a bootstrap repeats
    images, which increases a Fréchet distance. Each group is left out at every alpha at once,
    together with a group of the reference and of the floor, so that differences and ratios compare
    the same images. The results are t intervals of the expected distance at these numbers of
    images, and Fieller's of ratios.

    Sets are read one at a time, in memory that does not depend on their size. The Fréchet distance
    uses sums and outer products of all features, by group. If a set has more than
    `summaries.SAMPLE` images, the kernel distance and its interval use a random sample of that
    many, the same at every alpha: all pairs of more images would take hours, and the distance is
    unbiased at any number of images.

    Args:
        features: By alpha, including 0: keys of images and blocks of their (n, d) features.
        reference: Keys of the reference images and blocks of their (m, d) features.
        floor: Those of other images of the reference's distribution, of which the first are used:
            as many as there are at alpha 0.
        groups: Number of groups of the jackknife.
        seed: Seed of groups and samples.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        One row per alpha, ascending: `alpha`, `n`, and the estimates of `REALNESS`, each with the
        ends of its interval in `_low` and `_high`. Differences and ratios are to alpha 0, where
        they are exactly 0 and 1. What is null in `REALNESS` is nan.

    Raises:
        MnemoError: Alpha 0 is missing, there are fewer than two images per group, or the floor has
            fewer images than there are at alpha 0.
    """
    if 0 not in features:
        raise MnemoError(
            "Realness has no images at alpha 0, with which the others are compared. Add 0 to the "
            "edit's `alphas`."
        )
    alphas = sorted(features)
    keys = [np.asarray(features[alpha][0]) for alpha in alphas]
    unedited, smallest = len(features[0][0]), min(len(reference[0]), *map(len, keys))
    if len(floor[0]) < unedited:
        raise MnemoError(
            f"The set floor has {len(floor[0])} images, and there are {unedited} at alpha 0. "
            "Increase `sets.floor.count`."
        )
    images = np.unique(np.concatenate(keys))
    blocks, dim = _peek(reference[1])
    if smallest < dim:
        _warn(smallest, dim)
    extrapolates = smallest >= extrapolated(dim)
    divided = extrapolates and smallest < max(len(reference[0]), len(images))
    selections = Selections.of(groups, divided=divided)

    def read(blocks: Iterable[Floats], place: NDArray[np.int64], count: int) -> Summary:
        members = jackknife.assign_groups(count, groups, seed)
        divide_at = smallest if divided else None
        return summaries.summarise(
            blocks, place, members, groups=groups, divide_at=divide_at, seed=seed
        )

    against = _Reference.of(
        read(blocks, np.arange(len(reference[0])), len(reference[0])),
        selections.of_distances | (selections.of_extrapolations if extrapolates else set()),
        groups,
    )

    def measure(blocks: Iterable[Floats], place: NDArray[np.int64], count: int) -> _Measured:
        # Only here is a set in memory, so that no two are at once.
        own = read(blocks, place, count)
        point = _points(own, against)
        return _Measured(
            kernel=distances.kernel(own.sample, against.sample, against.within, groups),
            frechet=_frechet(own, against, selections, point),
            infinite=_infinite(selections, point) if extrapolates else np.full(1 + groups, np.nan),
        )

    lowest = measure(_first(floor[1], unedited), np.arange(unedited), unedited)
    edited = [
        measure(features[alpha][1], np.searchsorted(images, own), len(images))
        for alpha, own in zip(alphas, keys, strict=True)
    ]
    whole = against.moments[selections.whole]
    rounding = _ROUNDING * (float(np.sum(whole.mean**2)) + whole.total())
    estimates = _estimates(edited, lowest, alphas.index(0), rounding, confidence)
    return pd.DataFrame({"alpha": alphas, "n": [len(own) for own in keys], **estimates})


def _estimates(
    edited: Sequence[_Measured],
    lowest: _Measured,
    zero: int,
    rounding: float,
    confidence: float,
) -> dict[str, Floats]:
    """Compute what `REALNESS` has of the measured distances.

    Args:
        edited: Distances at each alpha.
        lowest: Those of the floor.
        zero: Index of alpha 0.
        rounding: Rounding of a Fréchet distance.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The columns of the estimates and of the ends of their intervals, (alphas,) each.
    """
    kernel = np.array([own.kernel for own in edited])
    frechet = np.array([own.frechet for own in edited])
    infinite = np.array([own.infinite for own in edited])
    differences = {
        "kernel": kernel,
        "kernel_floor": np.tile(lowest.kernel, (len(edited), 1)),
        "kernel_difference": kernel - kernel[zero],
        "frechet": frechet,
        "frechet_floor": np.tile(lowest.frechet, (len(edited), 1)),
        "frechet_difference": frechet - frechet[zero],
        "frechet_infinite": infinite,
    }
    found = {
        name: (values[:, 0], *jackknife.interval(values, confidence))
        for name, values in differences.items()
    }

    def clear(values: Floats, least: float = 0) -> bool:
        """Return whether the whole interval of an estimate is above a value."""
        return bool(jackknife.interval(values, confidence)[0] > least)

    above_floor = clear(frechet[zero] - lowest.frechet, rounding)
    for name, values, published in (
        ("kernel_ratio", kernel, clear(kernel[zero])),
        ("frechet_ratio", infinite, above_floor and clear(infinite[zero], rounding)),
    ):
        base = values[zero] if published else np.full_like(values[zero], np.nan)
        ends = jackknife.ratio_interval(values, base, confidence)
        found[name] = (values[:, 0] / base[0], *ends)
    return {
        f"{name}{end}": column
        for name, columns in found.items()
        for end, column in zip(("", "_low", "_high"), columns, strict=True)
    }


def _points(own: Summary, against: _Reference) -> Point:
    """Return a function that computes distances of parts of a set, each only once."""

    @cache
    def point(parts: Parts) -> tuple[float, float]:
        inverse = 1 / own.count(parts) + 1 / against.count[parts]
        moments = own.moments(parts), against.moments[parts]
        return inverse, distances.frechet_of_root(*moments)

    return point


def _frechet(own: Summary, against: _Reference, selections: Selections, point: Point) -> Floats:
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


def _warn(count: int, dim: int) -> None:
    """Log that there are fewer images than features."""
    LOGGER.warning(
        "%s images in the smallest set, and %s features: with fewer images than features, a "
        "Fréchet distance is mostly bias, and only the kernel distance can be read. Take at least "
        "%s images of each set, or %s for a distance without bias.",
        *(f"{number:,}" for number in (count, dim, dim, extrapolated(dim))),
    )


def _peek(blocks: Iterable[Floats]) -> tuple[Iterator[Floats], int]:
    """Return blocks of features, and the number of features of an image."""
    blocks = iter(blocks)
    first = next(blocks)
    return chain([first], blocks), first.shape[1]


def _first(blocks: Iterable[Floats], count: int) -> Iterator[Floats]:
    """Yield the first rows of blocks."""
    for rows in blocks:
        yield rows[:count]
        count -= len(rows)
        if count <= 0:
            return
