"""The memorability of an image is counted from the answers to it."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.support.answers import memory_game

from mnemo import tables
from mnemo.results.people import memorability

KEY = ["experiment", "edit", "image", "alpha"]


@pytest.fixture(scope="module")
def trials():
    return memory_game(seed=2, participants=40, seeds=80)


@pytest.fixture(scope="module")
def measured(trials):
    table = memorability.measure(trials)
    tables.conform(table, memorability.MEMORABILITY)
    return table.set_index(["image", "alpha"])


def test_counts_and_rates_are_those_of_the_answers(trials, measured):
    for (image, alpha), row in list(measured.iterrows())[::37]:
        own = trials[(trials["image"] == image) & (trials["alpha"] == alpha)]
        pressed = own.groupby("role")["answer"].value_counts().unstack(fill_value=0)
        pressed = pressed.reindex(columns=["old", "new"], fill_value=0)
        hits, misses = pressed.loc["repeat"]
        alarms, rejections = pressed.loc["target"]
        assert tuple(row[["hits", "misses", "false_alarms", "correct_rejections"]]) == (
            *(hits, misses, alarms, rejections),
        )
        n = hits + misses
        assert row["n"] == n == alarms + rejections
        interval = stats.binomtest(int(hits), int(n)).proportion_ci(0.95, "wilson")
        assert row["hit_rate"] == hits / n
        assert row["hit_rate_low"] == pytest.approx(interval.low, abs=1e-12)
        assert row["hit_rate_high"] == pytest.approx(interval.high, abs=1e-12)
        assert row["corrected"] == pytest.approx((hits - alarms) / n)
        z = stats.norm.ppf([(hits + 0.5) / (n + 1), (alarms + 0.5) / (n + 1)])
        assert row["d_prime"] == pytest.approx(z[0] - z[1])


def test_every_target_has_a_row_and_fillers_have_none(trials, measured):
    targets = trials[trials["role"] == "target"]
    assert set(measured.index) == set(zip(targets["image"], targets["alpha"], strict=True))
    assert measured["n"].sum() == (trials["role"] == "repeat").sum()


def by_turns(repeats, turns):
    """The published method: the memorability of each image and the decline, by turns."""
    lag = np.log((repeats["lag"].astype(float) + 1) / (repeats["lag"].astype(float) + 1).mean())
    hit, image = repeats["correct"].astype(float), repeats.groupby(KEY).ngroup()
    decline = 0.0
    for _ in range(turns):
        memorable = (hit - decline * lag).groupby(image).transform("mean")
        above = (lag * (hit - memorable)).groupby(image).mean().sum()
        decline = above / (lag**2).groupby(image).mean().sum()
    return (hit - decline * lag).groupby(image).mean()


def test_the_correction_for_lag_is_what_the_published_method_comes_to(trials, measured):
    repeats = trials[trials["role"] == "repeat"]
    theirs = by_turns(repeats, turns=200)
    order = repeats[KEY].drop_duplicates().sort_values(KEY)
    assert len(order) == len(theirs)
    assert measured["lag_corrected"].to_numpy() == pytest.approx(theirs.to_numpy(), abs=1e-6)


def test_the_correction_for_lag_recovers_what_long_lags_hide():
    generator = np.random.default_rng(0)
    image = np.repeat(np.arange(300), 40)
    lag = generator.integers(34, 140, len(image)) + 200 * (image % 2)
    own = generator.uniform(0.4, 0.9, 300)
    centred = np.log((lag + 1) / np.mean(lag + 1))
    hit = generator.random(len(image)) < own[image] - 0.1 * centred
    repeats = pd.DataFrame({"image": image, "lag": lag, "correct": hit})
    corrected = memorability.lag_corrected(repeats, ["image"])
    plain = repeats.groupby("image")["correct"].mean()
    odd, even = own[1::2], own[::2]
    assert (plain[1::2] - odd).mean() < -0.03 < 0.03 < (plain[::2] - even).mean()
    assert (corrected[1::2] - odd).mean() == pytest.approx(0, abs=0.03)
    assert (corrected[::2] - even).mean() == pytest.approx(0, abs=0.03)


def test_what_answers_do_not_determine_is_null(trials):
    once = trials[trials["participant"] == "p000"]
    table = memorability.measure(once)
    tables.conform(table, memorability.MEMORABILITY)
    assert table["lag_corrected"].isna().all()
    first = memorability.measure(once[once["role"] == "target"])
    tables.conform(first, memorability.MEMORABILITY)
    assert first[["hit_rate", "hit_rate_low", "corrected", "d_prime"]].isna().all(axis=None)
    assert first["false_alarm_rate"].notna().all()


def test_a_forced_choice_has_no_memorability(trials):
    table = memorability.measure(trials.assign(kind="forced-choice"))
    assert tables.conform(table, memorability.MEMORABILITY).num_rows == 0
