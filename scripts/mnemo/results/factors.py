"""Visual factors: how an edit changes them, and what they have to do with the scores.

They are the emerging factors of GANalyze (sections 3.2 and 3.4.1): Figure 3B, and Table 1 with an
assessor in the place of people.
"""

import logging
from collections.abc import Collection, Mapping
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.results import columns
from mnemo.scores import ASSESSOR, SHAPE
from mnemo.statistics import frames, mixed, relations

_EDIT = columns.EDITED[0]

FACTORS = tables.define(
    "Visual factors at each alpha of an edit",
    _EDIT,
    tables.field("factor", pa.string(), "name of the visual factor"),
    SHAPE,
    columns.ALPHA,
    tables.field(
        "n",
        pa.int64(),
        "number of images that have the factor at this alpha; those without a face or an object "
        "lack some",
    ),
    tables.field(
        "mean", pa.float64(), "mean of the factor, in its own unit; null of no image", nullable=True
    ),
    tables.field(
        "low",
        pa.float64(),
        "lower end of the interval of the mean, a t interval: it covers less than it claims if few "
        "images have very skewed values; null of one image",
        nullable=True,
    ),
    tables.field("high", pa.float64(), "upper end of the interval of the mean", nullable=True),
    tables.field(
        "pairs", pa.int64(), "number of images that have the factor both at this alpha and at 0"
    ),
    *tables.estimate(
        "change",
        "mean change of the factor from alpha 0, over those images, with its paired t interval; "
        "null without such images, and if the edit has no alpha 0",
        nullable=True,
    ),
    tables.field(
        "deviation",
        pa.float64(),
        "standard deviation of the factor in the unedited set fit; null for fewer than two images",
        nullable=True,
    ),
    tables.field(
        "source",
        pa.string(),
        "what the factor is measured from: the image's pixels, the landmarks of its face (MTCNN's "
        "box and dlib's 68 points), or the mask of its main object (Mask R-CNN)",
        limits="pixels, face-landmarks, object-mask",
    ),
)

_NULL = "null where the images do not determine it"

FACTOR_MODELS = tables.define(
    "Relation of the scores to each visual factor along an edit, from linear mixed-effects models",
    _EDIT,
    tables.field(
        "factor",
        pa.string(),
        "name of the visual factor that is the model's only predictor; alpha for the edit's own",
    ),
    ASSESSOR,
    SHAPE,
    tables.field("n", pa.int64(), "number of images that have both the factor and the score"),
    tables.field(
        "slope",
        pa.float64(),
        f"change of the score with the factor, over images and alphas; {_NULL}",
        unit="score per unit of the factor",
        nullable=True,
    ),
    tables.field(
        "low",
        pa.float64(),
        "lower end of the interval of the slope, for the images' factors as they are",
        nullable=True,
    ),
    tables.field("high", pa.float64(), "upper end of the interval of the slope", nullable=True),
    tables.field(
        "p",
        pa.float64(),
        "p-value of the t test of a slope of 0, not corrected for the number of factors",
        nullable=True,
    ),
    tables.field(
        "standardised",
        pa.float64(),
        "the slope in standard deviations of the score per standard deviation of the factor, both "
        "over all images and alphas of the edit: comparable between factors, and with alpha's; "
        f"{_NULL}",
        nullable=True,
    ),
    tables.field(
        "model",
        pa.string(),
        "the model's formula, in the notation of R's lme4; empty if the slope is null",
    ),
)

LOGGER = logging.getLogger(__name__)


def measure(
    scores: pd.DataFrame,
    fit_scores: pd.DataFrame,
    sources: Mapping[str, str],
    *,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Measure each factor at each alpha, and its change from alpha 0 (GANalyze, Figure 3B).

    Args:
        scores: The scores of one or more edits by the factors, and perhaps by assessors: one row
            per `edit`, `assessor`, `shape`, `alpha` and `image`, with its `score`. An image that
            lacks a factor has no row for it.
        fit_scores: The factors of the set fit, one row per `image`, `assessor` and `shape`.
        sources: What each factor is measured from, by its name.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The columns of `FACTORS`, one row per edit, shape, factor and alpha of the edit.
    """
    parts = []
    by_shape = scores.groupby(["edit", "shape"])
    for ((edit, shape), frame), factor in product(by_shape, sources):
        alphas = np.unique(scores.loc[scores["edit"] == edit, "alpha"])
        values = frames.by_image(frame[frame["assessor"] == factor]).reindex(columns=alphas)
        # Without alpha 0 nothing is known of the changes.
        unedited = values[0.0] if 0 in values else pd.Series(np.nan, values.index)
        changes = frames.means(values.sub(unedited, axis=0), "change", confidence)
        names = {"n": "pairs", "low": "change_low", "high": "change_high"}
        table = frames.means(values, "mean", confidence).join(changes.rename(columns=names))
        table = table.rename_axis("alpha").reset_index()
        named = {"edit": str(edit), "factor": factor, "shape": str(shape)}
        parts.append(table.assign(**named, source=sources[factor]))
    table = pd.concat(parts, ignore_index=True)
    deviations = frames.deviations(fit_scores).rename_axis(["factor", "shape"])
    return table.join(deviations, on=["factor", "shape"])


def relate(
    scores: pd.DataFrame,
    factors: Collection[str],
    assessors: Collection[str],
    *,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Relate the scores of each assessor to each factor, and to alpha (GANalyze, Table 1).

    Each model has one predictor, as in the paper: score ~ factor with a random intercept and a
    random slope for each image. The paper's are logistic, of whether people remember an image.
    Factors go together, so a relation does not show that the factor itself matters. Table 1
    normalises its predictors; `standardised` is the slope with a normalised predictor and score.

    Args:
        scores: The scores of one or more edits by the assessors and the factors: one row per
            `edit`, `assessor`, `shape`, `alpha` and `image`, with its `score`.
        factors: Names of the factors.
        assessors: Names of the assessors; one that is a factor is not related to itself.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The columns of `FACTOR_MODELS`, for each edit, assessor and shape one row per factor and one
        for alpha.
    """
    key = ["edit", "shape", "alpha", "image"]
    known = frames.scored(scores)
    rows: list[dict[str, Any]] = []
    for (edit, shape), frame in known.groupby(["edit", "shape"]):
        wide = frame.pivot(index=key, columns="assessor", values="score")
        wide = wide.reindex(columns=[*dict.fromkeys([*assessors, *factors])]).reset_index()
        for assessor, factor in product(assessors, (*factors, "alpha")):
            if assessor == factor:
                continue
            both = pd.DataFrame(
                {"image": wide["image"], factor: wide[factor], "score": wide[assessor]}
            ).dropna()
            named = {"edit": edit, "factor": factor, "assessor": assessor, "shape": shape}
            rows.append(named | _related(both, factor, f"{shape} of {assessor}", confidence))
    return pd.DataFrame(rows)


def _related(both: pd.DataFrame, factor: str, what: str, confidence: float) -> dict[str, Any]:
    """Fit the model of one factor; what the images do not determine is nan."""
    try:
        found = relations.slope(both, factor, confidence=confidence)
    except MnemoError as why:
        LOGGER.warning("%s: %s", what, why)
        found = mixed.missing(both["image"].nunique())
    ratio = both[factor].std() / both["score"].std() if len(both) > 1 else np.nan
    return {
        "n": found.n,
        "slope": found.slope,
        "low": found.low,
        "high": found.high,
        "p": found.p_value,
        "standardised": found.slope * ratio,
        "model": found.model,
    }
