"""The order of a memory game's images: places drawn at random, repeats matched to first showings.

A series is built, not searched for: the places of first showings and of repeats are drawn, and a
minimum-cost matching with random costs pairs them so that every lag is allowed. About a quarter of
the draws is rejected, because a place has no match or too many repeats are in a row. Drawing pair
by pair is as fast, and its lags are uniform, but 58 % of the last two fifths of a series would be
repeats, and 51 % are here: people would learn that what comes late is a repeat. It serves designs
whose lags are too alike for random places to have a matching.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from mnemo.errors import MnemoError
from mnemo.experiment.settings import MemoryGame

Role = Literal["target", "repeat", "filler", "vigilance", "vigilance_repeat"]

#: Draws after which a design is taken for impossible.
TRIES = 100
#: A filler is this many times more likely in the last places of a series than in the first. First
#: showings become fewer toward the end; without more fillers there, people would learn that what
#: comes late is a repeat.
LATE = 3.0
#: First showings become less likely by this factor, as a power of e, from the first place at which
#: a repeat may be to the last at which a first showing may be.
FALL = 2.0
#: The range that this power is drawn from once a quarter of the draws has failed, since designs
#: whose lags are long or alike need all first showings early, or evenly.
FALLS = (0.0, 12.0)
_FORBIDDEN = 1e6


class Place(NamedTuple):
    """What is shown at one place of a series.

    Attributes:
        role: What it is there for.
        number: Which image of its role it is, from 0; a repeat has the number of its first showing.
        lag: Number of images between an image and its repeat; None for what is no repeat.
    """

    role: Role
    number: int
    lag: int | None = None


def arrange(settings: MemoryGame, random: np.random.Generator) -> list[Place]:
    """Draw the order of a series.

    Args:
        settings: How many images of each role it has, and the limits of lags and runs.
        random: What it is drawn from.

    Returns:
        The places, in the order of the series, without practice.

    Raises:
        MnemoError: No order was found.
    """
    if places := _tried(settings, random):
        return places
    raise MnemoError(_impossible(settings))


def practice(settings: MemoryGame, random: np.random.Generator) -> list[Place]:
    """Draw the order of the practice, which has fillers and vigilance images.

    Args:
        settings: As for `arrange`.
        random: As for `arrange`.

    Returns:
        The places; none if there is no practice.

    Raises:
        MnemoError: No order was found.
    """
    return arrange(_practice(settings), random) if settings.practice else []


def _practice(settings: MemoryGame) -> MemoryGame:
    return MemoryGame(
        targets=0,
        fillers=settings.practice_fillers,
        vigilance=settings.practice_vigilance,
        vigilance_lag=settings.vigilance_lag,
        longest_run=settings.longest_run,
    )


def check(settings: MemoryGame) -> None:
    """Check that orders of a series and of its practice can be found.

    Args:
        settings: Settings that `settings.check` accepts.

    Raises:
        MnemoError: They can't.
    """
    random = np.random.default_rng(0)
    arrange(settings, random)
    practice(settings, random)


def longest_run(repeats: NDArray[np.bool_]) -> int:
    """Return the largest number of True in a row."""
    ends = np.flatnonzero(np.concatenate([[True], ~repeats, [True]]))
    return int(np.diff(ends).max()) - 1


def _tried(settings: MemoryGame, random: np.random.Generator) -> list[Place]:
    for trial in range(TRIES):
        early = trial < TRIES / 4
        fall = FALL if early else random.uniform(*FALLS)
        draw = _matched if early or trial % 2 else _paired
        if places := draw(settings, random, fall):
            return places
    return []


def _matched(settings: MemoryGame, random: np.random.Generator, fall: float) -> list[Place] | None:
    """Draw one order; None if it breaks a limit."""
    n, targets = settings.length, settings.targets
    places: dict[int, Place] = {}
    free = np.ones(n, dtype=bool)
    vigilance = _pairs(free, settings.vigilance, settings.vigilance_lag, random)
    if vigilance is None:
        return None
    _place(places, vigilance, "vigilance", "vigilance_repeat")

    # No repeat is nearer to the beginning than the shortest lag, and no first showing nearer to the
    # end: what exceeds the targets there are fillers.
    shortest, longest = settings.lag
    left = np.flatnonzero(free)
    left = _weighted(left, 1 + (LATE - 1) * left / n, left.size, random)
    first, last = left <= shortest, left >= n - shortest - 1
    needed = first & last
    for end in (first & ~last, last & ~first):
        needed[np.flatnonzero(end)[: max(0, end.sum() - targets)]] = True
    if needed.sum() > settings.fillers:
        return None
    left = left[np.argsort(~needed, kind="stable")]
    for number, place in enumerate(left[: settings.fillers].tolist()):
        places[place] = Place("filler", number)
        free[place] = False

    if targets:
        left = np.flatnonzero(free)
        early, late = left <= shortest, left >= n - shortest - 1
        either = left[~early & ~late]
        wanted = targets - int(early.sum())
        if not 0 <= wanted <= either.size:
            return None
        weights = np.exp(-fall * (either - shortest) / max(1, n - 2 * shortest))
        firsts = np.sort(np.append(left[early], _weighted(either, weights, wanted, random)))
        repeats = np.setdiff1d(left, firsts)
        lags = repeats - firsts[:, None] - 1
        costs = random.random(lags.shape)
        costs[(lags < shortest) | (lags > longest)] = _FORBIDDEN
        rows, columns = linear_sum_assignment(costs)
        if costs[rows, columns].max() >= _FORBIDDEN:
            return None
        pairs = list(zip(firsts[rows].tolist(), lags[rows, columns].tolist(), strict=True))
        _place(places, pairs, "target", "repeat")
    return _within_runs(places, settings)


def _paired(settings: MemoryGame, random: np.random.Generator, _: float) -> list[Place] | None:
    """Draw one order pair by pair, for lags that are too alike for a matching of random places."""
    places: dict[int, Place] = {}
    free = np.ones(settings.length, dtype=bool)
    vigilance = _pairs(free, settings.vigilance, settings.vigilance_lag, random)
    targets = _pairs(free, settings.targets, settings.lag, random)
    if vigilance is None or targets is None:
        return None
    _place(places, vigilance, "vigilance", "vigilance_repeat")
    _place(places, targets, "target", "repeat")
    for number, place in enumerate(np.flatnonzero(free).tolist()):
        places[place] = Place("filler", number)
    return _within_runs(places, settings)


def _pairs(
    free: NDArray[np.bool_], count: int, lag: tuple[int, int], random: np.random.Generator
) -> list[tuple[int, int]] | None:
    """Draw places for pairs, each the place of the first and the lag, and mark them as taken."""
    pairs = []
    for _ in range(count):
        drawn = int(random.integers(*lag, endpoint=True))
        possible = np.flatnonzero(free[: -drawn - 1] & free[drawn + 1 :])
        if not possible.size:
            return None
        first = int(random.choice(possible))
        free[[first, first + drawn + 1]] = False
        pairs.append((first, drawn))
    return pairs


def _place(
    places: dict[int, Place], pairs: Iterable[tuple[int, int]], first: Role, repeat: Role
) -> None:
    for number, (place, lag) in enumerate(pairs):
        places[place] = Place(first, number)
        places[place + lag + 1] = Place(repeat, number, lag)


def _within_runs(places: dict[int, Place], settings: MemoryGame) -> list[Place] | None:
    order = [places[place] for place in range(settings.length)]
    repeated = np.array([place.lag is not None for place in order])
    return order if longest_run(repeated) <= settings.longest_run else None


def _weighted(
    values: NDArray[np.int64], weights: NDArray[np.float64], count: int, random: np.random.Generator
) -> NDArray[np.int64]:
    """Draw values without repetition, each in proportion to its weight among those left.

    The smallest of exponential numbers, each divided by its weight, are such a draw (Efraimidis and
    Spirakis 2006).
    """
    return values[np.argsort(random.exponential(size=len(values)) / weights)[:count]]


def _impossible(settings: MemoryGame) -> str:
    """Explain which limit keeps an order from being found, by taking away one after another."""
    random = np.random.default_rng(0)
    n, targets = settings.length, settings.targets
    sizes = (
        f"{targets} targets, {settings.fillers} fillers and {settings.vigilance} vigilance images "
        f"({n} places)"
    )
    free_runs = replace(settings, longest_run=n)
    if _tried(free_runs, random):
        least = next(
            run
            for run in range(settings.longest_run + 1, n + 1)
            if _tried(replace(settings, longest_run=run), random)
        )
        return (
            f"longest_run of {settings.longest_run} can't be met by {sizes}: it takes {least}. "
            "Raise it, or add fillers"
        )

    def without(removed: int) -> MemoryGame:
        """Return the settings with fillers in the place of some targets and their repeats."""
        fillers = settings.fillers + 2 * removed
        return replace(free_runs, targets=targets - removed, fillers=fillers)

    shortest, longest = settings.vigilance_lag
    if not _tried(without(targets), random):
        return (
            f"vigilance_lag of {shortest} to {longest} can't be met by {settings.vigilance} "
            f"vigilance images in {n} places. Widen it, or have fewer of them"
        )
    shortest, longest = settings.lag
    possible, impossible = 0, targets
    while impossible - possible > 1:
        middle = (possible + impossible) // 2
        if _tried(without(targets - middle), random):
            possible = middle
        else:
            impossible = middle
    return (
        f"lag of {shortest} to {longest} can't be met by {sizes}: an order was found "
        f"for {possible} targets at most, {targets - possible} fewer. Widen it, add fillers or "
        "have fewer targets"
    )
