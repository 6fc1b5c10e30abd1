"""Drift: how far an edit changes attributes that it holds still, and those that it does not."""

from collections.abc import Collection

import numpy as np
import pandas as pd
from scipy import stats

from mnemo import statistics
from mnemo.errors import MnemoError


def measure(
    scores: pd.DataFrame,
    fit_scores: pd.DataFrame,
    held: Collection[str],
    *,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Average the change of each attribute's score against alpha 0 (paper 1, figure 27).

    Each image is compared with itself: an image without a score at alpha 0 or at another alpha,
    since no face was found, has no change there.

    Args:
        scores: Scores of one edit with alpha 0, by the assessors of attributes: one row for each
            `edit`, `assessor`, `shape`, `alpha` and `image`, with its `score`.
        fit_scores: Scores of the set fit by the same assessors: one row for each `image`,
            `assessor` and `shape`, with its `score`.
        held: The attributes that the edit holds.
        confidence: Confidence of the intervals.

    Returns:
        The columns of `tables.DRIFT`, one row for each attribute, shape and alpha. `low` and `high`
        are the ends of the paired t interval, nan where fewer than two images have a change.

    Raises:
        MnemoError: No image is scored at alpha 0; or as for `statistics.deviations`.
    """
    alphas = np.unique(scores["alpha"])
    if 0 not in alphas:
        raise MnemoError("No image is scored at alpha 0, which changes are measured against.")
    parts = []
    exact = scores.astype({"score": np.float64})
    for (edit, attribute, shape), frame in exact.groupby(["edit", "assessor", "shape"]):
        by_image = frame.pivot(index="image", columns="alpha", values="score")
        by_image = by_image.reindex(columns=alphas)
        changes = by_image.sub(by_image[0], axis=0)
        n, change = changes.count(), changes.mean()
        margin = stats.t.ppf((1 + confidence) / 2, n - 1) * changes.sem()
        columns = {"n": n, "change": change, "low": change - margin, "high": change + margin}
        table = pd.DataFrame(columns).reset_index()
        parts.append(table.assign(edit=str(edit), attribute=str(attribute), shape=str(shape)))
    table = pd.concat(parts, ignore_index=True)
    table = table.join(statistics.deviations(fit_scores), on=["attribute", "shape"])
    return table.assign(held=table["attribute"].isin(held))
