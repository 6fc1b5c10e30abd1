"""Which images a catalogue shows: ranked by the change of their score."""

from collections.abc import Collection

import pandas as pd


def effects(scores: pd.DataFrame, alphas: Collection[float]) -> pd.DataFrame:
    """Rank images by the change of their score from the lowest to the highest alpha.

    Args:
        scores: Scores of one edit by one assessor, with `image`, `alpha` and `score`.
        alphas: The edit's alphas.

    Returns:
        For each image, its `change` and its `rank`, from 1 for the largest increase, in that order
        and indexed by `image`; without images that lack a score at either end.
    """
    wide = scores.pivot(index="image", columns="alpha", values="score")
    ends = wide.reindex(columns=[min(alphas), max(alphas)])
    change = (ends[max(alphas)] - ends[min(alphas)]).dropna()
    ranked = change.sort_values(ascending=False, kind="stable").to_frame("change")
    return ranked.assign(rank=range(1, len(ranked) + 1))


def choose(ranked: pd.DataFrame, count: int) -> dict[str, pd.DataFrame]:
    """Choose the images of a catalogue: those at both ends of the ranking and in its middle.

    Args:
        ranked: As from `effects`.
        count: Number of images in each of the three parts.

    Returns:
        The rows of each part by its heading; of few images one part with all of them.
    """
    n = len(ranked)
    if n <= 3 * count:
        return {"All images, the largest increase first": ranked}
    middle = (n - count) // 2
    return {
        "Largest increase": ranked[:count],
        "Around the median": ranked[middle : middle + count],
        "Smallest increase, or largest decrease": ranked[n - count :],
    }
