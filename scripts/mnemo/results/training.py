"""How well a trained assessor ranks images that it was not trained on (paper 1, Table 3)."""

import numpy as np
import pandas as pd
import pyarrow as pa

from mnemo import tables
from mnemo.scores import ASSESSOR
from mnemo.statistics import ranks
from mnemo.statistics.folds import corrected_t
from mnemo.training.tables import RUN, SHAPE

TRAINING = tables.define(
    "How well a trained assessor ranks images that it was not trained on",
    RUN,
    ASSESSOR,
    tables.field("architecture", pa.string(), "network"),
    tables.field("target", pa.string(), "what was trained for", limits="hit_rate, true_hit_rate"),
    SHAPE,
    tables.field("n", pa.int64(), "test images"),
    *tables.estimate(
        "spearman",
        "rank correlation of score and target; null for fewer than three images, equal scores or "
        "equal targets, and for folds if one of them has none. Its interval is for this network on "
        "new images; for folds it is a corrected t (Nadeau and Bengio 2003), for networks trained "
        "on as many images as in a fold, and conservative: one of 95 % covers 95 to 99 %",
        limits="-1 to 1",
        nullable=True,
    ),
    *tables.estimate(
        "ceiling",
        "rank correlation of the targets that two halves of the human responses give, published as "
        "the ceiling; null where the data has no counts",
        nullable=True,
        limits="-1 to 1",
    ),
)

Interval = tuple[float, float, float]


def summary(
    predictions: pd.DataFrame,
    ceiling: Interval | None,
    *,
    assessor: str,
    architecture: str,
    target: str,
    resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Correlate the ranks of scores and targets of each training's test images.

    The intervals are those of `ranks.agreement`: percentiles over resamples of the images. Where
    there are folds, a last row has the mean over them, each image being tested once, with the
    interval of `corrected_t`, for the expected correlation of networks trained on so many images.

    Args:
        predictions: Rows of `training.tables.PREDICTIONS`.
        ceiling: What `training.ceiling` measures; None where the data has no counts.
        assessor: Name of what was trained.
        architecture: Its network.
        target: What it was trained for.
        resamples: Bootstrap resamples.
        seed: Their seed.
        confidence: Confidence of the intervals.

    Returns:
        The columns of `TRAINING`: for each shape of the images a row for each training, and `folds`
        for the mean over them. Estimates are nan as for `ranks.agreement`, and the mean over the
        folds if one of them is; its interval is nan if there is one fold or all are equal.
    """
    rows = [
        (None if pd.isna(shape) else shape, *row)
        for shape, images in predictions.groupby("shape", sort=True, dropna=False)
        for row in _of_shape(images, resamples, seed, confidence)
    ]
    columns = ["shape", "run", "n", "spearman", "spearman_low", "spearman_high"]
    ceilings = dict(
        zip(("ceiling", "ceiling_low", "ceiling_high"), ceiling or (np.nan,) * 3, strict=True)
    )
    return pd.DataFrame(rows, columns=columns).assign(
        assessor=assessor, architecture=architecture, target=target, **ceilings
    )


def _of_shape(
    predictions: pd.DataFrame, resamples: int, seed: int, confidence: float
) -> list[tuple[str, int, float, float, float]]:
    """Correlate the ranks of each training, and average those of the folds."""
    rows: list[tuple[str, int, float, float, float]] = []
    for run, tested in predictions.groupby("run", sort=True):
        measured = ranks.agreement(
            tested["target"],
            tested["score"],
            resamples=resamples,
            seed=seed,
            confidence=confidence,
        )
        spearman = (measured.spearman, measured.spearman_low, measured.spearman_high)
        rows.append((str(run), measured.n, *spearman))
    folds = [row for row in rows if row[0].startswith("fold-")]
    if folds:
        each = np.array([row[2] for row in folds])
        # A fold trains on nine tenths of the images in the others.
        test_share = 1 / (0.9 * max(1, len(each) - 1))
        low, high = np.clip(corrected_t(each, test_share, confidence), -1, 1)
        rows.append(("folds", sum(row[1] for row in folds), float(each.mean()), low, high))
    return rows
