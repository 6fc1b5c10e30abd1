"""Dose and response: against SciPy, statsmodels and the numbers of paper 1's authors."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.weightstats import DescrStatsW
from tests.data.responses import PAPER_ALPHAS, PAPER_MEANS, lose, respond

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.results import dose_response, schemas, slopes
from mnemo.statistics import ranks


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


def test_calibrating_on_fewer_images_than_there_are_gives_the_same_interval(monkeypatch):
    frame = respond(800, PAPER_ALPHAS, PAPER_MEANS, noise=0.1)
    whole = dose_response.calibrate(frame, [0.1], resamples=600)
    monkeypatch.setattr(ranks, "RESAMPLED", 80)
    bounded = dose_response.calibrate(frame, [0.1], resamples=600)
    assert bounded["alpha"][0] == whole["alpha"][0]
    width = whole["high"][0] - whole["low"][0]
    for end in ("low", "high"):
        assert bounded[end][0] == pytest.approx(whole[end][0], abs=0.15 * width)


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


@pytest.mark.parametrize(
    ("alphas", "means"),
    [
        ([-1, 0, 1], [0.5, 0.5, 0.5]),
        ([-1, 0, 1], [0.4, 0.5, 0.4]),
        ([-1, 0, 1], [0.6, 0.5, 0.6]),
        ([0, 1], [0.5, 0.5]),
        ([0], [0.5]),
    ],
)
@pytest.mark.parametrize("spread", [0, 0.1])
def test_a_response_that_neither_rises_nor_falls_at_0_reaches_no_change_but_0(
    alphas, means, spread
):
    frame = respond(8, alphas, means, spread=spread)
    table = dose_response.calibrate(frame, [-0.05, 0, 0.05], resamples=20)
    assert table["alpha"].isna().tolist() == [True, False, True]
    assert table.loc[1, ["alpha", "low", "high"]].tolist() == [0, 0, 0]
    assert table.loc[[0, 2], ["low", "high"]].isna().all(axis=None)


def test_alphas_that_share_no_image_with_alpha_0_reach_no_change():
    frame = respond(8, [0, 1], [0.5, 0.6])
    apart = frame[(frame["image"] < "0000004") == (frame["alpha"] == 0)]
    table = dose_response.calibrate(apart, [0.05], resamples=20)
    assert table[["alpha", "low", "high"]].isna().all(axis=None)


def test_a_response_that_one_image_shows_has_no_interval():
    frame = respond(8, [-1, 0, 1], [0.4, 0.5, 0.6])
    lone = frame[(frame["alpha"] <= 0) | (frame["image"] == "0000003")]
    up, down = dose_response.calibrate(lone, [0.05, -0.05], resamples=100).itertuples()
    assert up.alpha == pytest.approx(0.5)
    assert np.isnan(up.low) or np.isnan(up.high)
    assert np.isnan(up.high)
    assert (down.alpha, down.low, down.high) == pytest.approx((-0.5, -0.5, -0.5))


def test_resamples_without_an_image_at_an_alpha_pass_over_it():
    """A tenth of the resamples have none of the two images that alpha 1 has."""
    frame = respond(20, [0, 1, 2], [0.5, 0.6, 0.7])
    few = frame[(frame["alpha"] != 1) | (frame["image"] < "0000002")]
    (found,) = dose_response.calibrate(few, [0.15], resamples=200).itertuples()
    assert (found.alpha, found.low, found.high) == pytest.approx((1.5, 1.5, 1.5))


def test_a_resample_that_neither_rises_nor_falls_may_lie_beyond_either_end():
    """Of twelve images one responds: a third of the resamples lack it, and are flat."""
    frame = respond(12, [-1, 0, 1], [0.5, 0.5, 0.5], spread=0)
    responds = frame["image"] == "0000003"
    frame["score"] = frame["score"].where(~responds, 0.5 + 0.5 * frame["alpha"])
    (found,) = dose_response.calibrate(frame, [0.02], resamples=200).itertuples()
    assert found.alpha == pytest.approx(0.48)
    assert np.isnan([found.low, found.high]).all()


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
        assert frame[frame["shape"] == "square"].notna().all(axis=None), name
    ovals = measured["dose_response"].query("shape == 'oval'").set_index("alpha")
    assert ovals["n"].to_dict() == {-1.0: found, 0.0: 3, 1.0: found}
    slope = slopes.measure(pd.DataFrame(rows))
    assert tables.conform(slope, slopes.SLOPES)
    known = slope.drop(columns=["low_fit", "high_fit"]).set_index("shape").notna()
    assert known.loc["square"].all()
    assert known.loc["oval", "slope"] == (found > 0)
