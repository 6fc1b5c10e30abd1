"""Simulated participants answer the real server over HTTP, and what they answer can be foretold."""

from pathlib import Path
from typing import Any

import pytest
from tests.support.served import GAME, PAIRS, export, export_pairs

from mnemo.errors import MnemoError
from mnemo.experiment import __main__ as command
from mnemo.experiment import checker
from mnemo.experiment.answers import Answer
from mnemo.experiment.server import dealing, players, served
from mnemo.experiment.server import export as exporting
from mnemo.experiment.server.database import SERIES
from mnemo.experiment.server.players import Played
from mnemo.experiment.simulate import MODELS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("players") / "experiment"
    export(place)
    return place


def play(folder: Path, data: Path, **more: Any) -> tuple[Played, list[Answer]]:
    sent: list[Answer] = []
    given = {"participants": 4, "series": 2, "model": MODELS["memory-game"], **more}
    return players.simulate(folder, data=data, sent=sent.extend, **given), sent


def test_the_same_seed_gives_the_same_series_and_answers(folder: Path, tmp_path: Path) -> None:
    first, again, other = (
        play(folder, tmp_path / name, seed=seed)[1] for name, seed in [("a", 1), ("b", 1), ("c", 2)]
    )
    assert first == again
    assert first != other


def test_everybody_plays_as_many_series_as_asked_and_goes_on_later(
    folder: Path, tmp_path: Path
) -> None:
    trials = GAME.practice + GAME.length
    assert play(folder, tmp_path, series=1)[0] == Played(4, 4, 4 * trials, 0)
    assert play(folder, tmp_path, series=1)[0] == Played(4, 4, 4 * GAME.length, 0)
    assert play(folder, tmp_path, series=1)[0] == Played(0, 0, 0, 0)


def test_who_presses_always_or_never_is_blocked_after_one_series(
    folder: Path, tmp_path: Path
) -> None:
    played, sent = play(folder, tmp_path, inattentive=0.5)
    assert (played.participants, played.series, played.blocked) == (4, 6, 2)
    pressed: dict[str, list[bool]] = {}
    for each in sent:
        pressed.setdefault(each.participant, []).append(each.answer == "old")
    assert sorted((all(found), any(found)) for found in pressed.values()) == [
        (False, False),
        (False, True),
        (False, True),
        (True, True),
    ]


def test_many_at_once_are_dealt_series_that_meet_every_constraint(
    folder: Path, tmp_path: Path
) -> None:
    played, sent = play(folder, tmp_path, participants=12, at_once=6)
    assert played == Played(12, 24, len(sent), 0)
    site = served.serve(folder, data=tmp_path)
    with site.database.reading() as connection:
        rows = connection.execute(SERIES.select()).all()
    site.database.close()
    checker.check(
        site.experiment,
        [dealing.planned(row.participant, row.number, row.plan) for row in rows],
    )
    assert {row.state for row in rows} == {"finished"}


def test_pairs_are_answered_too(tmp_path: Path) -> None:
    export_pairs(tmp_path / "pairs")
    model = MODELS["forced-choice"]
    played, sent = play(tmp_path / "pairs", tmp_path / "answers", model=model, inattentive=0.25)
    assert played.participants == 4
    assert played.answers == len(sent) == played.series * PAIRS.length + 4 * PAIRS.practice
    stored = exporting.trials(tmp_path / "pairs", data=tmp_path / "answers")
    assert list(stored["correct"]) == [each.correct for each in sent]


def test_where_people_answer_nobody_is_simulated(tmp_path: Path) -> None:
    export(tmp_path / "real", demo=False)
    with pytest.raises(MnemoError, match="is no demonstration"):
        play(tmp_path / "real", tmp_path / "answers")
    assert not (tmp_path / "answers").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"participants": 0}, "participants must be at least 1"),
        ({"series": 3}, "plays at most 2 series, not 3"),
        ({"inattentive": 1.5}, "inattentive must be from 0 to 1"),
        ({"seed": -1}, "seed must be at least 0"),
        ({"at_once": 0}, "at_once must be at least 1"),
    ],
)
def test_what_can_not_be_simulated_is_refused(
    folder: Path, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(MnemoError, match=message):
        play(folder, tmp_path, **change)


def test_more_participants_than_there_are_places_are_refused(tmp_path: Path) -> None:
    export(tmp_path / "small")
    (tmp_path / "small" / "recruitment.yaml").write_text("most_participants: 3\nsource: mturk\n")
    with pytest.raises(MnemoError, match="most_participants: 3"):
        play(tmp_path / "small", tmp_path / "answers")
    assert play(tmp_path / "small", tmp_path / "answers", participants=3)[0].series == 6


def test_the_command_tells_what_was_simulated(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--participants", "2", "--slope", "5", "--data", str(tmp_path)]
    command.main(["simulate", str(folder), *options])
    answers = 2 * (GAME.practice + GAME.length)
    assert f"2 participants finished 2 series with {answers} answers" in capsys.readouterr().out
