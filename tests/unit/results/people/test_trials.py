"""Which trials count: those of series that the rules of the paper leave in."""

import numpy as np
import pandas as pd
import pytest
from tests.support.answers import memory_game

from mnemo import tables
from mnemo.experiment import answers
from mnemo.experiment.settings import KINDS
from mnemo.ratings import games
from mnemo.results.people import participants
from mnemo.results.people import trials as answered


def game(missed=0, false_alarms=0, presentations=136, vigilance=19):
    """One series with some vigilance repeats missed and some false alarms."""
    rows = [("vigilance_repeat", at >= missed) for at in range(vigilance)]
    roles = ["target", "filler", "vigilance"]
    rows += [(roles[at % 3], at >= false_alarms) for at in range(presentations)]
    # Targets that are missed don't count against a participant.
    rows += [("repeat", False)] * 60
    return series(rows, "memory-game")


def choice(right):
    return series([("vigilance", at < right) for at in range(20)] + [("target", False)] * 80)


def series(rows, kind="forced-choice", practice=False):
    frame = pd.DataFrame(rows, columns=["role", "correct"])
    named = {"experiment": "one", "kind": kind, "participant": "p", "series": 0}
    return frame.assign(**named, practice=practice, simulated=False)


def judged(trials, **more):
    table = participants.measure(trials, **more)
    tables.conform(table, participants.PARTICIPANTS)
    [row] = table.to_dict("records")
    return row


GAMES = [
    # 55 % of 19 is 10.45, and 30 % of 136 is 40.8.
    (game(missed=10, false_alarms=40), None),
    (game(missed=11), "missed vigilance"),
    (game(false_alarms=41), "false alarms"),
    (game(missed=19, false_alarms=136), "missed vigilance and false alarms"),
    # Exactly at a limit a series is valid.
    (game(missed=11, vigilance=20, false_alarms=3, presentations=10), None),
]
CHOICES = [(choice(right=13), None), (choice(right=12), "failed vigilance")]


@pytest.mark.parametrize(("trials", "reason"), [*GAMES, *CHOICES])
def test_a_series_is_excluded_by_the_rules_of_the_paper(trials, reason):
    row = judged(trials)
    assert (row["excluded"], row["reason"] or None) == (reason is not None, reason)


@pytest.mark.parametrize(("trials", "reason"), [*GAMES, *CHOICES])
def test_the_server_judges_a_series_as_the_analysis_does(trials, reason):
    absent = dict.fromkeys(answers.Answer._fields)
    rows = trials[["role", "correct", "practice"]].to_dict("records")
    given = [answers.Answer(**absent | row) for row in rows]
    settings = KINDS[trials["kind"][0]]()
    assert answers.judge(settings, given).reason == reason


@pytest.mark.parametrize(("trials", "reason"), GAMES)
def test_answers_of_other_games_are_left_out_by_the_same_rules(trials, reason):
    repeated = trials["role"].str.endswith("repeat")
    cells = trials.assign(answer=(trials["correct"] == repeated) * 1, image=trials.index)
    assert games.answered(cells, games.Exclusion()).empty == (reason is not None)


def test_the_shares_and_limits_are_told():
    row = judged(game(missed=4, false_alarms=34))
    assert row["missed"] == pytest.approx(4 / 19)
    assert row["false_alarms"] == pytest.approx(0.25)
    assert row["n"] == 19 + 136 + 60
    assert judged(game(missed=4), most_missed=0.2)["reason"] == "missed vigilance"
    assert judged(game(), length=216)["reason"] == "interrupted"
    assert not judged(game(), length=215)["excluded"]
    assert np.isnan(judged(choice(right=20))["false_alarms"])


def test_practice_is_not_judged():
    practice = series([("vigilance", False)] * 20, practice=True)
    row = judged(pd.concat([practice, choice(right=20)]))
    assert (row["n"], row["missed"], row["excluded"]) == (100, 0, False)


def test_a_series_that_was_left_in_its_practice_is_interrupted():
    practice = series([("filler", True)] * 3, kind="memory-game", practice=True)
    row = judged(practice)
    assert (row["n"], row["reason"]) == (0, "interrupted")
    assert answered.analysed(practice, participants.measure(practice)).empty


def test_a_study_none_of_whose_series_counts_is_told(caplog):
    assert answered.analysed(choice(right=12), participants.measure(choice(right=12))).empty
    assert "none of the 1 series counts" in caplog.text


def test_a_series_of_a_simulated_participant_says_so():
    assert not judged(game())["simulated"]
    assert judged(game().assign(simulated=True))["simulated"]


def test_analyses_leave_out_practice_and_excluded_series_alone():
    trials = memory_game(seed=1, participants=3)
    practice = trials[:5].assign(practice=True)
    asleep = trials["participant"].eq("p001") & trials["role"].eq("vigilance_repeat")
    played = pd.concat([practice, trials.assign(correct=trials["correct"] & ~asleep)])
    tables.conform(played, answered.TRIALS)
    left = answered.analysed(played, participants.measure(played))
    assert left["participant"].value_counts().to_dict() == {"p000": 215, "p002": 215}
    assert not left["practice"].any()
