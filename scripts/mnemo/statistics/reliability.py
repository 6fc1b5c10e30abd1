"""Reliability of people's scores of images: how well two halves of the answers agree.

A score is the mean of an image's answers. Its reliability is the share of its variance over images
that other people's answers would give again, and Spearman and Brown's formula finds it from how
two halves of the answers correlate. No score of a model can correlate with it by more than the root
of that, its ceiling (Spearman, American Journal of Psychology 15:72, 1904).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from mnemo.statistics import jackknife
from mnemo.statistics.means import Estimate

Floats = NDArray[np.floating[Any]]

#: Times that the answers are dealt into two halves, as in the papers (Isola et al., CVPR 2011).
SPLITS = 25
#: Groups of images that the jackknife leaves out in turn.
GROUPS = 25
#: Fewest images whose ranks are correlated: each group of a jackknife of five has two.
LEAST = 10


@dataclass(frozen=True)
class Reliability:
    """How reliable people's scores of some images are; nan where they don't determine it.

    Attributes:
        consistency: Mean Spearman correlation of the two halves over the splits, -1 to 1.
        reliability: What Spearman and Brown's formula makes of it, for all answers.
        ceiling: Highest correlation of any score with these, the root of the reliability, 0 to 1;
            nan if the reliability is not above 0, but the ends of its interval are known.
        replicates: (1 + groups,) ceilings, as for `jackknife.interval`.
    """

    consistency: Estimate
    reliability: Estimate
    ceiling: Estimate
    replicates: Floats


def halves_of_counts(
    yes: NDArray[np.integer[Any]],
    no: NDArray[np.integer[Any]],
    splits: int,
    random: np.random.Generator,
) -> Floats:
    """Deal each image's yes and no answers into two halves at random, without regard to whose.

    Args:
        yes: (n,) answers of one kind, such as hits.
        no: (n,) answers of the other, such as misses; at least two answers to each image.
        splits: Times to deal.
        random: Source of the deals.

    Returns:
        (2, splits, n) shares of yes in each half; of an odd number, the second has one more.
    """
    drawn = (yes + no) // 2
    first = random.hypergeometric(yes, no, drawn, size=(splits, len(yes)))
    return np.stack([first / drawn, (yes - first) / (yes + no - drawn)])


def halves_of_rates(
    counts: Sequence[NDArray[np.integer[Any]]], splits: int, random: np.random.Generator
) -> Floats:
    """Deal the answers behind rates into halves, where the score is the first rate less the others.

    Args:
        counts: Of each rate (n, 2) yes and no answers, at least two to each image.
        splits: Times to deal.
        random: Source of the deals.

    Returns:
        (2, splits, n) scores in each half, as of `halves_of_counts`.
    """
    first, *others = (halves_of_counts(each[:, 0], each[:, 1], splits, random) for each in counts)
    return first - sum(others)


def halves_of_answers(
    answers: Floats,
    images: NDArray[np.integer[Any]],
    participants: NDArray[np.integer[Any]],
    sides: NDArray[np.bool_],
    count: int,
) -> Floats:
    """Average each image's answers over each half of the participants.

    Args:
        answers: (m,) answers.
        images: (m,) image of each, 0 to count - 1.
        participants: (m,) participant who gave each.
        sides: (splits, participants), true for those in the first half.
        count: Number of images.

    Returns:
        (2, splits, count) means; nan where nobody of a half answered.
    """
    means = np.full((2, len(sides), count), np.nan)
    for split, first in enumerate(sides):
        for half, chosen in enumerate((first[participants], ~first[participants])):
            number = np.bincount(images[chosen], minlength=count)
            total = np.bincount(images[chosen], answers[chosen], minlength=count)
            np.divide(total, number, out=means[half, split], where=number > 0)
    return means


def sides(participants: int, splits: int, random: np.random.Generator) -> NDArray[np.bool_]:
    """Divide participants into two halves at random, again and again.

    Args:
        participants: Number of participants.
        splits: Times to divide.
        random: Source of the divisions.

    Returns:
        (splits, participants), true for those in the first half.
    """
    order = np.tile(np.arange(participants), (splits, 1))
    return random.permuted(order, axis=1) < participants // 2


def consistency(halves: Floats) -> float:
    """Average Spearman's correlation of two halves over the splits.

    Args:
        halves: (2, splits, n) scores; an image without one in a half is left out of that split.

    Returns:
        The mean, -1 to 1; nan if a split has fewer than two images, or a half of it equal scores.
    """
    known = np.logical_and(*np.isfinite(halves))
    if not known.all():
        each = [
            consistency(halves[:, at : at + 1, :][:, :, chosen]) for at, chosen in enumerate(known)
        ]
        return float(np.mean(each))
    if halves.shape[2] < 2:
        return np.nan
    ranks = stats.rankdata(halves, axis=2)
    ranks -= ranks.mean(axis=2, keepdims=True)
    products = (ranks[0] * ranks[1]).sum(axis=1)
    with np.errstate(invalid="ignore"):
        return float(np.mean(products / np.sqrt((ranks**2).sum(axis=2).prod(axis=0))))


def spearman_brown(correlation: Floats) -> Floats:
    """Compute the reliability of all answers from the correlation of two halves.

    Spearman and Brown, British Journal of Psychology 3:271 and 3:296, 1910: 2r / (1 + r), where the
    halves are of one size and as noisy as each other.

    Args:
        correlation: Correlations r, above -1.

    Returns:
        The reliabilities, 1 at most; below 0 where r is.
    """
    return 2 * correlation / (1 + correlation)


def ceilings(correlation: Floats) -> Floats:
    """Compute the ceiling, the root of the reliability; nan where that is below 0."""
    with np.errstate(invalid="ignore"):
        return np.sqrt(spearman_brown(correlation))


def assign_groups(count: int, seed: int) -> NDArray[np.int64]:
    """Assign images to the groups that the jackknife leaves out: `GROUPS`, fewer of few images."""
    return jackknife.assign_groups(count, min(GROUPS, count // 2), seed)


def measure(halves: Floats, groups: NDArray[np.int64], confidence: float) -> Reliability:
    """Measure the reliability of people's scores of some images.

    The intervals are for these people's answers and other images: t intervals of a jackknife over
    groups of images, on the scale of Fisher's z of the halves' correlation.

    Args:
        halves: (2, splits, n), as for `consistency`.
        groups: (n,) group of each image.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The reliability. If the halves agree completely, it has no interval.
    """
    number = int(groups.max()) + 1
    each = np.array(
        [consistency(halves), *(consistency(halves[:, :, groups != at]) for at in range(number))]
    )
    value = each[0]
    if np.isnan(each).any() or np.isclose(np.abs(value), 1, rtol=0, atol=1e-12):
        ends = np.full(2, np.nan)
    else:
        ends = np.tanh(jackknife.interval(np.arctanh(each), confidence))
    stepped = spearman_brown(np.array([value, *ends]))
    return Reliability(
        Estimate(value, *ends),
        Estimate(*stepped),
        Estimate(float(ceilings(value)), *np.sqrt(np.maximum(stepped[1:], 0))),
        ceilings(each),
    )
