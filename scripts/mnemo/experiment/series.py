"""Dealing images to a participant, and making a series of them.

The experiment's seed, the participant's number and the series' number decide all that is drawn, so
that a series is the same on every machine.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Literal, NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from mnemo.errors import MnemoError
from mnemo.experiment import arrangement
from mnemo.experiment.arrangement import Place, Role
from mnemo.experiment.settings import MemoryGame, Set
from mnemo.experiment.stimuli import Experiment, Pool

Side = Literal["left", "right"]

# What a random number is drawn for: a change of one leaves the others as they are.
_DEAL, _ORDER = 0, 1


@dataclass(frozen=True)
class Trial:
    """What is shown in one trial.

    Attributes:
        image: Token of the image; of a pair, of the generated one.
        role: What it is there for. Pairs are target or vigilance; a pair of practice is filler.
        practice: Whether it is practice, which no analysis includes.
        lag: Number of images between an image and its repeat; None for what is no repeat.
        photograph: Token of the photograph beside it; None in the memory game.
        side: Where the generated image of a pair is; None in the memory game.
    """

    image: str
    role: Role
    practice: bool = False
    lag: int | None = None
    photograph: str | None = None
    side: Side | None = None


@dataclass(frozen=True)
class Series:
    """A series of one participant.

    Attributes:
        participant: Number of the participant, from 0.
        number: Number of the series among those of the participant, from 0.
        trials: Its trials in order. Those of practice come first, in the first series only.
    """

    participant: int
    number: int
    trials: tuple[Trial, ...]

    @property
    def tokens(self) -> set[str]:
        """The tokens of all images that it shows."""
        shown = {trial.image for trial in self.trials}
        return shown | {trial.photograph for trial in self.trials if trial.photograph}


def make(
    experiment: Experiment,
    participant: int,
    number: int,
    *,
    seen: Collection[str] | None = None,
    counts: Mapping[str, int] | None = None,
) -> Series:
    """Make a series of a participant.

    Targets are dealt at random among the images of which the participant has seen no edit, as
    many at each alpha; with `counts`, those with the fewest answers first.

    Args:
        experiment: The experiment, which `stimuli.check` accepts.
        participant: Number of the participant, from 0.
        number: Number of the series, from 0.
        seen: Tokens of the images that the participant has seen in earlier series. Without it,
            the earlier series are taken to be those that this function makes without `counts`.
        counts: Answers of each target by its token, those that are expected of running series
            included; a token that is missing has none.

    Returns:
        The series.

    Raises:
        MnemoError: The participant has had all series.
    """
    settings = experiment.settings
    if not (participant >= 0 and 0 <= number < settings.most_series):
        raise MnemoError(
            f"there is no series {number} of participant {participant}: both are numbered from 0, "
            f"and a participant has at most {settings.most_series} series"
        )
    if seen is None:
        seen = set()
        for earlier in range(number):
            seen.update(_deal(experiment, participant, earlier, seen, {}).tokens)
    dealt = _deal(experiment, participant, number, seen, counts or {})
    random = _random(experiment, participant, number, _ORDER)
    if isinstance(settings, MemoryGame):
        trials = _memory_game(settings, dealt, random)
    else:
        trials = _forced_choice(dealt, random)
    return Series(participant, number, tuple(trials))


def plan(experiment: Experiment, participants: int, each: int) -> Iterator[Series]:
    """Make the series of several participants, who all play the same number of series.

    They are made in the order in which participants at equal pace would play them, and the targets
    with the fewest answers so far come first.

    Args:
        experiment: The experiment, which `stimuli.check` accepts.
        participants: Number of participants.
        each: Series of each participant.

    Yields:
        The series.

    Raises:
        MnemoError: A participant can't have that many series.
    """
    counts: Counter[str] = Counter()
    seen: list[set[str]] = [set() for _ in range(participants)]
    for number in range(each):
        for participant in range(participants):
            made = make(experiment, participant, number, seen=seen[participant], counts=counts)
            seen[participant] |= made.tokens
            counts.update(t.image for t in made.trials if t.role == "target" and not t.practice)
            yield made


class _Dealt(NamedTuple):
    """The tokens of the images of a series, each list in random order."""

    targets: list[str]
    fillers: list[str]
    vigilance: list[str]
    practice: list[str]
    photographs: dict[str, str]

    @property
    def tokens(self) -> set[str]:
        return {*self.targets, *self.fillers, *self.vigilance, *self.practice} | {
            *self.photographs.values()
        }


def _random(
    experiment: Experiment, participant: int, number: int, purpose: int
) -> np.random.Generator:
    return np.random.default_rng((experiment.seed, participant, number, purpose))


def _deal(
    experiment: Experiment,
    participant: int,
    number: int,
    seen: Collection[str],
    counts: Mapping[str, int],
) -> _Dealt:
    settings, pools = experiment.settings, experiment.pools
    random = _random(experiment, participant, number, _DEAL)
    keys = {experiment.images[token].key for token in seen}

    def draw(name: Set, count: int) -> list[str]:
        return _draw(pools[name], count, keys, counts if name == "targets" else {}, random)

    targets = draw("targets", settings.targets)
    if isinstance(settings, MemoryGame):
        count = settings.practice_fillers + settings.practice_vigilance if number == 0 else 0
        others = iter(draw("fillers", settings.fillers + settings.vigilance + count))
        fillers, vigilance = (
            [*islice(others, each)] for each in (settings.fillers, settings.vigilance)
        )
        return _Dealt(targets, fillers, vigilance, [*others], {})
    vigilance = draw("vigilance", settings.vigilance)
    practice = draw("fillers", settings.practice if number == 0 else 0)
    photographs = {}
    left = {
        image_class: [*random.permutation([each for each in tokens if each not in seen])]
        for image_class, tokens in experiment.photographs.items()
    }
    for token in (*targets, *vigilance, *practice):
        photographs[token] = str(left[experiment.images[token].image_class].pop())
    return _Dealt(targets, [], vigilance, practice, photographs)


def _draw(
    pool: Pool,
    count: int,
    seen: Collection[str],
    counts: Mapping[str, int],
    random: np.random.Generator,
) -> list[str]:
    """Draw images of different keys, as many of each condition, those with few answers first.

    Of all such choices, it is one that has the smallest sum of answers.
    """
    if not count:
        return []
    rows = np.array([row for row, key in enumerate(pool.keys) if key not in seen])
    tokens = pool.tokens[rows]
    answers = np.zeros(tokens.shape)
    if counts:
        answers.ravel()[:] = [counts.get(token, 0) for token in tokens.ravel().tolist()]
    # Where the conditions don't divide the images, those with the fewest answers have one more.
    order = np.lexsort((random.random(len(pool.conditions)), answers.sum(axis=0)))
    columns = np.resize(order, count)
    # All random numbers together weigh less than one answer.
    costs = answers[:, columns].T + random.random((count, len(rows))) / count
    places, chosen = linear_sum_assignment(costs)
    return [str(each) for each in random.permutation(tokens[chosen, columns[places]])]


def _memory_game(
    settings: MemoryGame, dealt: _Dealt, random: np.random.Generator
) -> Iterator[Trial]:
    count = settings.practice_fillers
    practice, series = (
        {"filler": dealt.practice[:count], "vigilance": dealt.practice[count:]},
        {"target": dealt.targets, "filler": dealt.fillers, "vigilance": dealt.vigilance},
    )
    if dealt.practice:
        yield from _shown(arrangement.practice(settings, random), practice, is_practice=True)
    yield from _shown(arrangement.arrange(settings, random), series)


def _shown(
    places: Iterable[Place], tokens: Mapping[str, list[str]], *, is_practice: bool = False
) -> Iterator[Trial]:
    firsts = {"repeat": "target", "vigilance_repeat": "vigilance"}
    for role, number, lag in places:
        yield Trial(tokens[firsts.get(role, role)][number], role, is_practice, lag)


def _forced_choice(dealt: _Dealt, random: np.random.Generator) -> Iterator[Trial]:
    roles: dict[str, Role] = dict.fromkeys(dealt.targets, "target")
    roles |= dict.fromkeys(dealt.vigilance, "vigilance")
    order = [*dealt.practice, *map(str, random.permutation([*roles]))]
    for token, left in zip(order, random.random(len(order)) < 0.5, strict=True):
        yield Trial(
            token,
            roles.get(token, "filler"),
            token not in roles,
            photograph=dealt.photographs[token],
            side="left" if left else "right",
        )
