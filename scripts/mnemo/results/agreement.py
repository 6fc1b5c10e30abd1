"""Agreement: how alike assessors and shapes rank the same images (Table 1)."""

from dataclasses import asdict, fields
from itertools import combinations

import pandas as pd
import pyarrow as pa

from mnemo import tables
from mnemo.statistics import ranks

AGREEMENT = tables.define(
    "Rank agreement of assessors and shapes on the same images",
    tables.field("assessor_a", pa.string(), "one assessor"),
    tables.field("shape_a", pa.string(), "the shape that it scored"),
    tables.field("assessor_b", pa.string(), "the other assessor"),
    tables.field("shape_b", pa.string(), "the shape that it scored"),
    tables.field("n", pa.int64(), "images that both scored"),
    *tables.estimate("spearman", "Spearman's rank correlation", limits="-1 to 1"),
    *tables.estimate("kendall", "Kendall's tau-b", limits="-1 to 1"),
)


def measure(
    scores: pd.DataFrame, *, resamples: int = 1000, seed: int = 0, confidence: float = 0.95
) -> pd.DataFrame:
    """Measure the agreement of every pair of assessor and shape on the same images.

    Args:
        scores: One row for each `image`, `assessor` and `shape`, with its `score`.
        resamples: As for `ranks.agreement`.
        seed: As for `ranks.agreement`.
        confidence: As for `ranks.agreement`.

    Returns:
        The columns of `AGREEMENT`, one row for each pair; none where there is one score.

    Raises:
        MnemoError: As for `ranks.agreement`.
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
