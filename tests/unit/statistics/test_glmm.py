"""Logistic mixed models are those of lme4."""

import shutil
import subprocess
import warnings
from io import StringIO

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import special
from tests.support.answers import crossed

from mnemo.errors import MnemoError
from mnemo.statistics import glmm

R = """
suppressMessages(library(lme4))
answers <- read.csv(file("stdin"))
tight <- glmerControl(optimizer = "bobyqa", tolPwrss = 1e-13)
fit <- glmer(hit ~ alpha + (1 | participant) + (1 | image), answers, binomial, tight)
fixed <- coef(summary(fit))["alpha", ]
spread <- as.data.frame(VarCorr(fit))
sd <- function(group) spread[spread$grp == group, "sdcor"]
cat(format(c(fixed[1:2], sd("participant"), sd("image"), -2 * logLik(fit)), digits = 12))
"""


@pytest.fixture(scope="module")
def answers():
    return crossed(seed=11, participants=60, targets=60, seeds=200)


def fitted(frame, *groups, **more):
    groups = groups or ("participant", "image")
    return glmm.logistic(frame["hit"], frame["alpha"], [frame[group] for group in groups], **more)


def test_as_many_answers_as_in_the_paper_give_the_fit_of_lme4():
    # lme4 1.1-31 with bobyqa and tolPwrss = 1e-10; Tjur's D from its predict().
    fit = fitted(crossed(seed=1, participants=395, targets=60, seeds=1500))
    assert fit.slope == pytest.approx(2.16940565, abs=1e-4)
    assert fit.standard_error == pytest.approx(0.11315703, abs=1e-4)
    assert fit.deviations == pytest.approx((0.70723584, 0.46384696), abs=1e-4)
    assert fit.deviance == pytest.approx(29729.554637, abs=1e-4)
    assert (fit.tjur, fit.tjur_fixed) == pytest.approx((0.14901615, 0.01843682), abs=1e-5)
    assert (fit.n, fit.levels, fit.singular) == (23700, (395, 7195), False)


def test_images_nested_in_seeds_give_the_fit_of_lme4(answers):
    # The same with tolPwrss = 1e-13, and hit ~ alpha + (1 | participant) + (1 | seed / image).
    fit = fitted(answers, "image", "participant", "seed")
    assert fit.slope == pytest.approx(1.66662148, abs=1e-4)
    assert fit.standard_error == pytest.approx(0.27423262, abs=1e-4)
    assert fit.deviations == pytest.approx((0.32733587, 0.69119765, 0.15892167), abs=1e-4)
    assert fit.deviance == pytest.approx(4525.80638317, abs=1e-4)
    assert (fit.tjur, fit.tjur_fixed) == pytest.approx((0.12840202, 0.01151133), abs=1e-5)


def test_the_fit_is_that_of_lme4_on_this_machine(answers):
    if shutil.which("Rscript") is None:
        pytest.skip("there is no R")
    columns = answers[["hit", "alpha", "participant", "image"]].to_csv(index=False)
    run = subprocess.run(
        ["Rscript", "-e", R], input=columns, capture_output=True, text=True, check=False
    )
    if "there is no package called" in run.stderr:
        pytest.skip("R has no lme4")
    slope, error, participant, image, deviance = np.loadtxt(StringIO(run.stdout))
    fit = fitted(answers)
    assert fit.slope == pytest.approx(slope, abs=1e-3)
    assert fit.standard_error == pytest.approx(error, abs=1e-3)
    assert fit.deviations == pytest.approx((participant, image), abs=1e-3)
    assert fit.deviance == pytest.approx(deviance, abs=1e-3)


@pytest.mark.parametrize("seed", range(8))
def test_small_designs_give_the_fit_of_the_glmm_package(seed):
    reference = pytest.importorskip("glmm")
    generator = np.random.default_rng(seed)
    participants, targets = generator.integers(3, 20), generator.integers(20, 60)
    drawn = crossed(seed, participants, targets, seeds=int(generator.integers(60, 200)))
    fit = fitted(drawn)
    formula = "hit ~ alpha + (1 | participant) + (1 | image)"
    with warnings.catch_warnings():
        # Some images do not differ.
        warnings.simplefilter("ignore")
        theirs = reference.fit(drawn, formula, family="binomial")
    assert fit.slope == pytest.approx(theirs.beta[1], abs=1e-3)
    assert fit.standard_error == pytest.approx(theirs.se[1], rel=1e-3)
    assert fit.deviations == pytest.approx(np.sqrt(theirs.tau2), abs=5e-3)
    assert fit.deviance == pytest.approx(theirs.deviance, abs=1e-4)
    assert fit.singular == theirs.singular


