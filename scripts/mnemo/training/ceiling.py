"""How consistent people are: what an assessor that is trained on their answers is compared with."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from mnemo.statistics import reliability
from mnemo.training.database import Target
from mnemo.training.layout import COUNTS, RATES


class Ceiling(NamedTuple):
    """How well one half of the human responses ranks the images as the other half does.

    Attributes:
        value: Spearman's rank correlation of the halves' targets, -1 to 1: mean over splits.
        low: Lower end of its interval.
        high: Upper end of its interval.
    """

    value: float
    low: float
    high: float


def measure(
    table: pd.DataFrame,
    *,
    target: Target,
    splits: int = 25,
    resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Ceiling | None:
    """Measure how consistent people are: Spearman between two halves of the responses.

    Each image's responses are dealt into two halves at random, those to its repeat and those to its
    first showing apart, and each half gives a target; the correlation of the halves over images is
    averaged over `splits` deals (Isola et al., CVPR 2011; Khosla et al., ICCV 2013, with 25). Those
    papers halve the participants, whom the spreadsheet does not tell apart; a participant's
    leaning to one answer is then spread over both halves, and not in one.

    It is published as the ceiling of an assessor, and compares with the published .69 for hit rate
    minus false-alarm rate. A half has half the responses: the targets themselves, of all responses,
    are more reliable, by Spearman and Brown 2r / (1 + r), and an assessor that knew the truth would
    reach about the root of that.

    The interval is that of the images being a sample: percentiles over resamples of the images,
    each measured as the images themselves are, over the same deals.

    Args:
        table: What `database.read` returns.
        target: As for `database.read`.
        splits: Times that the responses are dealt.
        resamples: Bootstrap resamples of the images.
        seed: Seed of the deals and the resamples.
        confidence: Confidence of the interval.

    Returns:
        The mean correlation with its interval; None where the data has no counts. Images with fewer
        than two responses to a showing are left out. All are nan if fewer than three images are
        left, or if a half gives all of them the same target.
    """
    if not set(COUNTS) <= set(table):
        return None
    used = ("hit_rate",) if target == "hit_rate" else tuple(RATES)
    counts = [table[list(RATES[rate])].to_numpy() for rate in used]
    enough = np.all([part.sum(axis=1) >= 2 for part in counts], axis=0)
    random = np.random.default_rng(seed)
    halves = reliability.halves_of_rates([part[enough] for part in counts], splits, random)
    measured = reliability.consistency(halves)
    if halves.shape[2] < 3 or np.isnan(measured):
        return Ceiling(np.nan, np.nan, np.nan)
    images = random.integers(halves.shape[2], size=(resamples, halves.shape[2]))
    resampled = [reliability.consistency(halves[:, :, chosen]) for chosen in images]
    low, high = np.nanquantile(resampled, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Ceiling(measured, float(low), float(high))
