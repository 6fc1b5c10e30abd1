"""Statistics: against SciPy, statsmodels, closed forms, and the numbers of paper 1's authors."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import optimize, stats
from statsmodels.stats.weightstats import DescrStatsW

from mnemo import statistics, tables
from mnemo.errors import MnemoError
from mnemo.results import agreement, dose_response, schemas
from mnemo.statistics import mixed, ranks

# Mean scores of 10,000 oval faces, from the outputs of paper 1's authors' notebook.
PAPER_ALPHAS = [-9, -6, -3, 0, 3, 6, 9]
PAPER_MEANS = [0.1641, 0.1891, 0.2256, 0.2728, 0.3454, 0.4245, 0.5011]


def respond(images, alphas, means, spread=0.1, noise=0.0, seed=0):
    """Scores of images that differ by an offset each, with these mean scores exactly."""
    generator = np.random.default_rng(seed)
    offsets = stats.zscore(generator.standard_normal(images)) * spread
    residuals = noise * generator.standard_normal((images, len(alphas)))
    residuals -= residuals.mean(axis=0)
    return pd.DataFrame(
        {
            "image": np.repeat([f"{seed:07d}" for seed in range(images)], len(alphas)),
            "alpha": np.tile(np.asarray(alphas, float), images),
            "score": (np.asarray(means) + offsets[:, None] + residuals).ravel(),
        }
    )


def lose(frame, share, seed=0):
    """Remove the scores of a share of the rows, as of faces not found."""
    lost = np.random.default_rng(seed).random(len(frame)) < share
    return frame.assign(score=frame["score"].mask(lost))


def two_scores(n, seed=0, shared=1.0):
    generator = np.random.default_rng(seed)
    a = generator.standard_normal(n)
    return a, shared * a + generator.standard_normal(n)


# Agreement


def test_agreement_is_scipys():
    a, b = two_scores(300)
    b = np.round(b, 1)
    result = ranks.agreement(a, b, resamples=50)
    assert result.n == 300
    assert result.spearman == stats.spearmanr(a, b).statistic
    assert result.kendall == stats.kendalltau(a, b).statistic


def test_the_intervals_are_those_of_scipys_paired_bootstrap():
    a, b = two_scores(200)
    result = ranks.agreement(a, b, resamples=3000)
    for name, correlate in (("spearman", stats.spearmanr), ("kendall", stats.kendalltau)):
        theirs = stats.bootstrap(
            (a, b),
            lambda a, b, correlate=correlate: correlate(a, b).statistic,
            paired=True,
            vectorized=False,
            n_resamples=3000,
            method="percentile",
            rng=1,
        ).confidence_interval
        assert getattr(result, f"{name}_low") == pytest.approx(theirs.low, abs=0.01)
        assert getattr(result, f"{name}_high") == pytest.approx(theirs.high, abs=0.01)


def test_the_interval_of_agreement_has_the_width_that_theory_gives():
    a, b = two_scores(2000)
    result = ranks.agreement(a, b, resamples=500)
    # Bonett and Wright (2000): standard error of Spearman's correlation after Fisher's z.
    error = np.sqrt((1 + result.spearman**2 / 2) / (2000 - 3))
    centre = np.arctanh(result.spearman)
    assert np.arctanh(result.spearman_low) == pytest.approx(centre - 1.96 * error, abs=0.01)
    assert np.arctanh(result.spearman_high) == pytest.approx(centre + 1.96 * error, abs=0.01)


def test_resamples_of_fewer_images_than_there_are_give_the_same_interval(monkeypatch):
    a, b = two_scores(2000)
    whole = ranks.agreement(a, b, resamples=600)
    monkeypatch.setattr(statistics, "RESAMPLED", 200)
    bounded = ranks.agreement(a, b, resamples=600)
    assert (bounded.n, bounded.spearman, bounded.kendall) == (2000, whole.spearman, whole.kendall)
    for name in ("spearman_low", "spearman_high", "kendall_low", "kendall_high"):
        # The ends are 0.02 to 0.03 from the correlation, and at 200 images would be 0.07 to 0.09.
        assert getattr(bounded, name) == pytest.approx(getattr(whole, name), abs=0.008)


def test_a_higher_confidence_widens_the_interval():
    a, b = two_scores(100)
    narrow = ranks.agreement(a, b, resamples=200, confidence=0.8)
    wide = ranks.agreement(a, b, resamples=200, confidence=0.99)
    assert wide.spearman_low < narrow.spearman_low < narrow.spearman_high < wide.spearman_high
    assert wide.kendall_low < narrow.kendall_low < narrow.kendall_high < wide.kendall_high


different = arrays(int, 12, elements=st.integers(-20, 20)).filter(lambda x: len(set(x)) > 7)


@settings(deadline=None, max_examples=25)
@given(a=different, b=different, slope=st.integers(1, 9))
def test_agreement_does_not_change_under_monotone_transforms(a, b, slope):
    plain = ranks.agreement(a, b, resamples=20)
    assert ranks.agreement(slope * a - 7, b**3, resamples=20) == plain


@settings(deadline=None, max_examples=25)
@given(a=different, b=different)
def test_reversing_a_score_mirrors_its_agreement(a, b):
    plain = ranks.agreement(a, b, resamples=20)
    mirrored = ranks.agreement(a, -b, resamples=20)
    assert mirrored.spearman == pytest.approx(-plain.spearman)
    assert mirrored.spearman_low == pytest.approx(-plain.spearman_high)
    assert mirrored.kendall_high == pytest.approx(-plain.kendall_low)


def test_images_without_one_of_the_scores_are_left_out():
    a, b = two_scores(50)
    with_gaps = np.r_[a, np.nan, 1.0, np.nan], np.r_[b, 2.0, np.nan, np.nan]
    assert ranks.agreement(*with_gaps, resamples=20) == ranks.agreement(a, b, resamples=20)


def test_scores_without_ranks_are_refused():
    with pytest.raises(MnemoError, match="1 and 4 different values"):
        ranks.agreement([1, 1, 1, 1], [1, 2, 3, 4])
    with pytest.raises(MnemoError, match="2 images have both scores"):
        ranks.agreement([1, 2, 3, np.nan], [1, 2, np.nan, 4])
    with pytest.raises(MnemoError, match="0 images have both scores"):
        ranks.agreement([1, np.nan], [np.nan, 4])


# Dose and response


def test_the_dose_response_is_the_mean_with_its_t_interval():
    frame = lose(respond(40, PAPER_ALPHAS, PAPER_MEANS, noise=0.02), 0.2)
    table = dose_response.dose_response(frame, confidence=0.9)
    assert table["alpha"].tolist() == PAPER_ALPHAS
    for row in table.itertuples():
        scores = frame.loc[frame["alpha"] == row.alpha, "score"].dropna()
        assert row.n == len(scores)
        assert row.mean == pytest.approx(scores.mean())
        theirs = DescrStatsW(scores).tconfint_mean(alpha=0.1)
        assert (row.low, row.high) == pytest.approx(theirs)


def test_an_alpha_whose_scores_are_equal_has_an_interval_of_no_width():
    table = dose_response.dose_response(respond(5, [0, 1], [0.5, 0.6], spread=0))
    assert table["low"].tolist() == table["high"].tolist() == table["mean"].tolist()


# Slope


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
    assert result.low == pytest.approx(expected - 1.959964 * error, rel=1e-4)
    assert result.high == pytest.approx(expected + 1.959964 * error, rel=1e-4)
    assert result.p_value == pytest.approx(2 * stats.norm.sf(expected / error), abs=1e-12)


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
    assert result.low == pytest.approx(slopes.mean() - 1.959964 * error, rel=1e-2)
    assert result.high == pytest.approx(slopes.mean() + 1.959964 * error, rel=1e-2)


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
    assert result.high - result.slope == pytest.approx(1.959964 * error, rel=1e-3)


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
    low, high = theirs.conf_int().loc["alpha"] / 100
    assert result.model == f"score ~ alpha + ({effects[1:]} | image)"
    assert result.slope == pytest.approx(theirs.params["alpha"] / 100, rel=1e-4)
    assert (result.low, result.high) == pytest.approx((low, high), rel=1e-3)


def test_where_images_respond_alike_the_model_may_have_an_intercept_alone():
    frame = respond(50, PAPER_ALPHAS, PAPER_MEANS, noise=0)
    # Each image strays from its line, and at every alpha as far up as down: its slope stays.
    within = np.tile([0.01, -0.01, -0.01, 0.02, -0.01, -0.01, 0.01], 50)
    flipped = np.repeat(np.resize([1, -1], 50), 7)
    result = mixed.slope(frame.assign(score=frame["score"] + within * flipped))
    assert result.model == "score ~ alpha + (1 | image)"
    assert result.low < result.slope < result.high


def test_calibrating_on_fewer_images_than_there_are_gives_the_same_interval(monkeypatch):
    frame = respond(800, PAPER_ALPHAS, PAPER_MEANS, noise=0.1)
    whole = dose_response.calibrate(frame, [0.1], resamples=600)
    monkeypatch.setattr(statistics, "RESAMPLED", 80)
    bounded = dose_response.calibrate(frame, [0.1], resamples=600)
    assert bounded["alpha"][0] == whole["alpha"][0]
    width = whole["high"][0] - whole["low"][0]
    for end in ("low", "high"):
        assert bounded[end][0] == pytest.approx(whole[end][0], abs=0.15 * width)


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
        (respond(5, [0, 1], [0.5, 0.5], spread=0), "1 different scores"),
        (lose(respond(5, [0, 1], [0.5, 0.6]), 1), "0 alphas"),
    ],
)
def test_a_slope_that_nothing_determines_is_refused(frame, wrong):
    with pytest.raises(MnemoError, match=wrong):
        mixed.slope(frame)


def test_local_slopes_are_paired_over_images():
    frame = lose(respond(60, PAPER_ALPHAS, PAPER_MEANS, spread=5, noise=0.02), 0.15)
    table = dose_response.local_slopes(frame)
    wide = frame.pivot_table(index="image", columns="alpha", values="score")
    assert table["alpha_low"].tolist() == PAPER_ALPHAS[:-1]
    assert table["alpha_high"].tolist() == PAPER_ALPHAS[1:]
    for row in table.itertuples():
        rises = (wide[row.alpha_high] - wide[row.alpha_low]).dropna()
        theirs = stats.ttest_rel(wide[row.alpha_high], wide[row.alpha_low], nan_policy="omit")
        assert row.n == len(rises) < 60
        assert row.slope == pytest.approx(rises.mean() / 3)
        assert (row.low, row.high) == pytest.approx(np.array(theirs.confidence_interval()) / 3)


def test_local_slopes_show_that_the_papers_response_is_not_linear():
    table = dose_response.local_slopes(respond(30, PAPER_ALPHAS, PAPER_MEANS))
    np.testing.assert_allclose(
        table["slope"], [0.0083, 0.0122, 0.0157, 0.0242, 0.0264, 0.0255], atol=1e-4
    )


# Calibration


def test_calibration_inverts_the_papers_response():
    frame = respond(20, PAPER_ALPHAS, PAPER_MEANS)
    changes = [-0.0472, 0, 0.0726, 0.11, 0.2283, 0.23, -0.2]
    table = dose_response.calibrate(frame, changes, resamples=20)
    assert table["change"].tolist() == changes
    between = 3 + 3 * (0.11 - 0.0726) / (0.4245 - 0.3454)
    np.testing.assert_allclose(table["alpha"][:5], [-3, 0, 3, between, 9], atol=1e-9)
    assert table["alpha"][5:].isna().all()
    assert table[["low", "high"]][5:].isna().all(axis=None)


rises = st.lists(st.floats(0.01, 1), min_size=4, max_size=4)


@settings(deadline=None, max_examples=50)
@given(rises=rises, share=st.floats(0, 1), falling=st.booleans())
def test_the_alpha_found_gives_the_change_wanted(rises, share, falling):
    means = np.cumsum([0, *rises]) * (-1 if falling else 1)
    alphas = [-0.2, -0.1, 0, 0.1, 0.2]
    response = means - means[2]
    wanted = response[0] + share * (response[-1] - response[0])
    found = dose_response.calibrate(respond(5, alphas, means), [wanted], resamples=2)["alpha"][0]
    if np.isnan(found):
        # Rounding can put the change of an outermost alpha just beyond it.
        assert share == pytest.approx(round(share))
    else:
        assert np.interp(found, alphas, response) == pytest.approx(wanted, abs=1e-9)


def test_a_response_that_turns_back_is_inverted_next_to_0_only():
    frame = respond(5, [-2, -1, 0, 1, 2, 3], [0.3, 0.1, 0.2, 0.4, 0.3, 0.9])
    table = dose_response.calibrate(frame, [-0.1, 0.1, 0.15, 0.2, 0.5, -0.15], resamples=2)
    np.testing.assert_allclose(table["alpha"], [-1, 0.5, 0.75, 1, np.nan, np.nan], atol=1e-9)


def test_a_response_with_its_peak_at_0_can_only_be_lowered():
    table = dose_response.calibrate(
        respond(5, [-1, 0, 1], [0.1, 0.5, 0.4]), [-0.2, 0, 0.1], resamples=2
    )
    np.testing.assert_allclose(table["alpha"], [-0.5, 0, np.nan])


def test_the_interval_of_a_calibrated_alpha_is_that_of_the_delta_method():
    frame = respond(400, [-4, -2, 0, 2, 4], [0.6, 0.7, 0.8, 0.9, 1.0], spread=2, noise=0.1)
    (found,) = dose_response.calibrate(frame, [0.15], resamples=2000).itertuples()
    wide = frame.pivot_table(index="image", columns="alpha", values="score")
    # At 3, halfway between 2 and 4, where the response rises by 0.05 per unit of alpha.
    error = ((wide[2.0] + wide[4.0]) / 2 - wide[0.0]).sem() / 0.05
    assert found.alpha == pytest.approx(3)
    assert found.low == pytest.approx(3 - 1.96 * error, abs=0.03)
    assert found.high == pytest.approx(3 + 1.96 * error, abs=0.03)


def test_an_end_of_the_interval_beyond_the_range_is_missing():
    frame = respond(50, [-1, 0, 1], [0.4, 0.5, 0.6], noise=0.1)
    (found,) = dose_response.calibrate(frame, [0.099]).itertuples()
    assert found.alpha == pytest.approx(0.99)
    assert found.low < 0.99
    assert np.isnan(found.high)


def test_calibration_compares_each_image_with_itself():
    """Easy faces lost at high alpha would raise a difference of means, and change nothing here."""
    frame = respond(100, [0, 1, 2], [0.5, 0.6, 0.7], spread=1)
    lost = (frame["alpha"] == 2) & (frame["score"] > 0.7)
    table = dose_response.calibrate(frame.assign(score=frame["score"].mask(lost)), [0.15])
    np.testing.assert_allclose(table[["alpha", "low", "high"]], [[1.5, 1.5, 1.5]])


def test_calibration_without_alpha_0_is_refused():
    with pytest.raises(MnemoError, match="alpha 0"):
        dose_response.calibrate(respond(5, [1, 2], [0.5, 0.6]), [0.1])


def test_a_score_given_twice_is_refused():
    frame = respond(3, [0, 1], [0.5, 0.6])
    with pytest.raises(ValueError, match="duplicate"):
        dose_response.calibrate(pd.concat([frame, frame]), [0.05])


@pytest.mark.parametrize("found", [0, 1, 2])
def test_a_shape_with_hardly_any_face_is_measured_as_far_as_it_goes(found):
    """The squares' results must not be lost because no oval was found."""
    generator = np.random.default_rng(0)
    rows = [
        {
            "edit": "memorable",
            "assessor": "resmem",
            "shape": shape,
            "alpha": alpha,
            "image": str(image),
            "score": 0.8 + 0.02 * alpha + generator.normal(0, 0.01),
        }
        for shape in ("square", "oval")
        for alpha in (-1.0, 0.0, 1.0)
        for image in range(20 if shape == "square" else 3)
        if shape == "square" or alpha == 0 or image < found
    ]
    measured = dose_response.responses(pd.DataFrame(rows), [0.01], resamples=100)
    for name, frame in measured.items():
        assert tables.conform(frame, schemas.of(name), name)
        squares = frame[frame["shape"] == "square"].drop(columns=["model"], errors="ignore")
        assert squares.notna().all(axis=None), name
    ovals = measured["dose_response"].query("shape == 'oval'").set_index("alpha")
    assert ovals["n"].to_dict() == {-1.0: found, 0.0: 3, 1.0: found}
    assert (measured["slopes"].query("shape == 'oval'")["slope"].isna() == (found == 0)).all()


