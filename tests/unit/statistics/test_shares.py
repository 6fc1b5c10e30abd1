"""Shares against statsmodels, and their jackknife against leaving images out one by one."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from mnemo.statistics import shares


def test_a_share_of_images_has_wilsons_interval_up_to_0_and_1() -> None:
    for below in (0, 3, 20):
        share = shares.of_images(below / 20, 20, 0.9)
        expected = proportion_confint(below, 20, alpha=0.1, method="wilson")
        assert (share.low, share.high) == pytest.approx(expected)
        assert share.low <= share.value <= share.high
    assert np.isnan(shares.of_images(0, 0, 0.9)).all()


def test_a_share_of_pairs_is_jackknifed_over_the_images_that_they_share() -> None:
    random = np.random.default_rng(0)
    pairs = random.random((9, 9)) < 0.8
    np.fill_diagonal(pairs, val=False)
    hits = pairs & (random.random((9, 9)) < 0.4)
    share = shares.of_pairs(hits, pairs, 0.95)
    left = []
    for image in range(9):
        kept = np.delete(np.arange(9), image)
        left.append(hits[np.ix_(kept, kept)].sum() / pairs[np.ix_(kept, kept)].sum())
    error = np.sqrt(8 / 9 * np.sum((np.array(left) - np.mean(left)) ** 2))
    value = hits.sum() / pairs.sum()
    odds = np.log(value / (1 - value))
    margin = stats.t.ppf(0.975, 8) * error / (value * (1 - value))
    ends = 1 / (1 + np.exp(-np.array([odds - margin, odds + margin])))
    np.testing.assert_allclose(share, [value, *ends, error])


def test_where_no_pair_is_a_hit_half_the_images_count() -> None:
    pairs = ~np.eye(40, dtype=bool)
    share = shares.of_pairs(np.zeros((40, 40), bool), pairs, 0.95)
    assert share.value == share.low == 0
    assert share.high == pytest.approx(shares.of_images(0, 20, 0.95).high)
    # Nothing is left of two images without one of them.
    two = shares.of_pairs(np.eye(2, dtype=bool)[::-1], np.eye(2, dtype=bool)[::-1], 0.95)
    assert two.value == 1
    assert np.isnan([two.low, two.high]).all()
