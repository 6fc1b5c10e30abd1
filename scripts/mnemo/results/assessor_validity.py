"""Validity of the assessors: how well their scores rank images as people's scores do."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from mnemo import tables
from mnemo.ratings.table import halves
from mnemo.scores import ASSESSOR, SHAPE
from mnemo.statistics import jackknife, ranks, reliability
from mnemo.statistics.means import Estimate

_NO_HALVES = "null where neither the answers are known nor their counts, and for few images"

ASSESSOR_VALIDITY = tables.define(
    "How well the assessors rank images as people do",
    tables.field("ratings", pa.string(), "name of the people's ratings"),
    ASSESSOR,
    SHAPE,
    tables.field("n", pa.int64(), "images that have a score of the assessor and of people"),
    tables.field(
        "answers",
        pa.float64(),
        "answers that people's score of an image rests on, the median over the images; null where "
        "it is not known",
        nullable=True,
    ),
    tables.field(
        "spearman",
        pa.float64(),
        "Spearman's rank correlation of the assessor's scores and people's; null for fewer than "
        "three images, or equal scores",
        limits="-1 to 1",
        nullable=True,
    ),
    tables.field("low", pa.float64(), "lower end of the interval of spearman", nullable=True),
    tables.field("high", pa.float64(), "upper end of the interval of spearman", nullable=True),
    *tables.estimate(
        "consistency",
        "Spearman's rank correlation of the scores by two halves of people's answers, the mean "
        f"over random divisions, whose interval is for these people and other images; {_NO_HALVES}",
        limits="-1 to 1",
        nullable=True,
    ),
    *tables.estimate(
        "reliability",
        "reliability of people's scores, 2r / (1 + r) of the consistency r (Spearman 1910, Brown "
        "1910). Too low where only counts are known and everybody answered to the same images, "
        "since a person's leaning to one answer is then taken for noise; of ranks the formula is "
        "up to 0.01 too high, so that an interval of 95 % covers 90 to 97 %. Null as consistency "
        "is",
        limits="at most 1",
        nullable=True,
    ),
    *tables.estimate(
        "ceiling",
        "highest correlation that any scores can have with people's: the root of their reliability "
        "(Spearman 1904), and as exact: an interval of 95 % covers 90 to 98 %. Null as consistency "
        "is, and where the reliability is not above 0",
        limits="0 to 1",
        nullable=True,
    ),
    *tables.estimate(
        "share",
        "share of the ceiling that the assessor reaches, spearman / ceiling; above 1 by chance or "
        "where the reliability is too low; null as ceiling is, and its interval (Fieller 1954) "
        "where that of the ceiling includes 0",
        nullable=True,
    ),
)


def measure(
    scores: pd.DataFrame,
    ratings: pd.DataFrame,
    name: str,
    *,
    resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Correlate each assessor's scores with people's, and compare with the ceiling of that.

    The ceiling is that of the images which the assessor scored. The interval of the correlation is
    that of `ranks.agreement`; those of what follows from the halves are of a jackknife over groups
    of images, which leaves the same out of the correlation and the ceiling for their ratio.

    Args:
        scores: One row per `image`, `assessor` and `shape`, with its `score`.
        ratings: The columns of `ratings.table.RATINGS`.
        name: Name of the ratings.
        resamples: As for `ranks.agreement`.
        seed: As for `ranks.agreement`, and of the groups.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The columns of `ASSESSOR_VALIDITY`, one row per assessor and shape.
    """
    rows = []
    known: dict[tuple[str, ...], reliability.Reliability | None] = {}
    for (assessor, shape), scored in scores.groupby(["assessor", "shape"], sort=False):
        both = ratings.merge(scored[["image", "score"]], on="image", suffixes=("", "_assessor"))
        images = tuple(both["image"])
        if images not in known:
            known[images] = _reliability(both, seed, confidence)
        measured = ranks.agreement(
            both["score"],
            both["score_assessor"],
            resamples=resamples,
            seed=seed,
            confidence=confidence,
        )
        rows.append(
            {"ratings": name, "assessor": assessor, "shape": shape, "n": measured.n}
            | {"answers": both["answers"].dropna().astype(float).median()}
            | {"spearman": measured.spearman}
            | {"low": measured.spearman_low, "high": measured.spearman_high}
            | _columns(both, known[images], measured.spearman, seed, confidence)
        )
    return pd.DataFrame(rows, columns=ASSESSOR_VALIDITY.names)


def _reliability(
    both: pd.DataFrame, seed: int, confidence: float
) -> reliability.Reliability | None:
    dealt = halves(both)
    if dealt is None or len(both) < reliability.LEAST:
        return None
    return reliability.measure(dealt, reliability.assign_groups(len(both), seed), confidence)


def _columns(
    both: pd.DataFrame,
    people: reliability.Reliability | None,
    spearman: float,
    seed: int,
    confidence: float,
) -> dict[str, float]:
    """Return the columns that follow from the halves of people's answers."""
    if people is None:
        names: Sequence[str] = ("consistency", "reliability", "ceiling", "share")
        return {key: value for each in names for key, value in Estimate().columns(each).items()}
    groups = reliability.assign_groups(len(both), seed)
    pairs = both[["score", "score_assessor"]].to_numpy(float)
    left = [spearman] + [
        reliability.consistency(pairs[groups != at].T[:, np.newaxis])
        for at in range(int(groups.max()) + 1)
    ]
    low, high = jackknife.ratio_interval(np.array(left), people.replicates, confidence)
    share = Estimate(spearman / people.ceiling.value, float(low), float(high))
    return {
        **people.consistency.columns("consistency"),
        **people.reliability.columns("reliability"),
        **people.ceiling.columns("ceiling"),
        **share.columns("share"),
    }
