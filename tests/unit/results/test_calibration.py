"""Calibration: against SciPy's root finding, the delta method and paper 1's authors' numbers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from scipy.interpolate import CubicSpline, PchipInterpolator
from tests.data.responses import PAPER_ALPHAS, PAPER_MEANS, respond

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.results import calibration
from mnemo.statistics import ranks


def test_calibrating_on_fewer_images_than_there_are_gives_the_same_interval(monkeypatch):
    frame = respond(800, PAPER_ALPHAS, PAPER_MEANS, noise=0.1)
    whole = calibration.calibrate(frame, [0.1], resamples=600)
    monkeypatch.setattr(ranks, "RESAMPLED", 80)
    bounded = calibration.calibrate(frame, [0.1], resamples=600)
    assert bounded["alpha"][0] == whole["alpha"][0]
    width = whole["high"][0] - whole["low"][0]
    for end in ("low", "high"):
        assert bounded[end][0] == pytest.approx(whole[end][0], abs=0.15 * width)


def root(spline, change, low, high):
    """Find where a curve has changed by an amount, with SciPy's own search for a root."""
    return optimize.brentq(lambda alpha: spline(alpha) - change, low, high, xtol=1e-13)


def test_calibration_inverts_the_papers_response():
    frame = respond(20, PAPER_ALPHAS, PAPER_MEANS)
    changes = [-0.0472, 0, 0.0726, 0.11, 0.228, 0.23, -0.2]
    table = calibration.calibrate(frame, changes, resamples=20)
    assert table["change"].tolist() == table["score_change"].tolist() == changes
    spline = PchipInterpolator(PAPER_ALPHAS, np.subtract(PAPER_MEANS, PAPER_MEANS[3]))
    np.testing.assert_allclose(
        table["alpha"][:5], [-3, 0, 3, root(spline, 0.11, 3, 6), root(spline, 0.228, 6, 9)]
    )
    assert table["alpha"][5:].isna().all()
    assert table[["low", "high"]][5:].isna().all(axis=None)


rises = st.lists(st.floats(0.01, 1), min_size=4, max_size=4)


@settings(deadline=None, max_examples=50)
@given(rises=rises, share=st.floats(0, 1), falling=st.booleans())
def test_the_alpha_found_is_the_root_of_scipys_monotone_spline(rises, share, falling):
    means = np.cumsum([0, *rises]) * (-1 if falling else 1)
    alphas = [-0.2, -0.1, 0, 0.1, 0.4]
    response = means - means[2]
    wanted = response[0] + share * (response[-1] - response[0])
    found = calibration.calibrate(respond(5, alphas, means), [wanted], resamples=2)["alpha"][0]
    spline = PchipInterpolator(alphas, response)
    if np.isnan(found):
        # Rounding can put the change of an outermost alpha just beyond it.
        assert share == pytest.approx(round(share))
    elif 0.001 < share < 0.999:
        assert spline(found) == pytest.approx(wanted, abs=1e-9)
        assert found == pytest.approx(root(spline, wanted, -0.2, 0.4), abs=1e-6)


def test_a_response_that_turns_back_is_inverted_next_to_0_only():
    alphas, means = [-2, -1, 0, 1, 2, 3], [0.3, 0.1, 0.2, 0.4, 0.3, 0.9]
    changes = [-0.1, 0.1, 0.2, 0.5, -0.15]
    table = calibration.calibrate(respond(5, alphas, means), changes, resamples=2)
    between = root(PchipInterpolator(alphas, np.subtract(means, 0.2)), 0.1, 0, 1)
    np.testing.assert_allclose(table["alpha"], [-1, between, 1, np.nan, np.nan], atol=1e-9)


def test_a_response_with_its_peak_at_0_can_only_be_lowered():
    alphas, means = [-1, 0, 1], [0.1, 0.5, 0.4]
    table = calibration.calibrate(respond(5, alphas, means), [-0.2, 0, 0.1], resamples=2)
    below = root(PchipInterpolator(alphas, np.subtract(means, 0.5)), -0.2, -1, 0)
    np.testing.assert_allclose(table["alpha"], [below, 0, np.nan])


