"""Slopes: against statsmodels, closed forms and the restricted likelihood written out."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import optimize, stats
from tests.data.responses import PAPER_ALPHAS, PAPER_MEANS, lose, respond

from mnemo.errors import MnemoError
from mnemo.statistics import mixed


def test_the_slope_of_a_balanced_design_is_that_within_images():
    """There the fixed slope is ordinary least squares on scores centred within each image."""
    frame = respond(200, [-3, 3], [0.2256, 0.3454], noise=0.03)
    result = mixed.slope(frame)
    assert result.model == "score ~ alpha + (1 | image)"
    score = frame["score"] - frame.groupby("image")["score"].transform("mean")
    alpha = frame["alpha"]
    expected = (score @ alpha) / (alpha @ alpha)
    residual = ((score - expected * alpha) ** 2).sum() / (len(frame) - 200 - 1)
    error = np.sqrt(residual / (alpha @ alpha))
    assert result.n == 200
    assert result.slope == pytest.approx(expected)
    # Of the differences of the pairs, it is the t interval.
    pairs = frame.pivot(index="image", columns="alpha", values="score")
    theirs = stats.ttest_rel(pairs[3], pairs[-3])
    assert result.standard_error == pytest.approx(error, rel=1e-4)
    ends = np.array(theirs.confidence_interval()) / 6
    assert (result.low, result.high) == pytest.approx(tuple(ends), rel=1e-4)
    assert result.p_value == pytest.approx(theirs.pvalue, rel=1e-2)


def test_images_that_respond_differently_widen_the_interval_of_the_slope():
    """In a balanced design it is that of the mean of the images' own least-squares slopes."""
    frame = respond(80, PAPER_ALPHAS, PAPER_MEANS, noise=0.02)
    own = pd.Series(np.random.default_rng(1).normal(0, 0.01, 80), frame["image"].unique())
    frame["score"] += frame["image"].map(own) * frame["alpha"]
    result = mixed.slope(frame)
    wide = frame.pivot(index="alpha", columns="image", values="score")
    slopes = np.polyfit(wide.index.to_numpy(), wide.to_numpy(), 1)[0]
    assert result.model == "score ~ alpha + (alpha | image)"
    assert result.slope == pytest.approx(slopes.mean())
    error = stats.sem(slopes)
    theirs = stats.t.interval(0.95, 79, slopes.mean(), error)
    assert (result.low, result.high) == pytest.approx(theirs, rel=1e-2)


@pytest.mark.parametrize("noise", [1e-4, 1e-2, 0.1])
def test_images_that_respond_alike_leave_no_slope_without_its_interval(noise):
    result = mixed.slope(respond(50, PAPER_ALPHAS, PAPER_MEANS, noise=noise))
    assert result.low < result.slope < result.high


def reml(frame):
    """Slope and standard error from the restricted likelihood, written out with full matrices."""
    design = np.column_stack([np.ones(len(frame)), frame["alpha"]])
    same = (frame["image"].to_numpy()[:, None] == frame["image"].to_numpy()).astype(float)
    score = frame["score"].to_numpy()

    def solve(log_variances):
        between, within = np.exp(log_variances)
        inverse = np.linalg.inv(between * same + within * np.eye(len(frame)))
        information = design.T @ inverse @ design
        fixed = np.linalg.solve(information, design.T @ inverse @ score)
        return inverse, information, fixed

    def loss(log_variances):
        inverse, information, fixed = solve(log_variances)
        residual = score - design @ fixed
        determinants = np.linalg.slogdet(information)[1] - np.linalg.slogdet(inverse)[1]
        return determinants + residual @ inverse @ residual

    best = optimize.minimize(loss, [-4, -6], method="Nelder-Mead", options={"xatol": 1e-7}).x
    _, information, fixed = solve(best)
    return fixed[1], np.sqrt(np.linalg.inv(information)[1, 1])


def test_the_slope_with_faces_missing_maximises_the_restricted_likelihood():
    frame = lose(respond(60, [-2, 2], [0.76, 0.86], noise=0.05), 0.3)
    result = mixed.slope(frame)
    expected, error = reml(frame.dropna())
    assert result.slope == pytest.approx(expected, rel=1e-5)
    assert result.standard_error == pytest.approx(error, rel=1e-3)


@pytest.mark.parametrize(("lost", "alphas"), [(0.3, PAPER_ALPHAS), (0.2, [0, 1])])
def test_the_slope_is_that_of_statsmodels(lost, alphas):
    frame = respond(150, alphas, np.linspace(0.2, 0.5, len(alphas)), noise=0.03, seed=4)
    own = pd.Series(np.random.default_rng(5).normal(0, 0.01, 150), frame["image"].unique())
    frame["score"] += frame["image"].map(own) * frame["alpha"]
    frame = lose(frame, lost)
    result = mixed.slope(frame)
    # Where the scores' variances are near 0, statsmodels stops short of the optimum.
    scaled = frame.dropna().eval("score = 100 * score")
    effects = "~alpha" if len(alphas) > 2 else "~1"
    model = smf.mixedlm("score ~ alpha", scaled, groups=scaled["image"], re_formula=effects)
    theirs = model.fit(reml=True)
    assert result.model == f"score ~ alpha + ({effects[1:]} | image)"
    assert result.slope == pytest.approx(theirs.params["alpha"] / 100, rel=1e-4)
    assert result.standard_error == pytest.approx(theirs.bse["alpha"] / 100, rel=1e-3)


