"""Reliability of people's scores: against SciPy, theory, and a planted truth."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from mnemo.statistics import reliability


def test_the_consistency_is_the_mean_of_scipys_correlations() -> None:
    halves = np.random.default_rng(0).integers(0, 9, (2, 4, 50)) / 9
    each = [stats.spearmanr(halves[0, at], halves[1, at]).statistic for at in range(4)]
    assert reliability.consistency(halves) == pytest.approx(np.mean(each), abs=1e-12)


def test_an_image_without_an_answer_in_a_half_is_left_out_of_that_split() -> None:
    halves = np.random.default_rng(0).standard_normal((2, 3, 40))
    halves[0, 1, :10] = np.nan
    halves[1, 1, 30:] = np.nan
    kept = [slice(None), slice(10, 30), slice(None)]
    each = [stats.spearmanr(*halves[:, at, chosen]).statistic for at, chosen in enumerate(kept)]
    assert reliability.consistency(halves) == pytest.approx(np.mean(each), abs=1e-12)


def test_halves_of_counts_hold_all_answers() -> None:
    yes, no = np.array([0, 3, 7, 5]), np.array([4, 0, 3, 6])
    halves = reliability.halves_of_counts(yes, no, 200, np.random.default_rng(0))
    drawn = (yes + no) // 2
    np.testing.assert_allclose(halves[0] * drawn + halves[1] * (yes + no - drawn), [yes] * 200)
    # The first half's count of yes is hypergeometric.
    expected = drawn * yes / (yes + no)
    np.testing.assert_allclose((halves[0] * drawn).mean(axis=0), expected, atol=0.25)


def test_halves_of_answers_are_the_means_over_each_half_of_the_participants() -> None:
    answers, images = np.array([1.0, 2, 3, 4, 5]), np.array([0, 0, 1, 1, 1])
    participants = np.array([0, 1, 0, 1, 2])
    sides = np.array([[True, False, False]])
    halves = reliability.halves_of_answers(answers, images, participants, sides, 3)
    np.testing.assert_array_equal(halves, [[[1, 3, np.nan]], [[2, 4.5, np.nan]]])


def test_participants_are_divided_evenly_and_anew_each_time() -> None:
    sides = reliability.sides(9, 50, np.random.default_rng(0))
    assert (sides.sum(axis=1) == 4).all()
    assert len(np.unique(sides, axis=0)) > 30


def test_spearman_and_brown_step_up_to_the_correlation_of_whole_tests() -> None:
    """Of parallel halves with a correlation r, two wholes correlate by 2r / (1 + r)."""
    random = np.random.default_rng(0)
    true = random.standard_normal(200_000)
    parts = true + random.standard_normal((4, len(true)))
    half = np.corrcoef(parts[0], parts[1])[0, 1]
    whole = np.corrcoef(parts[:2].mean(axis=0), parts[2:].mean(axis=0))[0, 1]
    assert reliability.spearman_brown(np.array(half)) == pytest.approx(whole, abs=0.005)


def rated(n: int, noise: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw true scores of images, and the halves of noisy answers to them."""
    random = np.random.default_rng(0)
    true = random.standard_normal(n)
    answers = true + noise * random.standard_normal((20, n))
    sides = reliability.sides(20, 10, random)
    return true, np.stack([[answers[on].mean(axis=0) for on in half] for half in (sides, ~sides)])


@pytest.mark.parametrize("noise", [2.0, 5.0])
def test_the_ceiling_is_the_correlation_with_the_truth(noise: float) -> None:
    true, halves = rated(4_000, noise)
    groups = reliability.assign_groups(len(true), 0)
    found = reliability.measure(halves, groups, 0.95)
    reached = stats.spearmanr(halves.mean(axis=0)[0], true).statistic
    # For normal scores the formula is up to 0.01 too high on ranks.
    assert found.ceiling.value == pytest.approx(reached, abs=0.035)
    assert found.ceiling.value**2 == pytest.approx(found.reliability.value)
    assert found.ceiling.low < found.ceiling.value < found.ceiling.high
    assert found.consistency.value < found.reliability.value < found.ceiling.value


def test_answers_that_do_not_depend_on_the_image_have_no_ceiling() -> None:
    halves = np.random.default_rng(2).standard_normal((2, 5, 300))
    found = reliability.measure(halves, reliability.assign_groups(300, 0), 0.95)
    assert found.consistency.low < 0 < found.consistency.high
    assert found.ceiling.low == 0
    assert np.isnan(found.ceiling.value) == (found.consistency.value < 0)


def test_people_who_all_agree_have_a_ceiling_of_one_without_an_interval() -> None:
    halves = np.tile(np.arange(30.0), (2, 5, 1))
    found = reliability.measure(halves, reliability.assign_groups(30, 0), 0.95)
    assert found.ceiling.value == 1
    assert np.isnan([found.ceiling.low, found.ceiling.high]).all()
