"""The designs are the paper's, and a design that contradicts itself is refused."""

from dataclasses import replace

import pytest

from mnemo.errors import MnemoError
from mnemo.experiment import settings
from mnemo.experiment.settings import ForcedChoice, MemoryGame


def test_the_memory_game_has_the_papers_numbers() -> None:
    game = MemoryGame()
    assert game.length == 215
    assert (game.targets, game.lag, game.vigilance_lag) == (60, (34, 139), (0, 3))
    assert (game.image_ms, game.blank_ms, game.seconds) == (600, 800, 301)
    assert game.targets + game.fillers + game.vigilance == 136
    assert game.most_series * game.targets == 1500
    assert (game.most_missed, game.most_false_alarms, game.pay) == (0.55, 0.30, 0.50)
    settings.check(game)


def test_the_forced_choice_has_the_papers_numbers() -> None:
    pairs = ForcedChoice()
    assert (pairs.length, pairs.vigilance, pairs.practice, pairs.pair_ms) == (100, 20, 20, 1600)
    assert (pairs.most_series, pairs.least_correct, pairs.pay) == (17, 0.65, 0.50)
    settings.check(pairs)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"targets": 0}, "targets must be at least 1, but is 0"),
        ({"lag": (139, 34)}, "lag must be from 0 up, the smaller first, but is 139 to 34"),
        ({"lag": (-1, 34)}, "lag must be from 0 up"),
        ({"most_missed": 55.0}, "most_missed must be from 0 to 1, but is 55"),
        ({"image_ms": 200, "blank_ms": 100}, "every 300 ms: more than 3 a second can cause"),
        ({"pay": float("nan")}, "pay must be at least 0, but is nan"),
        (
            {"lag": (180, 200)},
            r"at least 180 leaves 34 of the 215 places .* of 60 images: 26 too few",
        ),
        ({"lag": (300, 400)}, "leaves 0 of the 215 places .* 60 too few"),
        (
            {"vigilance_lag": (20, 30)},
            "at least 20 needs a practice of 22 images, but it has 15",
        ),
    ],
)
def test_settings_that_cannot_be_met_are_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(MnemoError, match=words):
        settings.check(replace(MemoryGame(), **changes))  # type: ignore[arg-type]


def test_every_mistake_is_reported_at_once() -> None:
    with pytest.raises(MnemoError) as raised:
        settings.check(ForcedChoice(targets=0, least_correct=65, practice=-1))
    assert len(str(raised.value).splitlines()) == 4