def test_where_images_respond_alike_the_model_may_have_an_intercept_alone():
    frame = respond(50, PAPER_ALPHAS, PAPER_MEANS, noise=0)
    # Each image strays from its line, and at every alpha as far up as down: its slope stays.
    within = np.tile([0.01, -0.01, -0.01, 0.02, -0.01, -0.01, 0.01], 50)
    flipped = np.repeat(np.resize([1, -1], 50), 7)
    result = mixed.slope(frame.assign(score=frame["score"] + within * flipped))
    assert result.model == "score ~ alpha + (1 | image)"
    assert result.low < result.slope < result.high


@pytest.mark.parametrize("factor", [1e-3, 1, 1e3])
def test_the_slope_follows_the_units_of_score_and_alpha(factor):
    frame = lose(respond(30, [-1, 1], [0.2, 0.4], noise=0.05), 0.1)
    plain = mixed.slope(frame)
    scaled = mixed.slope(frame.assign(score=frame["score"] * factor))
    assert scaled.slope == pytest.approx(factor * plain.slope)
    assert scaled.low == pytest.approx(factor * plain.low)
    stretched = mixed.slope(frame.assign(alpha=frame["alpha"] * factor))
    assert stretched.slope == pytest.approx(plain.slope / factor)
    assert stretched.p_value == pytest.approx(plain.p_value)


def test_a_flat_response_has_a_slope_whose_interval_contains_0():
    generator = np.random.default_rng(2)
    frame = respond(50, [-1, 0, 1], [0.5, 0.5, 0.5])
    result = mixed.slope(frame.assign(score=frame["score"] + generator.normal(0, 0.1, 150)))
    assert result.low < 0 < result.high
    assert result.p_value > 0.05


@pytest.mark.parametrize(
    ("frame", "wrong"),
    [
        (respond(5, [0], [0.5]), "1 alphas"),
        (respond(5, [0, 1], [0.5, 0.6]).head(2), "1 images"),
        (respond(5, [0, 1], [0.5, 0.6]).iloc[[0, 3]], "0 images at two alphas"),
        (respond(5, [-1, 0, 1], [0.5, 0.6, 0.7]).iloc[[0, 4, 8]], "0 images at two alphas"),
        (lose(respond(5, [0, 1], [0.5, 0.6]), 1), "0 alphas"),
    ],
)
def test_a_slope_that_nothing_determines_is_refused(frame, wrong):
    with pytest.raises(MnemoError, match=wrong):
        mixed.slope(frame)


@pytest.mark.parametrize("alphas", [[0, 1], [-1, 0, 1]])
@pytest.mark.parametrize("spread", [0, 0.1])
@pytest.mark.parametrize("score", [0.1, 0, 7e5])
def test_images_whose_scores_do_not_depend_on_alpha_have_a_slope_of_0(alphas, spread, score):
    frame = respond(7, alphas, [score] * len(alphas), spread=spread)
    for each in (frame, lose(frame, 0.2), frame.assign(score=frame["score"].astype(np.float32))):
        result = mixed.slope(each)
        assert (result.slope, result.low, result.high, result.p_value) == (0, 0, 0, 1)


@pytest.mark.parametrize("noise", [0, 1e-12, 1e-6, 1e-4, 1e-3])
def test_images_on_lines_of_their_own_have_the_mean_of_their_slopes(noise):
    """However little noise there is, the interval is that of the slopes."""
    generator = np.random.default_rng(0)
    own = generator.normal(1, 0.3, 40)
    frame = respond(40, [-2, -1, 0, 2], [0, 0, 0, 0], noise=noise)
    frame["score"] += np.repeat(own, 4) * frame["alpha"]
    result = mixed.slope(frame)
    assert result.model == "score ~ alpha + (alpha | image)"
    assert result.slope == pytest.approx(own.mean(), rel=1e-3)
    assert result.standard_error == pytest.approx(stats.sem(own), rel=1e-2)
    assert result.high - result.slope == pytest.approx(
        stats.t.ppf(0.975, 39) * stats.sem(own), rel=1e-2
    )


def test_images_on_parallel_lines_have_their_slope():
    result = mixed.slope(respond(7, [-1, 0, 1], [0.1, 0.3, 0.5]))
    assert (result.slope, result.low, result.high) == pytest.approx((0.2, 0.2, 0.2))
    assert result.model == "score ~ alpha + (1 | image)"


def test_one_image_at_two_alphas_shows_a_slope_but_not_its_error():
    frame = respond(4, [0, 1], [0.5, 0.6], noise=0.01).drop(index=[2, 4, 6])
    result = mixed.slope(frame)
    assert result.slope == pytest.approx(frame["score"].diff().iloc[1], rel=0.01)
    assert np.isnan([result.low, result.high, result.p_value]).all()


def test_random_slopes_need_an_image_with_scores_at_three_alphas():
    """With two scores each, every image has a line of its own, and none has noise."""
    frame = respond(30, [-1, 0, 1], [0.4, 0.5, 0.6], noise=0.05)
    third = np.tile(np.arange(3), 30)
    two_each = frame[third != np.repeat(np.arange(30) % 3, 3)]
    result = mixed.slope(two_each)
    assert result.model == "score ~ alpha + (1 | image)"
    expected, error = reml(two_each)
    assert result.slope == pytest.approx(expected, rel=1e-4)
    assert result.standard_error == pytest.approx(error, rel=1e-2)
