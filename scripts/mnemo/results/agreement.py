"""Agreement: how similarly assessors and shapes rank the same images (Table 1)."""

from dataclasses import asdict, fields
from itertools import combinations

import pandas as pd
import pyarrow as pa

from mnemo import tables
from mnemo.statistics import ranks

AGREEMENT = tables.define(
    "Rank agreement of assessors and shapes on the same images",
    tables.field("assessor_a", pa.string(), "first assessor"),
    tables.field("shape_a", pa.string(), "shape that the first assessor scored"),
    tables.field("assessor_b", pa.string(), "second assessor"),
    tables.field("shape_b", pa.string(), "shape that the second assessor scored"),
    tables.field("n", pa.int64(), "number of images that have both scores"),
    *tables.estimate(
        "spearman",
        "Spearman's rank correlation; null for fewer than three images, or equal scores",
        limits="-1 to 1",
        nullable=True,
    ),
    *tables.estimate(
        "kendall", "Kendall's tau-b; null in the same cases", limits="-1 to 1", nullable=True
    ),
)


def measure(
    scores: pd.DataFrame, *, resamples: int = 1000, seed: int = 0, confidence: float = 0.95
) -> pd.DataFrame:
    """Compute the rank agreement between all pairs of scores of the same images.

    Args:
        scores: One row per `image`, `assessor` and `shape`, with its `score`.
        resamples: As for `ranks.agreement`.
        seed: As for `ranks.agreement`.
        confidence: As for `ranks.agreement`.

    Returns:
        The columns of `AGREEMENT`, one row per pair of an assessor and shape with another; no rows
        if there is only one assessor and shape. Estimates are nan as for `ranks.agreement`.
    """
    sides = ("assessor_a", "shape_a", "assessor_b", "shape_b")
    by_image = scores.pivot(index=["assessor", "shape"], columns="image", values="score")
    rows = []
    for a, b in combinations(by_image.index, 2):
        measured = ranks.agreement(
            by_image.loc[a],
            by_image.loc[b],
            resamples=resamples,
            seed=seed,
            confidence=confidence,
        )
        rows.append(dict(zip(sides, (*a, *b), strict=True)) | asdict(measured))
    return pd.DataFrame(rows, columns=[*sides, *(field.name for field in fields(ranks.Agreement))])
