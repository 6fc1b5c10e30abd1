"""The jackknife: against statistics whose intervals are known."""

import numpy as np
import pytest
from scipy import stats

from mnemo.statistics import jackknife


def means(values, groups=10):
    """The mean of values, and without each group of them in turn."""
    members = np.arange(len(values)) % groups
    left = [values[members != group].mean(axis=0) for group in range(groups)]
    return np.array([values.mean(axis=0), *left]).T


def test_the_interval_of_a_mean_is_the_t_interval_of_the_means_of_groups():
    values = np.random.default_rng(0).standard_normal((50, 2))
    low, high = jackknife.interval(means(values), 0.9)
    groups = values.reshape(5, 10, 2).mean(axis=0)
    ends = stats.t.interval(0.9, 9, groups.mean(axis=0), stats.sem(groups))
    np.testing.assert_allclose([low, high], ends)


def test_the_interval_of_a_ratio_to_a_number_is_that_of_the_numerator():
    above = means(np.random.default_rng(0).standard_normal(50) + 1)
    ends = jackknife.ratio_interval(above, np.full(11, 4.0), 0.95)
    np.testing.assert_allclose(ends, np.divide(jackknife.interval(above, 0.95), 4))


def test_a_ratio_to_itself_is_exactly_1():
    below = means(np.random.default_rng(0).standard_normal(50) + 1)
    assert jackknife.ratio_interval(below, below, 0.95) == (1, 1)


def test_a_ratio_to_what_may_be_0_has_no_interval():
    below = means(np.random.default_rng(0).standard_normal(50))
    low, high = jackknife.interval(below, 0.95)
    assert low < 0 < high
    assert np.isnan(jackknife.ratio_interval(below + 1, below, 0.95)).all()


@pytest.mark.parametrize("denominator", [0.3, 0.6, 2.0])
def test_the_interval_of_a_ratio_covers_it_however_small_the_denominator(denominator):
    covered = []
    for seed in range(400):
        values = np.random.default_rng(seed).normal([3, denominator], 1, (40, 2))
        above, below = means(values)
        low, high = jackknife.ratio_interval(above, below, 0.95)
        if np.isfinite(low):
            covered.append(low < 3 / denominator < high)
    assert len(covered) > 40
    # The lower end of the binomial's central 99.9 %, at 95 %.
    assert np.sum(covered) >= stats.binom.ppf(0.0005, len(covered), 0.95)