@pytest.mark.parametrize(
    "groups", [["image"], ["participant", "image"], ["image", "seed", "participant"]]
)
def test_the_gradient_is_the_derivative_of_the_deviance(answers, groups):
    drawn = answers[:600]
    coded = [np.unique(drawn[group], return_inverse=True)[1] for group in groups]
    coded.sort(key=lambda codes: -codes.max())
    design = np.column_stack([np.ones(len(drawn)), drawn["alpha"]])
    model = glmm._Model(drawn["hit"].to_numpy(float), design, coded)
    at = np.array([0.4, 1.5, 0.5, 0.7, 0.9][: 2 + len(groups)])
    gradient = model.evaluate(at).gradient
    for which, step in enumerate(1e-3 * np.eye(len(at))):
        above, below = (model.evaluate(at + sign * step).deviance for sign in (1, -1))
        assert gradient[which] == pytest.approx((above - below) / 2e-3, rel=1e-4)


def test_groups_that_do_not_differ_leave_a_logistic_regression():
    generator = np.random.default_rng(3)
    alpha = np.tile([-0.2, 0.2], 150)
    # The same hits of each participant, so that none differs.
    hit = np.tile(generator.random(30) < special.expit(0.6 + 2 * alpha[:30]), 10)
    fit = glmm.logistic(hit, alpha, [np.repeat(np.arange(10), 30)])
    theirs = sm.Logit(hit.astype(float), sm.add_constant(alpha)).fit(disp=0)
    assert fit.singular
    assert fit.deviations == (0,)
    assert (fit.intercept, fit.slope) == pytest.approx(tuple(theirs.params), rel=1e-5)
    assert fit.standard_error == pytest.approx(theirs.bse[1], rel=1e-5)
    assert fit.deviance == pytest.approx(-2 * theirs.llf)
    assert fit.p_value == pytest.approx(theirs.pvalues[1], rel=1e-4)
    low, high = theirs.conf_int(0.1)[1]
    narrower = glmm.logistic(hit, alpha, [np.repeat(np.arange(10), 30)], confidence=0.9)
    assert (narrower.low, narrower.high) == pytest.approx((low, high), rel=1e-5)
    discriminated = theirs.predict()[hit].mean() - theirs.predict()[~hit].mean()
    assert (fit.tjur, fit.tjur_fixed) == pytest.approx((discriminated, discriminated))


def test_the_slope_is_per_unit_of_the_predictor_whatever_the_levels_are_called(answers):
    drawn = answers[:1200]
    fit = fitted(drawn)
    moved = drawn.assign(
        alpha=5 + 100 * drawn["alpha"],
        image=drawn["image"].map("image {}".format),
        hit=drawn["hit"] == 1,
    )
    scaled = fitted(moved, "image", "participant")
    assert 100 * scaled.slope == pytest.approx(fit.slope, rel=1e-4)
    assert 100 * scaled.high == pytest.approx(fit.high, rel=1e-4)
    assert scaled.intercept + 5 * scaled.slope == pytest.approx(fit.intercept, rel=1e-4)
    assert scaled.deviations == pytest.approx(fit.deviations[::-1], rel=1e-4)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"hit": 1}, "All 600 answers are alike"),
        ({"alpha": 0.1}, "The predictor is 0.1 in all 600 answers"),
        ({"hit": lambda frame: frame["alpha"] > 0.05}, "separates the answers"),
        ({"hit": lambda frame: frame["alpha"] < -0.15}, "separates the answers"),
        ({"hit": lambda frame: frame["participant"] % 2}, "nearly all alike"),
        ({"participant": 1}, "one level only"),
    ],
)
def test_a_model_without_an_estimate_is_refused(answers, change, why):
    with pytest.raises(MnemoError, match=why):
        fitted(answers[:600].assign(**change))


@pytest.mark.parametrize(
    "change", [{"hit": 2}, {"hit": np.nan}, {"alpha": np.nan}, {"alpha": np.inf}]
)
def test_values_that_are_missing_or_no_answers_are_refused(answers, change):
    with pytest.raises(ValueError, match="must be 0 or 1"):
        fitted(answers[:600].assign(**change))


def test_arrays_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="same length"):
        glmm.logistic([0, 1, 1], [1, 2, 3], [[0, 1]])
