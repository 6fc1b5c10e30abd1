"""Checking finished series against every constraint of their design, whoever made them.

Nothing here is shared with the modules that make series: each constraint is read off the list of
trials.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from mnemo.errors import MnemoError
from mnemo.experiment.arrangement import Role
from mnemo.experiment.series import Series, Trial
from mnemo.experiment.settings import MemoryGame
from mnemo.experiment.stimuli import Condition, Experiment

_REPEATS = {"repeat": "target", "vigilance_repeat": "vigilance"}


def check(experiment: Experiment, series: Iterable[Series]) -> None:
    """Check series of one or several participants.

    Args:
        experiment: The experiment that they are of.
        series: All series of these participants, in any order.

    Raises:
        MnemoError: A constraint is broken; the message lists all that are.
    """
    if found := list(violations(experiment, series)):
        raise MnemoError("these series break the design:\n" + "\n".join(f"- {x}" for x in found))


def violations(experiment: Experiment, series: Iterable[Series]) -> Iterator[str]:
    """List every constraint that series of one or several participants break.

    Args:
        experiment: The experiment that they are of.
        series: All series of these participants, in any order.

    Yields:
        What is broken, and where.
    """
    by_participant = defaultdict(list)
    for each in series:
        by_participant[each.participant].append(each)
    conditions = {each.condition for each in experiment.images.values() if each.set == "targets"}
    for participant, own in by_participant.items():
        who = f"participant {participant}"
        for each in own:
            where = f"{who}, series {each.number}"
            yield from (f"{where}: {found}" for found in _of_series(experiment, conditions, each))
        yield from (f"{who}: {found}" for found in _of_participant(experiment, own))


def _of_series(
    experiment: Experiment, conditions: Iterable[Condition], series: Series
) -> Iterator[str]:
    unknown = sorted(series.tokens - experiment.images.keys())
    if unknown:
        yield f"the experiment has no image {unknown[0]}"
        return
    practice = [trial for trial in series.trials if trial.practice]
    trials = [trial for trial in series.trials if not trial.practice]
    if series.trials != (*practice, *trials):
        yield "practice comes after the series has begun"
    settings = experiment.settings
    if isinstance(settings, MemoryGame):
        wanted: dict[Role, int] = {
            "target": settings.targets,
            "repeat": settings.targets,
            "filler": settings.fillers,
            "vigilance": settings.vigilance,
            "vigilance_repeat": settings.vigilance,
        }
        yield from _counted(trials, wanted)
        wanted = {
            "filler": settings.practice_fillers,
            "vigilance": settings.practice_vigilance,
            "vigilance_repeat": settings.practice_vigilance,
        }
        yield from _counted(practice, wanted if series.number == 0 else {})
        for part in (practice, trials):
            yield from _repeats(settings, part)
        sets = {"target": "targets", "filler": "fillers", "vigilance": "fillers"}
    else:
        wanted = {"target": settings.targets, "vigilance": settings.vigilance}
        yield from _counted(trials, wanted)
        yield from _counted(practice, {"filler": settings.practice} if series.number == 0 else {})
        yield from _pairs(experiment, series)
        sets = {"target": "targets", "filler": "fillers", "vigilance": "vigilance"}
    for trial in series.trials:
        belongs = experiment.images[trial.image].set
        if belongs != sets[_REPEATS.get(trial.role, trial.role)]:
            yield f"the {trial.role} {trial.image} is one of the {belongs}"
    yield from _balanced(experiment, conditions, trials)


def _counted(trials: Sequence[Trial], wanted: Mapping[Role, int]) -> Iterator[str]:
    counts = Counter(trial.role for trial in trials)
    for role in sorted({*wanted, *counts}):
        if counts[role] != wanted.get(role, 0):
            yield f"{counts[role]} trials are {role}, not {wanted.get(role, 0)}"


def _repeats(settings: MemoryGame, trials: Sequence[Trial]) -> Iterator[str]:
    """List what is wrong with the places of repeats."""
    places = defaultdict(list)
    for place, trial in enumerate(trials):
        places[trial.image].append(place)
    for image, where in places.items():
        roles = [trials[place].role for place in where]
        if roles[0] in _REPEATS or any(_REPEATS.get(role) != roles[0] for role in roles[1:]):
            yield f"image {image} is shown as {', '.join(roles)}"
        elif len(where) != (1 if roles[0] == "filler" else 2):
            yield f"the {roles[0]} {image} is shown {len(where)} times"
        elif roles[0] != "filler":
            lag = where[1] - where[0] - 1
            smallest, largest = settings.lag if roles[0] == "target" else settings.vigilance_lag
            if not smallest <= lag <= largest:
                yield f"the {roles[0]} {image} is repeated after {lag} images"
            if trials[where[1]].lag != lag:
                yield f"the lag of image {image} is {lag}, not {trials[where[1]].lag}"
    for is_repeat, run in groupby(trials, key=lambda trial: trial.role in _REPEATS):
        if is_repeat and (count := len(list(run))) > settings.longest_run:
            yield f"{count} repeats are in a row"
    if odd := [trial.image for trial in trials if trial.role not in _REPEATS and trial.lag]:
        yield f"image {odd[0]} has a lag, but is no repeat"


def _pairs(experiment: Experiment, series: Series) -> Iterator[str]:
    """List what is wrong with pairs of a generated image and a photograph."""
    shown = Counter(token for trial in series.trials for token in (trial.image, trial.photograph))
    yield from (
        f"image {token} is shown {count} times" for token, count in shown.items() if count > 1
    )
    for trial in series.trials:
        if trial.side not in ("left", "right"):
            yield f"image {trial.image} is on no side"
        if trial.photograph is None:
            yield f"image {trial.image} has no photograph beside it"
            continue
        image, photograph = (experiment.images[x] for x in (trial.image, trial.photograph))
        if photograph.set != "photographs":
            yield f"image {trial.photograph} is no photograph"
        if photograph.image_class != image.image_class:
            yield (
                f"image {trial.image} of class {image.image_class} is beside a photograph of class "
                f"{photograph.image_class}"
            )


def _balanced(
    experiment: Experiment, conditions: Iterable[Condition], trials: Sequence[Trial]
) -> Iterator[str]:
    """List a series' targets if they aren't equally many at each alpha."""
    counts = Counter(
        experiment.images[trial.image].condition for trial in trials if trial.role == "target"
    )
    shown = [counts[condition] for condition in conditions]
    if max(shown) - min(shown) > 1:
        yield f"the targets are not balanced over alphas: from {min(shown)} to {max(shown)} at each"


def _of_participant(experiment: Experiment, series: Sequence[Series]) -> Iterator[str]:
    """List what only the series of a participant together can break."""
    numbers = Counter(each.number for each in series)
    if twice := [number for number, count in numbers.items() if count > 1]:
        yield f"series {twice[0]} is there twice"
    most = experiment.settings.most_series
    if len(series) > most or any(not 0 <= number < most for number in numbers):
        yield f"series {', '.join(map(str, sorted(numbers)))} are more than the {most} allowed"
    tokens, places = defaultdict(set), defaultdict(set)
    for each in series:
        for trial in each.trials:
            for token in (trial.image, trial.photograph):
                if token and token in experiment.images:
                    key = experiment.images[token].key
                    tokens[key].add(token)
                    places[key].add((each.number, trial.practice))
    if several := sorted(key for key, found in tokens.items() if len(found) > 1):
        yield f"{len(several)} keys are shown in two edits, such as {several[0]}"
    if again := sorted(key for key, found in places.items() if len(found) > 1):
        yield f"{len(again)} keys are shown in two series, such as {again[0]}"
