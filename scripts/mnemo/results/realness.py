"""Realness: how far the features of edited images are from a reference's (paper 1, section 3.2).

On Inception's features, the Fréchet distance is the FID and the kernel distance is the KID. On
other features they are neither, and can be compared within a study only. Precision, recall, density
and coverage say in which way two sets differ.

A Fréchet distance of n images is biased upwards, by far more than most edits change it if there are
fewer images than features. So the floor stands beside each distance: that of as many images of the
reference's own distribution, whose true distance is 0.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.features import registry
from mnemo.results import columns, inception_score
from mnemo.statistics import comparison, jackknife, summaries
from mnemo.statistics import neighbours as nearest
from mnemo.statistics.comparison import Distances, Reference
from mnemo.statistics.counts import PER_FEATURE, extrapolated
from mnemo.statistics.distances import Floats
from mnemo.statistics.neighbours import Balls
from mnemo.statistics.summaries import Selections, Summary

LOGGER = logging.getLogger(__name__)

#: Columns that `compare` leaves out: what a row is about, and what logits are needed for.
_ELSEWHERE = ("edit", "features", "reference", *inception_score.UNKNOWN)
_FEW = "Null, as all distances, of fewer than two photographs for each group of the jackknife"
_CONSERVATIVE = "the interval is conservative, and covers up to 100 %"
_NEIGHBOURS = (
    "It depends on n and reference_count, so compare it at equal numbers only; of a set of more "
    f"than {summaries.SAMPLE:,}, as many are drawn at random. Null if a set has no more than "
    "`neighbours` images, one group of the jackknife left out"
)

REALNESS = tables.define(
    "Distance of the edited images from a reference",
    tables.field("edit", pa.string(), "name of the edit"),
    columns.ALPHA,
    tables.field("features", pa.string(), "feature extractor", limits=", ".join(registry.REALNESS)),
    tables.field(
        "reference",
        pa.string(),
        "what the images are compared with: the generator's own images, the set reference; or "
        "photographs, those of the study (photos) or of another folder",
        limits="generator, photos, folder",
    ),
    tables.field("reference_count", pa.int64(), "number of images of the reference"),
    tables.field(
        "reference_rank",
        pa.float64(),
        "effective rank of the reference's features, the number of dimensions that they vary in: "
        "the exponential of the entropy of their covariance's eigenvalues, divided by their sum "
        "(Roy and Vetterli 2007). Below reference_count, with which it grows; null if no feature "
        "varies",
        limits="at least 1",
        nullable=True,
    ),
    tables.field("n", pa.int64(), "number of images"),
    *tables.estimate(
        "kernel",
        "kernel distance from the reference (the KID on inception features); unbiased at any "
        f"number of images, so it may be below 0. {_FEW}. Near 0, {_CONSERVATIVE}",
        nullable=True,
    ),
    *tables.estimate(
        "kernel_floor",
        "kernel distance of images of the reference's own distribution, as many as at alpha 0, "
        f"which is 0 but for chance; null for photographs, of which there are no more; "
        f"{_CONSERVATIVE}",
        nullable=True,
    ),
    *tables.estimate(
        "kernel_difference",
        f"kernel distance minus that at alpha 0, of the same images. {_FEW}. Where the edit has no "
        f"effect, {_CONSERVATIVE}",
        nullable=True,
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
        "Fréchet distance from the reference (the FID on inception features), with the bias of "
        "this number of images; the interval is that of the distance expected at this number. "
        f"{_FEW}. Near the floor, {_CONSERVATIVE}",
        nullable=True,
    ),
    *tables.estimate(
        "frechet_floor",
        "Fréchet distance of images of the reference's own distribution, as many as at alpha 0: "
        "the bias of this number of images alone; null for photographs, of which there are no "
        f"more; {_CONSERVATIVE}",
        nullable=True,
    ),
    *tables.estimate(
        "frechet_difference",
        "Fréchet distance minus that at alpha 0, of the same images, as expected at this number "
        f"of images: of the bias, only what is equal at both is gone. {_FEW}. Where the edit has "
        f"no effect, {_CONSERVATIVE}",
        nullable=True,
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
        "frechet is not clearly above frechet_floor (if that is known) or frechet_infinite not "
        f"clearly above 0; {_CONSERVATIVE}",
        nullable=True,
    ),
    tables.field(
        "neighbours",
        pa.int64(),
        "the k of precision, recall, density and coverage: an image's ball reaches to its k-th "
        "nearest neighbour in its own set",
    ),
    *tables.estimate(
        "precision",
        "share of the images that are in a ball of the reference (Kynkäänniemi et al. 2019). "
        f"{_NEIGHBOURS}. The interval covers 89 to 99 % in place of 95 %: least where few images "
        "of the reference are near the edited ones",
        nullable=True,
        limits="0 to 1",
    ),
    *tables.estimate(
        "recall",
        "share of the reference's images that are in a ball of the images (Kynkäänniemi et al. "
        f"2019). {_NEIGHBOURS}. {_CONSERVATIVE.capitalize()}",
        nullable=True,
        limits="0 to 1",
    ),
    *tables.estimate(
        "density",
        "number of the reference's balls that an image is in, on average, divided by k (Naeem et "
        "al. 2020); 1 is expected of two sets of one distribution. "
        f"{_NEIGHBOURS}. The interval covers 94 to 97 %",
        nullable=True,
        limits="at least 0",
    ),
    *tables.estimate(
        "coverage",
        f"share of the reference's balls that an image is in (Naeem et al. 2020). {_NEIGHBOURS}",
        nullable=True,
        limits="0 to 1",
    ),
    *inception_score.FIELDS,
)

#: n keys of images, and blocks of their (n, d) features in the same order, to be read once.
Features = tuple[Sequence[str], Iterable[Floats]]
# Rounding of a Fréchet distance, relative to the features' squares.
_ROUNDING = 1e-9


def check_photographs(usable: int, groups: int) -> None:
    """Make sure that enough photographs of a reference can be used.

    Args:
        usable: Number of photographs that can be used.
        groups: Number of groups of the jackknife.

    Raises:
        MnemoError: There are fewer than two for each group.
    """
    if usable < 2 * groups:
        raise MnemoError(
            f"of the photographs of realness.reference, {usable} can be used, and realness.groups "
            f"{groups} needs {2 * groups}: the logs of the rule read_reference, or the table "
            "photos, say why. Add photographs, or set realness.reference to null."
        )


def compare(
    features: Mapping[float, Features],
    reference: Features,
    floor: Features | None,
    *,
    neighbours: int = 5,
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
    unbiased at any number of images. Precision, recall, density and coverage, whose intervals are
    described in `neighbours.compare`, use the same sample.

    Args:
        features: By alpha, including 0: keys of images and blocks of their (n, d) features.
        reference: Keys of the reference images and blocks of their (m, d) features.
        floor: Those of other images of the reference's distribution, of which the first are used:
            as many as there are at alpha 0. None if there are no others, as of photographs.
        neighbours: The k of precision, recall, density and coverage.
        groups: Number of groups of the jackknife.
        seed: Seed of groups and samples.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        One row per alpha, ascending: the columns of `REALNESS` but for `edit`, `features`,
        `reference` and those of `inception_score.measure`. Differences and ratios are to alpha 0,
        where they are exactly 0 and 1. What is null in `REALNESS` is nan.

    Raises:
        MnemoError: Alpha 0 is missing, the reference has fewer than two images per group, or the
            floor has fewer images than there are at alpha 0.
    """
    if 0 not in features:
        raise MnemoError(
            "Realness has no images at alpha 0, with which the others are compared. Add 0 to the "
            "edit's `alphas`."
        )
    alphas = sorted(features)
    keys = [np.asarray(features[alpha][0]) for alpha in alphas]
    unedited, smallest = len(features[0][0]), min(len(reference[0]), *map(len, keys))
    if floor and len(floor[0]) < unedited:
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

    against = Reference.of(
        read(blocks, np.arange(len(reference[0])), len(reference[0])),
        selections.of_distances | (selections.of_extrapolations if extrapolates else set()),
        groups,
        neighbours,
    )

    def measure(
        blocks: Iterable[Floats], place: NDArray[np.int64], count: int, *, as_floor: bool = False
    ) -> tuple[Distances, dict[str, float]]:
        # Only here is a set in memory, so that no two are at once.
        own = read(blocks, place, count)
        distances = comparison.measure(
            own, against, selections, groups=groups, extrapolates=extrapolates
        )
        if as_floor:
            return distances, {}
        balls = Balls.of(own.sample, neighbours, groups)
        found = nearest.compare(balls, against.balls, confidence)
        ends = (estimate.columns(name) for name, estimate in found.items())
        return distances, {name: value for each in ends for name, value in each.items()}

    whole = against.moments[selections.whole]
    about = {
        "alpha": alphas,
        "reference_count": len(reference[0]),
        "reference_rank": whole.rank(),
        "n": [len(own) for own in keys],
        "neighbours": neighbours,
    }
    if (fewest := min(map(len, keys))) < 2 * groups:
        LOGGER.warning(
            "%s images are too few for distances: two for each of the %s groups are needed",
            fewest,
            groups,
        )
        absent = [name for name in REALNESS.names if name not in (*about, *_ELSEWHERE)]
        return pd.DataFrame({**about, **dict.fromkeys(absent, np.nan)})
    lowest = Distances.unknown(groups)
    if floor:
        first = _first(floor[1], unedited)
        lowest, _ = measure(first, np.arange(unedited), unedited, as_floor=True)
    edited, shares = zip(
        *(
            measure(features[alpha][1], np.searchsorted(images, own), len(images))
            for alpha, own in zip(alphas, keys, strict=True)
        ),
        strict=True,
    )
    rounding = _ROUNDING * (float(np.sum(whole.mean**2)) + whole.total())
    estimates = _estimates(edited, lowest, alphas.index(0), rounding, confidence)
    return pd.DataFrame({**about, **estimates, **pd.DataFrame(shares)})


def _estimates(
    edited: Sequence[Distances],
    lowest: Distances,
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

    above_floor = np.isnan(lowest.frechet[0]) or clear(frechet[zero] - lowest.frechet, rounding)
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
