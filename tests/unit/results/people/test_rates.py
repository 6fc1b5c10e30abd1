"""Rates at each alpha are those of the answers, with intervals for other people and images."""

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats
from tests.support.answers import memory_game

from mnemo import tables
from mnemo.results.people import rates


@pytest.fixture(scope="module")
def trials():
    return memory_game(seed=3, participants=30, seeds=80)


@pytest.fixture(scope="module")
def table(trials):
    return measured(trials).set_index(["measure", "alpha"])


def measured(trials, **more):
    table = rates.measure(trials, **more)
    tables.conform(table, rates.HUMAN_RATES)
    return table


def choices(trials):
    pairs = trials[trials["role"].isin(["repeat", "vigilance"])].assign(kind="forced-choice")
    return pairs.assign(role=pairs["role"].replace("repeat", "target"))


def crossed(residuals, *clusters):
    """The variance of a mean with residuals (n,) that are alike within either of two clusters."""

    def alone(cluster):
        sums = residuals.groupby(cluster).sum()
        return (sums**2).sum() / len(residuals) ** 2 * len(sums) / (len(sums) - 1)

    one, other = clusters
    return alone(one) + alone(other) - alone(one.map(str) + " " + other.map(str))


def test_rates_are_the_shares_of_the_answers_at_each_alpha(trials, table):
    assert len(table) == 3 * 5
    for alpha, own in trials.groupby("alpha"):
        pressed = (own["answer"] == "old").groupby(own["role"]).mean()
        found = table.xs(alpha, level="alpha")["rate"]
        assert found["hit_rate"] == pytest.approx(pressed["repeat"])
        assert found["false_alarm_rate"] == pytest.approx(pressed["target"])
        assert found["corrected"] == pytest.approx(pressed["repeat"] - pressed["target"])


def test_the_answers_and_who_and_what_they_are_of_are_counted(trials, table):
    own = trials[(trials["role"] == "repeat") & (trials["alpha"] == 0.1)]
    expected = len(own), own["participant"].nunique(), own["image"].nunique()
    counts = ["n_answers", "n_participants", "n_images"]
    assert tuple(table.loc[("hit_rate", 0.1), counts]) == expected
    assert table.loc[("corrected", 0.1), "n_answers"] == 2 * len(own)


def test_the_interval_allows_for_answers_alike_within_participants_and_within_images(trials):
    row = measured(trials, confidence=0.9).set_index(["measure", "alpha"]).loc[("hit_rate", 0.2)]
    own = trials[(trials["role"] == "repeat") & (trials["alpha"] == 0.2)]
    hit = own["correct"].astype(float)
    variance = crossed(hit - hit.mean(), own["participant"], own["image"])
    margin = stats.t.ppf(0.95, own["participant"].nunique() - 1) * np.sqrt(variance)
    odds = margin / (hit.mean() * (1 - hit.mean()))
    ends = special.expit(special.logit(hit.mean()) + odds * np.array([-1, 1]))
    assert (row["rate_low"], row["rate_high"]) == pytest.approx(tuple(ends), rel=1e-6)


def test_a_difference_is_from_alpha_0(table):
    for _, own in table.groupby("measure"):
        by_alpha = own.droplevel("measure")
        assert np.isnan(by_alpha.loc[0, "difference"])
        others = by_alpha.drop(index=0)
        np.testing.assert_allclose(others["difference"], others["rate"] - by_alpha.loc[0, "rate"])
        assert (others["difference_low"] < others["difference"]).all()
        assert (others["difference"] < others["difference_high"]).all()


def test_a_difference_is_known_better_than_either_rate_of_participants_who_differ(trials):
    """Half of the people answer hardly ever, at any alpha, and the others nearly always."""
    random = np.random.default_rng(0)
    chance = trials["participant"].map(lambda name: 0.1 + 0.8 * (int(name[1:]) % 2))
    differ = measured(choices(trials).assign(correct=random.random(len(trials)) < chance))
    rows = differ[differ["alpha"] != 0]
    width = rows["rate_high"] - rows["rate_low"]
    assert (rows["difference_high"] - rows["difference_low"] < 0.6 * width).all()


def test_the_forced_choice_has_the_share_of_correct_choices(trials, table):
    chosen = measured(choices(trials))
    assert chosen["measure"].unique().tolist() == ["correct"]
    hits = table.loc["hit_rate"]
    ends = ["rate", "rate_low", "rate_high", "difference_low"]
    np.testing.assert_allclose(chosen[ends], hits[ends])


def test_each_experiment_and_edit_has_its_own_rates(trials, table):
    two = pd.concat([trials, trials.assign(edit="bright"), choices(trials).assign(experiment="2")])
    found = measured(two).groupby(["experiment", "edit"])["measure"].unique()
    assert {key: list(names) for key, names in found.items()} == {
        ("2", "memorable"): ["correct"],
        ("game", "bright"): list(rates.MEASURES["memory-game"]),
        ("game", "memorable"): list(rates.MEASURES["memory-game"]),
    }


def test_fillers_and_vigilance_images_are_not_counted(trials, table):
    under_test = trials[trials["role"].isin(["target", "repeat"])]
    pd.testing.assert_frame_equal(measured(under_test).set_index(["measure", "alpha"]), table)


def test_a_rate_says_whether_any_answer_is_simulated(trials):
    first = trials["participant"] == "p000"
    mixed = measured(trials.assign(simulated=first & (trials["alpha"] == 0.1)))
    assert set(mixed.loc[mixed["simulated"], "alpha"]) == {0.1}
    assert mixed["simulated"].sum() == 3


def test_what_answers_do_not_determine_is_null(trials):
    ends = ["rate_low", "rate_high", "difference_low", "difference_high"]
    assert measured(trials[trials["participant"] == "p000"])[ends].isna().all(axis=None)
    assert measured(trials.assign(correct=True))[ends].isna().all(axis=None)
    assert measured(trials[trials["alpha"] != 0])["difference"].isna().all()
    without = measured(trials[(trials["role"] != "target") | (trials["alpha"] < 0)])
    assert without.groupby("measure")["alpha"].max().to_dict() == {
        "corrected": -0.1,
        "false_alarm_rate": -0.1,
        "hit_rate": 0.2,
    }
    assert measured(trials[:0]).empty
