"""Models of people's answers: does alpha, or a visual factor, change what they remember?

They are those of GANalyze: sections 3.3.2, 3.4 and 3.4.1 with Table 1.
"""

import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.results.people import trials as answered
from mnemo.statistics import glmm

_NULL = "null where the answers do not determine it"

HUMAN_MODELS = tables.define(
    "Relation of people's answers to alpha and to each visual factor, from logistic mixed models",
    answered.EXPERIMENT,
    tables.field("edit", pa.string(), "name of the edit"),
    tables.field(
        "model",
        pa.string(),
        "what is modelled. hits: whether the repeat of a target is recognised, in the memory game. "
        "choices: whether the generated image of a pair is found, in the forced choice",
        limits="hits, choices",
    ),
    tables.field(
        "predictor",
        pa.string(),
        "the model's only predictor: alpha, or the name of a visual factor",
    ),
    tables.field(
        "answers",
        pa.string(),
        "which answers are modelled: all that have the predictor, or those that have every "
        "predictor, by which predictors compare",
        limits="all, common",
    ),
    answered.ANY_SIMULATED,
    tables.field("n_answers", pa.int64(), "number of answers"),
    tables.field("n_participants", pa.int64(), "number of participants"),
    tables.field(
        "n_images", pa.int64(), "number of images; the alphas of a seed are different images"
    ),
    tables.field(
        "slope",
        pa.float64(),
        f"change of the log odds of a correct answer with the predictor; {_NULL}",
        unit="log odds per unit of the predictor",
        nullable=True,
    ),
    tables.field(
        "low",
        pa.float64(),
        "lower end of the interval of the slope (Wald's), for other participants and images; null "
        "where the slope is",
        nullable=True,
    ),
    tables.field("high", pa.float64(), "upper end of the same interval", nullable=True),
    tables.field("standard_error", pa.float64(), "standard error of the slope", nullable=True),
    tables.field(
        "p",
        pa.float64(),
        "p-value of Wald's test of a slope of 0, not corrected for the number of predictors",
        limits="0 to 1",
        nullable=True,
    ),
    *tables.estimate(
        "standardised",
        "the slope per standard deviation of the predictor over these answers, which compares "
        f"predictors; {_NULL}",
        unit="log odds per standard deviation",
        nullable=True,
    ),
    tables.field(
        "tjur",
        pa.float64(),
        "Tjur's coefficient of discrimination: mean fitted probability of the correct answers, "
        "less that of the others. The probabilities are conditional on participants and images, "
        "which determine most of it, so that it can't rank predictors",
        limits="-1 to 1",
        nullable=True,
    ),
    tables.field(
        "tjur_fixed",
        pa.float64(),
        "the same for probabilities by the predictor alone, without participants and images",
        limits="-1 to 1",
        nullable=True,
    ),
    tables.field(
        "deviance",
        pa.float64(),
        "-2 times the logarithm of the likelihood, by the Laplace approximation; lower is better, "
        "of models of the same answers",
        nullable=True,
    ),
    tables.field(
        "sd_participants",
        pa.float64(),
        "standard deviation of participants' intercepts; 0 if they do not differ",
        unit="log odds",
        nullable=True,
    ),
    tables.field(
        "sd_images",
        pa.float64(),
        "standard deviation of images' intercepts; 0 if they do not differ",
        unit="log odds",
        nullable=True,
    ),
    tables.field(
        "formula",
        pa.string(),
        "the model's formula, in the notation of R's lme4; empty if there is no slope",
    ),
)

LOGGER = logging.getLogger(__name__)

#: What is modelled in each kind of experiment, and the role of the trials that it is about.
_MODELS = {"memory-game": ("hits", "repeat"), "forced-choice": ("choices", "target")}


def measure(
    trials: pd.DataFrame, factors: pd.DataFrame | None = None, *, confidence: float = 0.95
) -> pd.DataFrame:
    """Relate people's answers to alpha and to visual factors (GANalyze, 3.3.2, 3.4 and Table 1).

    Each model has one predictor, and crossed random intercepts of participants and of images; the
    paper does not state its random effects. Table 1 normalises its factors but not alpha:
    `standardised` is comparable between all.

    Args:
        trials: The columns of `TRIALS`, of series that count.
        factors: One row per `edit`, `image`, `alpha` and `factor`, with its `value`; an image that
            lacks a factor has no row for it. None without factors.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The columns of `HUMAN_MODELS`: for each experiment and edit one row for alpha and one per
        factor, and with factors the same of the answers that have all.
    """
    rows = []
    for (experiment, kind, edit), own in trials.groupby(["experiment", "kind", "edit"]):
        model, role = _MODELS[str(kind)]
        answers = own[own["role"] == role]
        names: list[str] = []
        if factors is not None:
            names = sorted(factors["factor"].unique())
            values = factors[factors["edit"] == edit].pivot(
                index=["image", "alpha"], columns="factor", values="value"
            )
            answers = answers.join(values.reindex(columns=names), on=["image", "alpha"])
        named = {"experiment": experiment, "edit": edit, "model": model}
        rows += [named | row for row in _of_answers(answers, names, confidence)]
    return pd.DataFrame(rows, columns=HUMAN_MODELS.names)


def _of_answers(
    answers: pd.DataFrame, factors: list[str], confidence: float
) -> Iterator[dict[str, Any]]:
    """Fit the models of one edit: of all answers, and of those with every factor."""
    common = answers.dropna(subset=factors)
    for predictor in ("alpha", *factors):
        known = answers.dropna(subset=[predictor])
        fitted = _fitted(known, predictor, confidence)
        yield {"answers": "all", **fitted}
        if factors:
            if len(common) < len(known):
                fitted = _fitted(common, predictor, confidence)
            yield {"answers": "common", **fitted}


def _fitted(answers: pd.DataFrame, predictor: str, confidence: float) -> dict[str, Any]:
    """Fit one model; what the answers do not determine is missing."""
    image = answers.groupby(["image", "alpha"]).ngroup().to_numpy()
    row: dict[str, Any] = {
        "predictor": predictor,
        "simulated": answers["simulated"].any(),
        "n_answers": len(answers),
        "n_participants": answers["participant"].nunique(),
        "n_images": len(np.unique(image)),
        "formula": "",
    }
    given = answers[predictor].to_numpy(np.float64)
    try:
        if not len(answers):
            raise MnemoError("There are no answers.")
        fit = glmm.logistic(
            answers["correct"].astype(bool),
            given,
            [answers["participant"], image],
            confidence=confidence,
        )
    except MnemoError as why:
        LOGGER.warning("answers by %s: %s", predictor, why)
        return row
    deviation = given.std(ddof=1)
    participants, images = fit.deviations
    return row | {
        "slope": fit.slope,
        "low": fit.low,
        "high": fit.high,
        "standard_error": fit.standard_error,
        "p": fit.p_value,
        "standardised": fit.slope * deviation,
        "standardised_low": fit.low * deviation,
        "standardised_high": fit.high * deviation,
        "tjur": fit.tjur,
        "tjur_fixed": fit.tjur_fixed,
        "deviance": fit.deviance,
        "sd_participants": participants,
        "sd_images": images,
        "formula": f"correct ~ {predictor} + (1 | participant) + (1 | image)",
    }