def test_the_interval_of_a_calibrated_alpha_is_that_of_the_delta_method():
    alphas = [-4.0, -2.0, 0.0, 2.0, 4.0]
    frame = respond(400, alphas, [0.6, 0.7, 0.8, 0.9, 1.0], spread=2, noise=0.1)
    (found,) = calibration.calibrate(frame, [0.15], resamples=2000).itertuples()
    wide = frame.pivot_table(index="image", columns="alpha", values="score")
    rises = wide.sub(wide[0.0], axis=0)

    def alpha(response):
        return root(PchipInterpolator(alphas, response), 0.15, 0, 4)

    at = optimize.approx_fprime(rises.mean().to_numpy(), alpha, 1e-6)
    error = np.sqrt(at @ rises.cov().to_numpy() @ at / 400)
    assert found.alpha == pytest.approx(3)
    # The mean response is a straight line, on which the two splines agree.
    assert found.low == pytest.approx(3 - 1.96 * error, abs=0.2 * error)
    assert found.high == pytest.approx(3 + 1.96 * error, abs=0.2 * error)


def test_the_interval_allows_for_the_response_between_the_alphas():
    """Images that all respond alike leave no other error."""
    (found,) = calibration.calibrate(
        respond(20, PAPER_ALPHAS, PAPER_MEANS), [0.05], resamples=100
    ).itertuples()
    response = np.subtract(PAPER_MEANS, PAPER_MEANS[3])
    monotone, cubic = (
        root(spline(PAPER_ALPHAS, response), 0.05, 0, 3)
        for spline in (PchipInterpolator, CubicSpline)
    )
    off = 2 * abs(monotone - cubic)
    assert off > 0.005
    expected = (monotone, monotone - off, monotone + off)
    assert (found.alpha, found.low, found.high) == pytest.approx(expected)


def test_a_change_may_be_in_standard_deviations_of_unedited_scores():
    frame = respond(50, PAPER_ALPHAS, PAPER_MEANS, noise=0.1)
    unedited = np.random.default_rng(1).normal(0.5, 0.1, 30)
    (found,) = calibration.calibrate(frame, [0.5], unedited=unedited).itertuples()
    deviation = np.std(unedited, ddof=1)
    assert (found.change, found.score_change) == pytest.approx((0.5, 0.5 * deviation))
    (known,) = calibration.calibrate(frame, [0.5 * deviation]).itertuples()
    assert found.alpha == pytest.approx(known.alpha)
    # The deviation of 30 scores has an error of its own.
    assert found.high - found.low > 1.05 * (known.high - known.low)


@pytest.mark.parametrize("unedited", [[0.5], [0.5, 0.5, 0.5], []])
def test_without_a_standard_deviation_there_is_no_alpha(unedited):
    frame = respond(50, PAPER_ALPHAS, PAPER_MEANS)
    table = calibration.calibrate(frame, [0.5], unedited=unedited, resamples=10)
    assert table[["score_change", "alpha", "low", "high"]].isna().all(axis=None)


def test_an_end_of_the_interval_beyond_the_range_is_missing():
    frame = respond(50, [-1, 0, 1], [0.4, 0.5, 0.6], noise=0.1)
    (found,) = calibration.calibrate(frame, [0.099]).itertuples()
    assert found.alpha == pytest.approx(0.99)
    assert found.low < 0.99
    assert np.isnan(found.high)


def test_calibration_compares_each_image_with_itself():
    """Easy faces lost at high alpha would raise a difference of means, and change nothing here."""
    frame = respond(100, [0, 1, 2], [0.5, 0.6, 0.7], spread=1)
    lost = (frame["alpha"] == 2) & (frame["score"] > 0.7)
    table = calibration.calibrate(frame.assign(score=frame["score"].mask(lost)), [0.15])
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
    table = calibration.calibrate(frame, [-0.05, 0, 0.05], resamples=20)
    assert table["alpha"].isna().tolist() == [True, False, True]
    assert table.loc[1, ["alpha", "low", "high"]].tolist() == [0, 0, 0]
    assert table.loc[[0, 2], ["low", "high"]].isna().all(axis=None)


def test_alphas_that_share_no_image_with_alpha_0_reach_no_change():
    frame = respond(8, [0, 1], [0.5, 0.6])
    apart = frame[(frame["image"] < "0000004") == (frame["alpha"] == 0)]
    table = calibration.calibrate(apart, [0.05], resamples=20)
    assert table[["alpha", "low", "high"]].isna().all(axis=None)


def test_a_response_that_one_image_shows_has_no_interval():
    frame = respond(10, [-1, 0, 1], [0.4, 0.5, 0.6])
    lone = frame[(frame["alpha"] <= 0) | (frame["image"] == "0000003")]
    up, down = calibration.calibrate(lone, [0.05, -0.05], resamples=100).itertuples()
    assert up.alpha == pytest.approx(0.5)
    assert np.isnan(up.low) or np.isnan(up.high)
    assert np.isnan(up.high)
    assert (down.alpha, down.low, down.high) == pytest.approx((-0.5, -0.5, -0.5))


