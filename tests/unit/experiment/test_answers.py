"""A series is valid at the paper's limits, and every answer says all that its analysis needs."""

import pytest
from tests.support.experiments import PAIRS, SHORT, experiment

from mnemo.experiment import answers, series
from mnemo.experiment.answers import Answer, Given
from mnemo.experiment.series import Series
from mnemo.experiment.settings import ForcedChoice, MemoryGame
from mnemo.experiment.stimuli import Experiment


@pytest.fixture(scope="module")
def game() -> tuple[Experiment, Series]:
    """A series with the paper's settings, after practice."""
    of = experiment(MemoryGame(most_series=1))
    return of, series.make(of, 0, 0)


@pytest.fixture(scope="module")
def choice() -> tuple[Experiment, Series]:
    """A forced choice with the paper's settings, after practice."""
    of = experiment(ForcedChoice(most_series=1))
    return of, series.make(of, 0, 0)


def played(of: Experiment, made: Series, wrong: dict[str, int]) -> list[Answer]:
    """Answer a series, with a number of mistakes for each role, and in all of practice."""
    mistakes: dict[Given, Given] = {"old": "new", "new": "old", "left": "right", "right": "left"}
    left, found = dict(wrong), []
    for place, trial in enumerate(made.trials):
        repeated = trial.role in ("repeat", "vigilance_repeat")
        given: Given = trial.side or ("old" if repeated else "new")
        if trial.practice or left.get(trial.role, 0):
            given = mistakes[given]
            left[trial.role] = left.get(trial.role, 0) - (not trial.practice)
        found.append(answers.answer(of, "p1", made, place, given, 500.0, 600.0))
    return found


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({}, None),
        ({"vigilance_repeat": 10}, None),
        ({"vigilance_repeat": 11}, "missed vigilance"),
        # 30 % of 136 first presentations are 40.8.
        ({"filler": 40}, None),
        ({"filler": 41}, "false alarms"),
        ({"filler": 20, "target": 15, "vigilance": 5}, None),
        ({"filler": 20, "target": 15, "vigilance": 6}, "false alarms"),
        ({"repeat": 60}, None),
        ({"filler": 57, "vigilance_repeat": 19}, "missed vigilance and false alarms"),
    ],
)
def test_a_memory_game_is_valid_up_to_the_papers_limits(
    game: tuple[Experiment, Series], wrong: dict[str, int], reason: str | None
) -> None:
    verdict = answers.judge(game[0].settings, played(*game, wrong))
    assert (verdict.valid, verdict.reason) == (reason is None, reason)
    assert verdict.missed == wrong.get("vigilance_repeat", 0) / 19


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"target": 80}, None),
        ({"vigilance": 7}, None),
        ({"vigilance": 8}, "failed vigilance"),
    ],
)
def test_a_forced_choice_is_valid_from_65_percent(
    choice: tuple[Experiment, Series], wrong: dict[str, int], reason: str | None
) -> None:
    verdict = answers.judge(choice[0].settings, played(*choice, wrong))
    assert (verdict.valid, verdict.reason) == (reason is None, reason)
    assert verdict.false_alarms is None


def test_without_vigilance_every_series_is_valid() -> None:
    for settings in (
        MemoryGame(**{**vars(SHORT), "vigilance": 0, "most_series": 1}),
        ForcedChoice(**{**vars(PAIRS), "vigilance": 0, "most_series": 1}),
    ):
        of = experiment(settings)
        verdict = answers.judge(settings, played(of, series.make(of, 0, 0), {"target": 1}))
        assert verdict.valid
        assert verdict.missed is None


def test_an_answer_has_all_that_its_analysis_needs(game: tuple[Experiment, Series]) -> None:
    of, made = game
    place = next(at for at, trial in enumerate(made.trials) if trial.role == "repeat")
    image = of.images[made.trials[place].image]
    found = answers.answer(of, "p1", made, place, "old", 612.0, 599.9)
    assert found.correct
    assert found.lag == made.trials[place].lag
    assert (found.image, found.seed, found.alpha) == (image.key, image.seed, image.alpha)
    assert not found._replace(answer="new", correct=False).correct
    assert not answers.answer(of, "p1", made, place, "new", None, 599.9).correct
