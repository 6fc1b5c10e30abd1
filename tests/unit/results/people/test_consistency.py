"""Consistency is that of halves of the participants."""

import numpy as np
import pytest
from scipy import stats
from tests.support.answers import memory_game

from mnemo import tables
from mnemo.results.people import consistency


@pytest.fixture(scope="module")
def trials():
    return memory_game(seed=7, participants=60, seeds=60, targets=60)


def measured(trials, **more):
    table = consistency.measure(trials, **more)
    tables.conform(table, consistency.CONSISTENCY)
    [row] = table.to_dict("records")
    return row


def test_it_is_the_mean_correlation_of_halves_of_the_participants(trials):
    row = measured(trials, splits=100)
    repeats = trials[trials["role"] == "repeat"]
    repeats = repeats[repeats.groupby(["image", "alpha"])["correct"].transform("size") > 1]
    generator, people, each = np.random.default_rng(99), repeats["participant"].unique(), []
    for _ in range(100):
        first = repeats["participant"].isin(generator.permutation(people)[: len(people) // 2])
        rates = [
            part.groupby(["image", "alpha"])["correct"].mean()
            for part in (repeats[first], repeats[~first])
        ]
        both = rates[0].to_frame("a").join(rates[1].rename("b"), how="inner")
        each.append(stats.spearmanr(both["a"], both["b"]).statistic)
    assert row["consistency"] == pytest.approx(np.mean(each), abs=0.02)
    expected = 2 * row["consistency"] / (1 + row["consistency"])
    assert row["reliability"] == pytest.approx(expected)
    assert row["consistency_low"] < row["consistency"] < row["consistency_high"]
    assert (row["n_participants"], row["splits"]) == (60, 100)
    assert row["per_image"] == pytest.approx(len(repeats) / row["n_images"])


def test_images_that_do_not_differ_are_not_consistent(trials):
    generator = np.random.default_rng(0)
    row = measured(trials.assign(correct=generator.random(len(trials)) < 0.6))
    assert row["consistency_low"] < 0 < row["consistency_high"]


def test_images_that_all_people_see_alike_are_fully_consistent(trials):
    row = measured(trials.assign(correct=trials["seed"] % 2 == 0))
    assert row["consistency"] == pytest.approx(1)
    assert np.isnan(row["consistency_low"])


def test_too_few_images_or_people_have_no_consistency(trials):
    few = measured(trials[trials["seed"] < 2])
    assert few["n_images"] < 11
    alone = measured(trials[trials["participant"] == "p000"])
    assert alone["n_images"] == 0
    assert np.isnan(alone["consistency"])
