"""Dose-response: how the scores of an edit depend on alpha."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import ArrayLike
from statsmodels.stats.proportion import proportion_confint

from mnemo import tables
from mnemo.results import columns, survivors
from mnemo.statistics import frames

DOSE_RESPONSE = tables.define(
    "Mean score at each alpha",
    *columns.EDITED,
    columns.ALPHA,
    tables.field("n", pa.int64(), "number of images scored"),
    tables.field("mean", pa.float64(), "mean score", nullable=True),
    tables.field(
        "low",
        pa.float64(),
        "lower end of the interval of the mean, a t interval: like those of the changes, it covers "
        "less than it claims if few images have very skewed scores",
        nullable=True,
    ),
    tables.field("high", pa.float64(), "upper end of the interval of the mean", nullable=True),
    tables.field(
        "n_paired", pa.int64(), "number of images scored both at this alpha and at alpha 0"
    ),
    *tables.estimate(
        "change",
        "mean change of the score from alpha 0, each of these images against itself",
        nullable=True,
    ),
    *tables.estimate(
        "wrong_way",
        "share of these images whose score changes against the sign of alpha; null at alpha 0. Its "
        "interval, Wilson's, may cover less or more than it claims if hardly any image is expected "
        "to go one of the ways",
        limits="0 to 1",
        nullable=True,
    ),
    *tables.estimate(
        "improvement_ratio",
        "share of these images whose score changes with the sign of alpha, with an interval as for "
        "wrong_way; null at alpha 0",
        limits="0 to 1",
        nullable=True,
    ),
    *tables.estimate(
        "relative_gain",
        "mean change divided by the score at alpha 0, of these images; null at alpha 0, and if a "
        "score at alpha 0 is not above 0, where a ratio means nothing",
        nullable=True,
    ),
    survivors.SURVIVORS,
)
LOCAL_SLOPES = tables.define(
    "Slope of the score between neighbouring alphas",
    *columns.EDITED,
    tables.field("alpha_low", pa.float64(), "the smaller alpha"),
    tables.field("alpha_high", pa.float64(), "the larger alpha"),
    tables.field("n", pa.int64(), "number of images scored at both alphas"),
    columns.SLOPE[0],
    tables.field(
        "low",
        pa.float64(),
        "lower end of the interval of the slope, a paired t interval: it covers less than it "
        "claims if few images have very skewed changes",
        nullable=True,
    ),
    columns.SLOPE[2],
)


def dose_response(
    frame: pd.DataFrame, alphas: ArrayLike | None = None, *, confidence: float = 0.95
) -> pd.DataFrame:
    """Compute the mean score at each alpha (paper 1, figure 6; GANalyze, figure 3A) and its change.

    A change compares each image with itself at alpha 0. The share of images whose score changes
    with the sign of alpha is the improvement ratio of MemCoach (CVPR 2026), and the mean change
    relative to the score at alpha 0 its relative memorability. A score that stays equal changes
    neither way.

    Args:
        frame: Dose-response frame.
        alphas: The alphas that get a row; those of the frame when None.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The columns of `DOSE_RESPONSE` but for the names of edit, assessor and shape, one row per
        alpha, ascending. `low` and `high` are the ends of the mean's t interval; the intervals of
        changes are paired t intervals, and those of shares Wilson's score intervals. Estimates
        without an image are nan, and so is the t interval of a single one. At alpha 0 the change is
        exactly 0.
    """
    wide = frames.by_image(frame)
    if alphas is not None:
        wide = wide.reindex(columns=np.unique(alphas))
    unedited = wide[0.0] if 0 in wide else pd.Series(np.nan, wide.index)
    changes = wide.sub(unedited, axis=0)
    change = frames.means(changes, "change", confidence)
    # At alpha 0 nothing can change.
    changes.loc[:, changes.columns == 0] = np.nan
    n = changes.count()
    onward = changes * np.sign(changes.columns.to_numpy())
    gains = changes.div(unedited.where(unedited > 0), axis=0)
    # A ratio to a score of 0 or below means nothing, and a mean of the others something else.
    gains.loc[:, gains.count() < n] = np.nan
    gain = frames.means(gains, "relative_gain", confidence).drop(columns="n")
    parts = [
        frames.means(wide, "mean", confidence),
        _named(change.rename(columns={"n": "n_paired"}), "change"),
        _share(onward < 0, n, "wrong_way", confidence),
        _share(onward > 0, n, "improvement_ratio", confidence),
        _named(gain, "relative_gain"),
    ]
    return pd.concat(parts, axis="columns").rename_axis("alpha").reset_index()


def local_slopes(frame: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Compute the mean slope of the images' scores between neighbouring alphas.

    Args:
        frame: Dose-response frame.
        confidence: Confidence of the interval, between 0 and 1.

    Returns:
        One row per pair of neighbouring alphas, `alpha_low` and `alpha_high`: the number `n` of
        images scored at both, their mean `slope` in score per unit of alpha, and `low` and `high`,
        the ends of its paired t interval.
    """
    wide = frames.by_image(frame)
    pairs = list(pairwise(wide.columns.to_numpy()))
    steps = [(wide[high] - wide[low]) / (high - low) for low, high in pairs]
    table = pd.DataFrame(
        {
            "alpha_low": [low for low, _ in pairs],
            "alpha_high": [high for _, high in pairs],
            "n": [step.count() for step in steps],
            "slope": [step.mean() for step in steps],
            "standard_error": [step.sem() for step in steps],
        }
    )
    return frames.with_interval(table, "slope", confidence)


def responses(
    scores: pd.DataFrame, *, least_found: float = 0.9, confidence: float = 0.95
) -> dict[str, pd.DataFrame]:
    """Compute the dose-response tables of an edit, for each assessor and shape.

    If too few images of a shape have a score, because no face was found in the others, an estimate
    is missing; `n` is the number of images.

    Args:
        scores: One row per `edit`, `assessor`, `shape`, `alpha` and `image`, with its `score`.
        least_found: As for `survivors.marked`.
        confidence: Confidence of all intervals, between 0 and 1.

    Returns:
        The tables `dose_response` and `local_slopes` by name.
    """
    alphas = np.unique(scores["alpha"].to_numpy(np.float64))
    measured: dict[str, list[pd.DataFrame]] = {}
    for (edit, assessor, shape), frame in scores.groupby(["edit", "assessor", "shape"]):
        left = survivors.marked(frame, alphas, least_found)
        means = dose_response(frame, alphas, confidence=confidence)
        parts = {"dose_response": means.assign(survivors=means["alpha"].map(left))}
        parts["local_slopes"] = local_slopes(frame, confidence=confidence)
        for table, part in parts.items():
            named = part.assign(edit=str(edit), assessor=str(assessor), shape=str(shape))
            measured.setdefault(table, []).append(named)
    return {table: pd.concat(parts, ignore_index=True) for table, parts in measured.items()}


def _share(images: pd.DataFrame, n: "pd.Series[int]", name: str, confidence: float) -> pd.DataFrame:
    """Return the share of images with its Wilson interval, one row per alpha; nan if n is 0."""
    count, known = images.sum(), n.where(n > 0)
    low, high = proportion_confint(
        count.to_numpy(), known.to_numpy(), alpha=1 - confidence, method="wilson"
    )
    table = pd.DataFrame({name: count / known}).assign(low=low, high=high)
    return _named(table, name)


def _named(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return a table whose ends are called after their estimate."""
    return table.rename(columns={"low": f"{name}_low", "high": f"{name}_high"})