def test_every_pair_of_assessor_and_shape_is_compared_once():
    scores = pd.DataFrame(
        {
            "assessor": np.repeat(["a", "b"], 40),
            "shape": np.tile(np.repeat(["square", "oval"], 20), 2),
            "image": np.tile([str(i) for i in range(20)], 4),
            "score": np.random.default_rng(0).normal(size=80),
        }
    )
    pairs = agreement.measure(scores, resamples=50)
    assert len(pairs) == 6
    row = pairs.query("assessor_a == 'a' and shape_a == 'oval' and assessor_b == 'b'").iloc[0]
    a = scores.query("assessor == 'a' and shape == 'oval'")["score"].to_numpy()
    b = scores.query("assessor == 'b'").query(f"shape == '{row['shape_b']}'")["score"].to_numpy()
    assert row["spearman"] == pytest.approx(stats.spearmanr(a, b).statistic)
    alone = agreement.measure(scores.query("assessor == 'a' and shape == 'oval'"))
    assert alone.empty
    assert list(alone.columns) == list(pairs.columns)


def test_agreements_are_those_of_pandas_over_the_images_that_each_pair_has():
    """Ovals without a face leave out their images from the pairs they are in, and no other."""
    generator = np.random.default_rng(0)
    shared = generator.standard_normal(120)
    parts = []
    for number, (assessor, shape) in enumerate(product("abc", ("oval", "square"))):
        score = number * shared + generator.standard_normal(120)
        found = generator.random(120) > (0.3 if shape == "oval" else 0)
        part = pd.DataFrame({"image": np.arange(120).astype(str), "score": score.round(1)})
        parts.append(part[found].assign(assessor=assessor, shape=shape))
    scores = pd.concat(parts, ignore_index=True)
    wide = scores.pivot(index="image", columns=["assessor", "shape"], values="score")
    pairs = agreement.measure(scores.sample(frac=1, random_state=0), resamples=20)
    assert len(pairs) == 15
    tables.conform(pairs, agreement.AGREEMENT)
    spearman, kendall = wide.corr(method="spearman"), wide.corr(method="kendall")
    for row in pairs.itertuples():
        a, b = (row.assessor_a, row.shape_a), (row.assessor_b, row.shape_b)
        assert row.n == len(wide[[a, b]].dropna())
        assert (row.n < 120) == ("oval" in (row.shape_a, row.shape_b))
        assert row.spearman == pytest.approx(spearman.loc[a, b])
        assert row.kendall == pytest.approx(kendall.loc[a, b])
        assert row.spearman_low < row.spearman < row.spearman_high
        alone = ranks.agreement(wide[a], wide[b], resamples=20)
        assert (row.spearman_low, row.kendall_high) == (alone.spearman_low, alone.kendall_high)
