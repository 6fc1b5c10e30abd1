"""Estimates from held-out images, against other implementations and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from mnemo.directions import validation
from mnemo.directions.validation import HeldOut


def images(high, logits):
    above = np.where(high, 1.0, -1.0)
    return HeldOut(np.arange(len(high)), above, np.array(logits, dtype=float))


def drawn(n=80, effect=1.0, seed=0):
    generator = np.random.default_rng(seed)
    high = np.arange(n) < 0.3 * n
    return images(high, effect * (high - 0.5) + generator.standard_normal(n))


def test_a_holdouts_balanced_accuracy_combines_the_wilson_intervals_of_both_classes():
    tested = drawn()
    found = validation.of_holdout(tested, 0.95)
    shares, lows, highs = [], [], []
    for hits in (tested.hits[tested.high], tested.hits[~tested.high]):
        low, high = proportion_confint(hits.sum(), len(hits), method="wilson")
        shares.append(hits.mean())
        lows.append((hits.mean() - low) ** 2)
        highs.append((high - hits.mean()) ** 2)
    mean = np.mean(shares)
    assert found["balanced_accuracy"] == pytest.approx(mean)
    assert found["balanced_accuracy_low"] == pytest.approx(mean - np.sqrt(sum(lows)) / 2)
    assert found["balanced_accuracy_high"] == pytest.approx(mean + np.sqrt(sum(highs)) / 2)


def test_a_holdouts_auc_excludes_one_half_just_where_scipys_test_rejects_it():
    tested = drawn(effect=0.6)
    p = stats.brunnermunzel(tested.outputs[tested.high], tested.outputs[~tested.high]).pvalue
    assert 0.001 < p < 0.5
    assert validation.of_holdout(tested, 1 - p)["auc_low"] == pytest.approx(0.5)


def test_a_holdouts_auc_has_delongs_variance():
    tested = drawn(n=2000)
    positive, negative = tested.outputs[tested.high], tested.outputs[~tested.high]
    above = positive[:, None] > negative
    variance = above.mean(1).var(ddof=1) / len(positive) + above.mean(0).var(ddof=1) / len(negative)
    found = validation.of_holdout(tested, 0.95)
    assert found["auc"] == pytest.approx(above.mean())
    half = 1.96 * np.sqrt(variance)
    assert found["auc_low"] == pytest.approx(above.mean() - half, abs=1e-4)
    assert found["auc_high"] == pytest.approx(above.mean() + half, abs=1e-4)


def test_a_holdout_of_one_class_has_an_accuracy_alone():
    found = validation.of_holdout(images([1, 1, 1], [1, 2, -1]), 0.95)
    assert found.pop("accuracy") == pytest.approx(2 / 3)
    assert found.pop("accuracy_low") < 2 / 3 < found.pop("accuracy_high")
    assert np.isnan(list(found.values())).all()


def test_perfect_ranks_of_a_holdout_do_not_determine_the_interval_of_the_auc():
    found = validation.of_holdout(images([1, 1, 0, 0], [1, 2, -1, -2]), 0.95)
    assert found["auc"] == 1
    assert np.isnan([found["auc_low"], found["auc_high"]]).all()


def test_folds_that_are_all_perfect_have_wilsons_interval_of_all_images():
    folds = [images([1, 1, 0, 0], [1, 2, -1, -2])] * 10
    found = validation.of_folds(folds, repeats=2, confidence=0.95)
    ends = found["accuracy_low"], found["accuracy_high"]
    np.testing.assert_allclose(ends, proportion_confint(20, 20, method="wilson"))
    assert found["balanced_accuracy"] == found["auc"] == 1
    assert np.isnan([found["balanced_accuracy_low"], found["auc_high"]]).all()


def test_intervals_stay_between_0_and_1():
    folds = [images([1, 0], [1, -1]), images([1, 0], [-1, -2])] * 2
    found = validation.of_folds(folds, repeats=2, confidence=0.95)
    assert (found["accuracy_low"], found["accuracy_high"]) == (0, 1)


def test_p_counts_the_true_labels_as_one_of_the_permutations():
    assert validation.permutation_p(0.7, [0.5] * 99) == 0.01
    assert validation.permutation_p(0.7, [0.7, 0.5, 0.8]) == 3 / 4
    assert np.isnan(validation.permutation_p(0.7, []))


@given(st.lists(st.sampled_from([0.4, 0.5, 0.6, 0.7]), min_size=2, max_size=30))
def test_without_an_effect_p_is_at_most_x_with_a_probability_of_at_most_x(accuracies):
    """Without one, any of the permutations is as likely to be the true labels."""
    ps = [
        validation.permutation_p(observed, accuracies[:place] + accuracies[place + 1 :])
        for place, observed in enumerate(accuracies)
    ]
    for x in ps:
        assert np.mean(np.array(ps) <= x) <= x + 1e-12
