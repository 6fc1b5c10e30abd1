"""The corrected t interval of a mean over folds, by hand."""

import numpy as np
import pytest

from mnemo.statistics.folds import corrected_t


def test_the_interval_has_nadeau_and_bengios_variance() -> None:
    low, high = corrected_t([0.60, 0.64, 0.66, 0.70], 1 / 3)
    # s^2 = 0.0052 / 3, and 3.182446 is the 0.975 quantile of t with 3 degrees of freedom.
    half = 3.182446 * np.sqrt((1 / 4 + 1 / 3) * 0.0052 / 3)
    assert low == pytest.approx(0.65 - half)
    assert high == pytest.approx(0.65 + half)


def test_without_shared_training_images_it_would_be_the_plain_t_interval() -> None:
    low, high = corrected_t([1.0, 2.0, 3.0], 0, 0.9)
    half = 2.919986 * 1 / np.sqrt(3)
    assert (low, high) == (pytest.approx(2 - half), pytest.approx(2 + half))


def test_estimates_that_do_not_count_separately_widen_it() -> None:
    estimates = [0.60, 0.64, 0.66, 0.70]
    low, high = corrected_t(estimates, 1.0, separate=2)
    half = 3.182446 * np.sqrt((1 / 2 + 1) * 0.0052 / 3)
    assert (low, high) == (pytest.approx(0.65 - half), pytest.approx(0.65 + half))


@pytest.mark.parametrize("estimates", [[0.6], [0.7, 0.7, 0.7], [0.6, float("nan"), 0.7]])
def test_one_estimate_equal_ones_and_a_missing_one_do_not_determine_it(
    estimates: list[float],
) -> None:
    assert np.isnan(corrected_t(estimates, 0.25)).all()
