"""Orders of a memory game meet every limit, and lateness does not tell what is a repeat."""

from collections import Counter
from dataclasses import replace
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as run
from hypothesis import strategies as st
from numpy.typing import NDArray

from mnemo.errors import MnemoError
from mnemo.experiment import arrangement, settings
from mnemo.experiment.arrangement import Place
from mnemo.experiment.settings import MemoryGame

PAPER = MemoryGame()


def orders(game: MemoryGame, count: int) -> list[list[Place]]:
    random = np.random.default_rng(1)
    return [arrangement.arrange(game, random) for _ in range(count)]


def repeated(order: list[Place]) -> NDArray[np.bool_]:
    return np.array([place.role in ("repeat", "vigilance_repeat") for place in order])


def assert_meets(order: list[Place], game: MemoryGame) -> None:
    """Check an order against the design, from the order alone."""
    assert Counter(place.role for place in order) == +Counter(
        target=game.targets,
        repeat=game.targets,
        filler=game.fillers,
        vigilance=game.vigilance,
        vigilance_repeat=game.vigilance,
    )
    where = {(place.role, place.number): at for at, place in enumerate(order)}
    assert len(where) == len(order)
    for at, place in enumerate(order):
        if place.role in ("repeat", "vigilance_repeat"):
            first = "target" if place.role == "repeat" else "vigilance"
            shortest, longest = game.lag if first == "target" else game.vigilance_lag
            lag = at - where[first, place.number] - 1
            assert place.lag == lag
            assert shortest <= lag <= longest
        else:
            assert place.lag is None
    runs = [len(list(run)) for is_repeat, run in groupby(repeated(order)) if is_repeat]
    assert max(runs, default=0) <= game.longest_run


@pytest.fixture(scope="module")
def paper() -> list[list[Place]]:
    """Orders with the paper's settings."""
    return orders(PAPER, 150)


def test_the_papers_design_is_always_met(paper: list[list[Place]]) -> None:
    for order in paper:
        assert_meets(order, PAPER)


@pytest.mark.parametrize(
    "game",
    [
        replace(PAPER, lag=(89, 109)),
        replace(PAPER, lag=(120, 180), longest_run=12),
        replace(PAPER, lag=(89, 89)),
        replace(PAPER, lag=(34, 40)),
        replace(PAPER, lag=(1, 3)),
        replace(PAPER, fillers=0, longest_run=12),
        replace(PAPER, targets=20, fillers=28, vigilance=14),
        replace(PAPER, targets=10, fillers=15, vigilance=4, lag=(5, 30)),
        replace(PAPER, vigilance=0),
    ],
    ids=lambda game: f"{game.targets} targets, {game.fillers} fillers, lag {game.lag}",
)
def test_other_designs_are_met(game: MemoryGame) -> None:
    for order in orders(game, 5):
        assert_meets(order, game)


@run(max_examples=30, deadline=None, derandomize=True)
@given(
    st.builds(
        MemoryGame,
        targets=st.integers(1, 25),
        fillers=st.integers(0, 30),
        vigilance=st.integers(0, 8),
        lag=st.tuples(st.integers(0, 40), st.integers(0, 80)).map(lambda lag: (lag[0], sum(lag))),
        longest_run=st.integers(2, 10),
    )
)
def test_an_order_meets_its_design_or_the_design_is_refused(game: MemoryGame) -> None:
    try:
        settings.check(game)
        order = arrangement.arrange(game, np.random.default_rng(0))
    except MnemoError as why:
        refused = str(why)
    else:
        return assert_meets(order, game)
    assert "lag of" in refused or "longest_run of" in refused
    return None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"longest_run": 2}, r"longest_run of 2 can't be met by 60 targets.* it takes [345]\b"),
        ({"lag": (150, 200)}, r"lag of 150 to 200 .*for 5\d targets at most, \d+ fewer"),
        (
            {"targets": 1, "fillers": 0, "lag": (0, 99), "vigilance_lag": (38, 39)},
            "vigilance_lag of 38 to 39 can't be met by 19 vigilance images in 40 places",
        ),
    ],
)
def test_an_impossible_design_names_the_limit(changes: dict[str, object], words: str) -> None:
    with pytest.raises(MnemoError, match=words):
        arrangement.check(replace(PAPER, **changes))  # type: ignore[arg-type]


def test_lags_spread_over_their_whole_range(paper: list[list[Place]]) -> None:
    lags = [place.lag for order in paper for place in order if place.role == "repeat"]
    assert np.quantile(lags, [0.05, 0.5, 0.95]) == pytest.approx([36, 75, 133], abs=5)


def test_lateness_does_not_tell_what_is_a_repeat(paper: list[list[Place]]) -> None:
    fifths = np.mean(
        [[part.mean() for part in np.array_split(repeated(order), 5)] for order in paper], axis=0
    )
    # Without more fillers late in a series, the last fifth has .64.
    assert fifths[-1] < 0.6
    assert fifths[1] > 0.25


def test_practice_has_fillers_and_vigilance_alone() -> None:
    order = arrangement.practice(PAPER, np.random.default_rng(0))
    assert Counter(place.role for place in order) == {
        "filler": 7,
        "vigilance": 4,
        "vigilance_repeat": 4,
    }
    without = replace(PAPER, practice_fillers=0, practice_vigilance=0)
    assert arrangement.practice(without, np.random.default_rng(0)) == []
