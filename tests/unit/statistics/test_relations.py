"""Relations of scores to a predictor: against statsmodels, and against `mixed.slope` for alpha."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from tests.data.responses import PAPER_ALPHAS, PAPER_MEANS, lose, respond

from mnemo.errors import MnemoError
from mnemo.statistics import mixed, relations


def related(images=80, alphas=5, slope=0.5, own=0.3, noise=1.0, seed=0):
    """Scores that follow a factor, which differs by image and follows alpha."""
    generator = np.random.default_rng(seed)
    alpha = np.tile(np.linspace(-2, 2, alphas), (images, 1))
    factor = 5 + 2 * generator.standard_normal((images, 1))
    factor = factor + generator.normal(1, 0.5, alpha.shape) * alpha
    slopes = slope + own * generator.standard_normal((images, 1))
    score = generator.standard_normal((images, 1)) + slopes * factor
    score = score + noise * generator.standard_normal(alpha.shape)
    image = np.repeat([f"{each:07d}" for each in range(images)], alphas)
    columns = {"alpha": alpha, "factor": factor, "score": score}
    return pd.DataFrame({"image": image, **{name: each.ravel() for name, each in columns.items()}})


def error(frame, fitted, effects):
    """Return the slope's standard error for variances that statsmodels fitted.

    Its own is from the likelihood's curvature, which differs where a variance is about 0.
    """
    information = np.zeros((2, 2))
    for _, rows in frame.groupby("image"):
        design = np.column_stack([np.ones(len(rows)), rows["factor"]])
        random = design[:, :effects]
        between = random @ np.asarray(fitted.cov_re) @ random.T
        covariance = between + fitted.scale * np.eye(len(rows))
        information += design.T @ np.linalg.solve(covariance, design)
    return np.sqrt(np.linalg.inv(information)[1, 1])


@pytest.mark.parametrize("own", [0.3, 0], ids=["slopes differ", "slopes alike"])
@pytest.mark.parametrize("lost", [0, 0.3])
def test_a_relation_is_that_of_statsmodels(own, lost):
    frame = lose(related(own=own, seed=1), lost).dropna()
    result = relations.slope(frame, "factor")
    scale = frame["factor"].std()
    # statsmodels fits predictors of another scale less closely.
    scaled = frame.assign(factor=(frame["factor"] - frame["factor"].mean()) / scale)
    random_slope = result.model == "score ~ factor + (factor | image)"
    assert random_slope or result.model == "score ~ factor + (1 | image)"
    assert random_slope or not own
    model = smf.mixedlm(
        "score ~ factor", scaled, groups="image", re_formula="~factor" if random_slope else "~1"
    )
    theirs = model.fit(reml=True)
    assert result.n == frame["image"].nunique()
    assert result.slope * scale == pytest.approx(theirs.params["factor"], rel=1e-4)
    expected = error(scaled, theirs, 1 + random_slope)
    assert result.standard_error * scale == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("lost", [0, 0.2])
@pytest.mark.parametrize("own", [0, 0.01])
def test_the_relation_to_alpha_is_the_slope_over_alpha(lost, own):
    frame = respond(60, PAPER_ALPHAS, PAPER_MEANS, noise=0.02)
    each = pd.Series(np.random.default_rng(1).normal(0, own, 60), frame["image"].unique())
    frame["score"] += frame["image"].map(each) * frame["alpha"]
    frame = lose(frame, lost)
    expected, found = mixed.slope(frame), relations.slope(frame.dropna(), "alpha")
    assert found.model == expected.model
    for name in ("n", "freedom"):
        assert getattr(found, name) == getattr(expected, name)
    for name in ("slope", "low", "high", "standard_error"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-3)


@pytest.mark.parametrize("factor", [1e-4, 1e4])
def test_a_relation_follows_the_units_of_score_and_predictor(factor):
    frame = related(30)
    plain = relations.slope(frame, "factor")
    scaled = relations.slope(frame.assign(score=frame["score"] * factor + 3), "factor")
    assert scaled.slope == pytest.approx(factor * plain.slope, rel=1e-5)
    stretched = relations.slope(frame.assign(factor=frame["factor"] * factor - 7), "factor")
    assert stretched.slope == pytest.approx(plain.slope / factor, rel=1e-5)
    assert stretched.p_value == pytest.approx(plain.p_value, rel=1e-3)


def test_two_alphas_have_a_random_intercept_alone():
    assert relations.slope(related(alphas=2), "factor").model == "score ~ factor + (1 | image)"


@pytest.mark.parametrize(
    "frame",
    [
        related(1),
        related().groupby("image").head(1),
        related().assign(factor=1.0),
        related().assign(score=0.0),
        related(noise=0),
        related(4, alphas=2).assign(factor=[-1.0, 0.0] * 4, score=np.repeat([0, 1e-9, 0, 1e6], 2)),
    ],
    ids=["one image", "one row each", "one value", "one score", "no noise", "no change"],
)
def test_a_relation_that_nothing_determines_is_refused(frame):
    with pytest.raises(MnemoError, match="factor"):
        relations.slope(frame, "factor")
