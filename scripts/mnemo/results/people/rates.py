"""Rates: how often people recognise images, or find the generated one of a pair, at each alpha.

They are what GANalyze shows in its Figures 5B (correct choices) and 7 (hits).
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy import special, stats
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.sandwich_covariance import cov_cluster_2groups

from mnemo import tables
from mnemo.results.people import trials as answered
from mnemo.statistics.means import Estimate

#: The measures of each kind of experiment, with the roles of the trials that they are about.
MEASURES: dict[str, dict[str, tuple[str, ...]]] = {
    "memory-game": {
        "hit_rate": ("repeat",),
        "false_alarm_rate": ("target",),
        "corrected": ("target", "repeat"),
    },
    "forced-choice": {"correct": ("target",)},
}

_OTHERS = (
    "the interval is for other participants and other images; one of 95 % covers 93 to 96 %, as "
    "simulated with 20 to 400 participants; null"
)
_FEW = "with fewer than two participants or two images"

HUMAN_RATES = tables.define(
    "How often people recognise images, or find the generated one of a pair, at each alpha",
    answered.EXPERIMENT,
    tables.field("edit", pa.string(), "name of the edit"),
    tables.field(
        "measure",
        pa.string(),
        "what is measured. In the memory game, hit_rate: the share of repeats of targets that are "
        "recognised; false_alarm_rate: the share of first presentations of targets that are taken "
        "for repeats; corrected: the hit rate minus the false-alarm rate. In the forced choice, "
        "correct: the share of pairs whose generated image is found, 0.5 by chance",
        limits="hit_rate, false_alarm_rate, corrected, correct",
    ),
    tables.field(
        "alpha",
        pa.float64(),
        "how far the edit moved the images",
        unit="length in the latent space of the edit; along a learned direction that of the score",
    ),
    answered.ANY_SIMULATED,
    tables.field("n_answers", pa.int64(), "number of answers"),
    tables.field("n_participants", pa.int64(), "number of participants"),
    tables.field("n_images", pa.int64(), "number of images"),
    *tables.estimate(
        "rate",
        f"the measure; {_OTHERS} {_FEW}, and if all of them answer alike",
        limits="0 to 1; corrected from -1 to 1",
    ),
    *tables.estimate(
        "difference",
        "the measure minus that at alpha 0, by the same participants where they saw images at "
        f"both; {_OTHERS} {_FEW}, and if all of them answer alike; null at alpha 0, and without "
        "answers at alpha 0",
        nullable=True,
    ),
)

#: Variances below are rounding.
_ROUNDING = 1e-15


def measure(trials: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Measure how often people press the key, or choose correctly (GANalyze, 3.3.2 and 3.4).

    Answers of a participant are alike, and so are answers to an image. The variance of a rate
    therefore has both clusters, crossed: that by participants, plus that by images, less that by
    both (Cameron, Gelbach & Miller, Journal of Business & Economic Statistics 29:238, 2011). The
    alphas of a seed are one cluster, so that a difference allows for what they have in common.
    Quantiles are those of t with the smaller number of clusters, less 1. Intervals of shares are
    computed from log odds, all others as they are.

    Args:
        trials: The columns of `TRIALS`, of series that count.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The columns of `HUMAN_RATES`, one row per experiment, edit, measure and alpha that has
        answers.
    """
    rows: list[dict[str, Any]] = []
    under_test = trials[trials["role"].isin(["target", "repeat"])]
    for (experiment, kind, edit), own in under_test.groupby(["experiment", "kind", "edit"]):
        again = own["role"] == "repeat"
        correct = own["correct"].astype(bool)
        answers = own.assign(
            again=again.astype(float),
            # In the memory game, yes is a press of the key; in the forced choice, a find.
            yes=(correct == again if kind == "memory-game" else correct).astype(float),
            of_participant=pd.factorize(own["participant"])[0],
            of_image=pd.factorize(own["image"])[0],
        )
        named = {"experiment": experiment, "edit": edit}
        for name, roles in MEASURES[str(kind)].items():
            named["measure"] = name
            rows += [named | row for row in _by_alpha(answers, roles, confidence)]
    return pd.DataFrame(rows, columns=HUMAN_RATES.names)


def _by_alpha(
    answers: pd.DataFrame, roles: tuple[str, ...], confidence: float
) -> Iterator[dict[str, Any]]:
    """Measure a rate, or the difference between the rates of two roles, at each alpha."""
    of_roles = answers[answers["role"].isin(roles)]
    alphas: list[float] = sorted(of_roles["alpha"].unique())
    by_alpha = {alpha: of_roles[of_roles["alpha"] == alpha] for alpha in alphas}
    parts = {alpha: own for alpha, own in by_alpha.items() if own["role"].nunique() == len(roles)}
    for alpha, own in parts.items():
        difference = Estimate()
        if alpha != 0 and 0 in parts:
            both = pd.concat([parts[0], own])
            design = _design(both, roles)
            moved = (both["alpha"] == alpha).to_numpy(np.float64)[:, None]
            difference = _last(both, np.hstack([design, design * moved]), confidence)
        rate = _last(own, _design(own, roles), confidence, share=len(roles) == 1)
        yield {
            "alpha": alpha,
            "simulated": own["simulated"].any(),
            "n_answers": len(own),
            "n_participants": own["of_participant"].nunique(),
            "n_images": own["of_image"].nunique(),
            **rate.columns("rate"),
            **difference.columns("difference"),
        }


def _design(answers: pd.DataFrame, roles: tuple[str, ...]) -> NDArray[np.float64]:
    """Return the predictors of a regression whose last coefficient is the measure: (n, roles)."""
    predictors = [np.ones(len(answers)), answers["again"].to_numpy(np.float64)]
    return np.column_stack(predictors[: len(roles)])


def _last(
    answers: pd.DataFrame,
    design: NDArray[np.float64],
    confidence: float,
    *,
    share: bool = False,
) -> Estimate:
    """Estimate the last coefficient of a regression of the answers.

    Args:
        answers: n answers, with the columns `yes`, `of_participant` and `of_image`.
        design: (n, predictors).
        confidence: Confidence of the interval.
        share: Whether the coefficient is a share, whose interval is within 0 and 1.

    Returns:
        The coefficient with its interval.
    """
    fit = OLS(answers["yes"].to_numpy(), design).fit()
    value = float(fit.params[-1])
    clusters = [answers[name].to_numpy() for name in ("of_participant", "of_image")]
    fewest = min(len(np.unique(each)) for each in clusters)
    if fewest < 2:
        return Estimate(value)
    crossed, *alone = (float(each[-1, -1]) for each in cov_cluster_2groups(fit, *clusters))
    # The crossed variance of few answers may be negative; it is at least that of one clustering.
    variance = crossed if crossed > _ROUNDING else max(alone)
    if variance < _ROUNDING:
        return Estimate(value)
    margin = stats.t.ppf((1 + confidence) / 2, fewest - 1) * np.sqrt(variance)
    if not share:
        return Estimate(value, value - margin, value + margin)
    margin /= value * (1 - value)
    low, high = special.expit(special.logit(value) + margin * np.array([-1, 1]))
    return Estimate(value, float(low), float(high))