def test_an_alpha_of_few_images_has_no_interval():
    """A bootstrap of two images covers half of what it claims."""
    few, enough = (
        next(calibration.calibrate(respond(n, [-1, 0, 1], [0.4, 0.5, 0.6]), [0.05]).itertuples())
        for n in (calibration.LEAST - 1, calibration.LEAST)
    )
    assert few.alpha == pytest.approx(enough.alpha)
    assert np.isnan([few.low, few.high]).all()
    assert np.isfinite([enough.low, enough.high]).all()


def test_resamples_without_an_image_at_an_alpha_pass_over_it():
    """A tenth of the resamples have none of the two images that alpha 1 has."""
    frame = respond(20, [0, 1, 2], [0.5, 0.6, 0.7])
    few = frame[(frame["alpha"] != 1) | (frame["image"] < "0000002")]
    (found,) = calibration.calibrate(few, [0.15], resamples=200).itertuples()
    assert (found.alpha, found.low, found.high) == pytest.approx((1.5, 1.5, 1.5))


def test_a_resample_that_neither_rises_nor_falls_may_lie_beyond_either_end():
    """Of twelve images one responds: a third of the resamples lack it, and are flat."""
    frame = respond(12, [-1, 0, 1], [0.5, 0.5, 0.5], spread=0)
    responds = frame["image"] == "0000003"
    frame["score"] = frame["score"].where(~responds, 0.5 + 0.5 * frame["alpha"])
    (found,) = calibration.calibrate(frame, [0.02], resamples=200).itertuples()
    assert found.alpha == pytest.approx(0.48)
    assert np.isnan([found.low, found.high]).all()


def test_calibration_without_alpha_0_is_refused():
    with pytest.raises(MnemoError, match="alpha 0"):
        calibration.calibrate(respond(5, [1, 2], [0.5, 0.6]), [0.1])


def test_a_score_given_twice_is_refused():
    frame = respond(3, [0, 1], [0.5, 0.6])
    with pytest.raises(ValueError, match="duplicate"):
        calibration.calibrate(pd.concat([frame, frame]), [0.05])


@pytest.mark.parametrize("found", [0, 1, 2])
def test_each_shape_is_calibrated_for_each_assessor_as_far_as_it_goes(found):
    """The squares' results must not be lost because no oval was found."""
    rows = [
        frame.assign(edit="memorable", assessor=assessor, shape=shape)
        for assessor in ("resmem", "age")
        for shape in ("square", "oval")
        for frame in [respond(20, [-1, 0, 1], [0.7, 0.8, 0.9], noise=0.05)]
    ]
    scores = pd.concat(rows, ignore_index=True)
    lost = (
        (scores["shape"] == "oval") & (scores["alpha"] != 0) & (scores["image"] >= f"{found:07d}")
    )
    fit = scores[(scores["alpha"] == 0) & (scores["assessor"] == "resmem")]
    wanted = [
        {"assessor": "resmem", "changes": [-0.5, 0.5], "unit": None},
        {"assessor": "age", "changes": [0.05], "unit": "year"},
    ]
    table = calibration.measure(scores[~lost], fit, wanted, resamples=100)
    tables.conform(table, calibration.CALIBRATION)
    units = table.groupby("assessor")["unit"].unique().str[0].to_dict()
    assert units == {"resmem": "standard deviation", "age": "year"}
    assert table.groupby(["assessor", "shape"]).size().to_dict() == {
        ("age", "oval"): 1,
        ("age", "square"): 1,
        ("resmem", "oval"): 2,
        ("resmem", "square"): 2,
    }
    squares, ovals = (table[table["shape"] == shape] for shape in ("square", "oval"))
    assert squares.notna().all(axis=None)
    assert ovals["score_change"].notna().all()
    if found == 0:
        assert ovals["alpha"].isna().all()


def test_a_shape_without_a_face_at_alpha_0_has_no_alpha():
    scores = respond(20, [-1, 1], [0.7, 0.9]).assign(edit="e", assessor="resmem", shape="oval")
    wanted = [{"assessor": "resmem", "changes": [0.5], "unit": None}]
    table = calibration.measure(scores, scores, wanted, resamples=10)
    assert tables.conform(table, calibration.CALIBRATION)["alpha"].null_count == 1
