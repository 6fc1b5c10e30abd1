"""Rank agreement: against SciPy, and the interval that theory gives."""

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from mnemo.statistics import ranks


def two_scores(n, seed=0, shared=1.0):
    generator = np.random.default_rng(seed)
    a = generator.standard_normal(n)
    return a, shared * a + generator.standard_normal(n)


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
    monkeypatch.setattr(ranks, "RESAMPLED", 200)
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
    np.testing.assert_equal(
        asdict(ranks.agreement(slope * a - 7, b**3, resamples=20)), asdict(plain)
    )


@settings(deadline=None, max_examples=25)
@given(a=different, b=different)
def test_reversing_a_score_mirrors_its_agreement(a, b):
    plain = ranks.agreement(a, b, resamples=20)
    mirrored = ranks.agreement(a, -b, resamples=20)
    assert mirrored.spearman == pytest.approx(-plain.spearman)
    assert mirrored.spearman_low == pytest.approx(-plain.spearman_high, nan_ok=True)
    assert mirrored.kendall_high == pytest.approx(-plain.kendall_low, nan_ok=True)


def test_images_without_one_of_the_scores_are_left_out():
    a, b = two_scores(50)
    with_gaps = np.r_[a, np.nan, 1.0, np.nan], np.r_[b, 2.0, np.nan, np.nan]
    assert ranks.agreement(*with_gaps, resamples=20) == ranks.agreement(a, b, resamples=20)


@pytest.mark.parametrize(
    ("a", "b", "n"),
    [
        ([1, 1, 1, 1], [1, 2, 3, 4], 4),
        ([1, 2, 3, 4], [0.1, 0.1, 0.1, 0.1], 4),
        ([1, 2, 3, np.nan], [1, 2, np.nan, 4], 2),
        ([1, np.nan], [np.nan, 4], 0),
        ([], [], 0),
    ],
)
def test_scores_without_ranks_have_no_agreement(a, b, n):
    n_found, *estimates = asdict(ranks.agreement(a, b)).values()
    assert n_found == n
    assert np.isnan(estimates).all()


def test_the_interval_of_complete_agreement_is_unknown_however_many_images_there_are():
    """All resamples agree completely too, of three images as of a thousand."""
    for n in (3, 1000):
        result = ranks.agreement(np.arange(n), np.arange(n) ** 2, resamples=50)
        assert (result.spearman, result.kendall) == pytest.approx((1, 1))
        ends = (result.spearman_low, result.spearman_high, result.kendall_low, result.kendall_high)
        assert np.isnan(ends).all()


def test_an_end_is_unknown_if_more_resamples_lack_a_correlation_than_lie_beyond_it():
    # A third of the resamples lack the one score that differs.
    one = np.r_[np.zeros(99), 1]
    result = ranks.agreement(one, np.random.default_rng(0).random(100))
    assert np.isfinite(result.spearman)
    assert np.isnan([result.spearman_low, result.spearman_high]).all()
    # Of few of them, with ten such scores, one in 40,000 does.
    ten = np.r_[np.zeros(90), np.ones(10)]
    result = ranks.agreement(ten, np.random.default_rng(0).random(100))
    assert result.spearman_low < result.spearman < result.spearman_high


def test_percentile_intervals_count_what_is_unknown_at_both_ends():
    estimates = np.arange(1000.0)[:, np.newaxis]
    low, high = ranks.bounds(estimates, 0.9)
    assert (low[0], high[0]) == pytest.approx((49.95, 949.05), abs=1)
    low, high = ranks.bounds(np.r_[estimates, np.full((20, 1), np.nan)], 0.9)
    assert (low[0], high[0]) == pytest.approx((31, 968), abs=2)
    low, high = ranks.bounds(np.r_[estimates, np.full((200, 1), np.inf)], 0.9)
    assert low[0] == pytest.approx(60, abs=1)
    assert np.isnan(high[0])
