"""Series are balanced, show nobody two edits of one image, and are the same on every machine."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, replace

import pytest
from tests.support.experiments import ALPHAS, PAIRS, SHORT, experiment

from mnemo.errors import MnemoError
from mnemo.experiment import checker, series, stimuli
from mnemo.experiment.series import Series, Trial
from mnemo.experiment.settings import ForcedChoice, MemoryGame, Settings
from mnemo.experiment.stimuli import Experiment

FOUR = {
    "memory-game": replace(SHORT, most_series=4),
    "forced-choice": replace(PAIRS, most_series=4),
}


@pytest.fixture(scope="module", params=FOUR.values(), ids=FOUR)
def made(request: pytest.FixtureRequest) -> Experiment:
    """An experiment that has just the images that it needs."""
    return experiment(request.param)


def targets(each: Series) -> list[str]:
    return [t.image for t in each.trials if t.role == "target" and not t.practice]


@pytest.mark.parametrize("settings", [MemoryGame(), ForcedChoice()], ids=lambda each: each.kind)
def test_the_papers_series_meet_every_constraint(settings: Settings) -> None:
    whole = experiment(settings)
    stimuli.check(settings, whole.images.values())
    all_series = list(series.plan(whole, participants=1, each=settings.most_series))
    checker.check(whole, all_series)
    shown = Counter(whole.images[token].alpha for each in all_series for token in targets(each))
    assert shown == dict.fromkeys(ALPHAS, settings.most_series * settings.targets / 5)


def test_a_participant_sees_every_target_once_and_only_one_edit_of_it(made: Experiment) -> None:
    own = [series.make(made, 7, number) for number in range(4)]
    keys = [made.images[token].key for each in own for token in targets(each)]
    assert len(keys) == len(set(keys)) == 40
    for each in own:
        alphas = Counter(made.images[token].alpha for token in targets(each))
        assert alphas == dict.fromkeys(ALPHAS, 2)
    checker.check(made, own)


def test_answers_stay_even_over_images() -> None:
    several = experiment(replace(SHORT, most_series=4), targets=50)
    counts = Counter(t for each in series.plan(several, 15, 4) for t in targets(each))
    # 600 answers over 250 images are 2.4 each.
    assert set(counts.values()) <= {2, 3}
    assert len(counts) == 250


def test_the_least_answered_images_come_first(made: Experiment) -> None:
    rare = {token for token, each in made.images.items() if each.set == "targets"}
    rare = {token for token in rare if int(made.images[token].key) % 2}
    counts = dict.fromkeys(made.images.keys() - rare, 5)
    dealt = series.make(made, 0, 0, seen=set(), counts=counts)
    assert set(targets(dealt)) <= rare
    checker.check(made, [dealt])


def test_what_a_participant_has_seen_is_not_dealt_again(made: Experiment) -> None:
    first = series.make(made, 3, 0)
    checker.check(made, [first, series.make(made, 3, 1, seen=first.tokens)])
    assert series.make(made, 3, 1, seen=first.tokens) == series.make(made, 3, 1)


def test_seed_and_numbers_decide_a_series(made: Experiment) -> None:
    assert series.make(made, 1, 2) == series.make(made, 1, 2)
    others = [(2, 2), (1, 3)]
    drawn = {tuple(targets(series.make(made, *each))) for each in [(1, 2), *others]}
    assert len(drawn) == 3
    assert tuple(targets(series.make(replace(made, seed=1), 1, 2))) not in drawn


@pytest.mark.parametrize(
    ("kind", "digest"), [("memory-game", "a1d4468dee0b"), ("forced-choice", "e82207695c18")]
)
def test_a_series_is_the_same_on_every_machine(kind: str, digest: str) -> None:
    made = series.make(experiment(FOUR[kind]), 5, 1)
    listed = json.dumps([asdict(trial) for trial in made.trials], sort_keys=True)
    assert hashlib.sha256(listed.encode()).hexdigest()[:12] == digest


def test_practice_is_in_the_first_series_alone(made: Experiment) -> None:
    first, second = (series.make(made, 0, number) for number in (0, 1))
    practice = made.settings.practice
    assert [trial.practice for trial in first.trials[: practice + 1]] == [True] * practice + [False]
    assert len(second.trials) == made.settings.length


def test_places_and_alphas_are_independent() -> None:
    whole = experiment(MemoryGame(most_series=1), targets=60)
    lags: dict[float | None, list[int]] = {}
    for participant in range(30):
        for trial in series.make(whole, participant, 0).trials:
            if trial.role == "repeat" and trial.lag:
                lags.setdefault(whole.images[trial.image].alpha, []).append(trial.lag)
    means = [sum(each) / len(each) for each in lags.values()]
    # Of 360 lags with a standard deviation of 32, the standard error of a mean is 1.7.
    assert max(means) - min(means) < 8


def test_pairs_are_of_one_class_and_the_sides_are_random() -> None:
    settings = replace(PAIRS, targets=40, most_series=2)
    by_class = experiment(settings, classes=4)
    stimuli.check(settings, by_class.images.values())
    own = [series.make(by_class, participant, 0) for participant in range(20)]
    checker.check(by_class, own)
    sides = Counter(trial.side for each in own for trial in each.trials)
    assert sides["left"] / sides.total() == pytest.approx(0.5, abs=0.06)


def test_several_edits_are_conditions_of_their_own() -> None:
    settings = replace(SHORT, targets=8)
    both = experiment(settings, edits=("memorable", "brighter"), alphas=(-1.0, 1.0))
    own = list(series.plan(both, 2, 3))
    checker.check(both, own)
    edits = Counter(both.images[token].edit for token in targets(own[0]))
    assert edits == {"memorable": 4, "brighter": 4}


def test_no_series_exceeds_the_most(made: Experiment) -> None:
    with pytest.raises(MnemoError, match="at most 4 series"):
        series.make(made, 0, 4)


@pytest.mark.parametrize(
    ("settings", "images", "words"),
    [
        (SHORT, {"targets": 240}, "250 targets are needed.* there are 240, 10 too few"),
        (SHORT, {"fillers": 300}, "303 fillers are needed.* there are 300, 3 too few"),
        (PAIRS, {"vigilance": 60}, "68 vigilance are needed.* there are 60, 8 too few"),
        (PAIRS, {"fillers": 0}, "3 fillers are needed.* there are 0, 3 too few"),
        (PAIRS, {"photographs": 200}, "41 photographs are missing: a participant may see"),
        (
            PAIRS,
            {"photographs": 241 - 30, "classes": 10},
            r"\d+ photographs are missing in 10 of 10 classes: a participant may see \d+ generated "
            r"images of class \d",
        ),
    ],
)
def test_a_design_with_too_few_images_is_refused(
    settings: Settings, images: dict[str, int], words: str
) -> None:
    with pytest.raises(MnemoError, match=words):
        stimuli.check(settings, experiment(settings, **images).images.values())  # type: ignore[arg-type]


def test_images_that_would_spoil_the_design_are_refused() -> None:
    images = [*experiment(SHORT).images.values()]
    targets = [each for each in images if each.set == "targets"]
    filler = next(each for each in images if each.set == "fillers")
    for changed, words in (
        (images[1:], "1 of 250 targets don't have all 5 alphas, such as 0000000"),
        ([*images, images[0]], "1 images of the targets are there twice, such as 0000000 at alpha"),
        (
            [*images, filler.model_copy(update={"key": "0000001"})],
            "1 keys are in two sets, such as 0000001 in fillers and targets",
        ),
        (
            [*images, filler.model_copy(update={"sha256": targets[0].sha256})],
            "1 pictures have several keys, such as 0000000 and 0100",
        ),
    ):
        with pytest.raises(MnemoError, match=words):
            stimuli.check(SHORT, changed)


def change(trials: list[Trial], role: str, **changes: object) -> list[Trial]:
    """Change the first trial of a role."""
    at = next(at for at, trial in enumerate(trials) if trial.role == role)
    changed = replace(trials[at], **changes)  # type: ignore[arg-type]
    return [*trials[:at], changed, *trials[at + 1 :]]


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (lambda s: s[1:], "trials are"),
        (lambda s: change(s, "repeat", lag=99), r"the lag of image \w+ is \d+, not 99"),
        (lambda s: change(s, "target", lag=3), "has a lag, but is no repeat"),
        (lambda s: [*reversed(s)], "is shown as repeat, target"),
        (lambda s: sorted(s, key=lambda t: t.image), "is repeated after 0 images"),
        (
            lambda s: [*s[:9], *sorted(s[9:], key=lambda t: "repeat" in t.role)],
            "repeats are in a row",
        ),
        (lambda s: change(s, "filler", image="00"), "the experiment has no image 00"),
        (lambda s: change(s, "filler", practice=True), "practice comes after"),
        (
            lambda s: change(s, "filler", image=s[0].image),
            r"is shown (as|3 times|2 times)",
        ),
    ],
)
def test_the_checker_finds_what_is_broken_in_a_memory_game(
    broken: Callable[[list[Trial]], list[Trial]], words: str
) -> None:
    of = experiment(SHORT)
    made = series.make(of, 0, 1)
    assert not list(checker.violations(of, [made]))
    spoilt = replace(made, trials=tuple(broken(list(made.trials))))
    with pytest.raises(MnemoError, match=words):
        checker.check(of, [spoilt])


@pytest.mark.parametrize(
    ("change_to", "words"),
    [
        ({"side": "top"}, "is on no side"),
        ({"photograph": None}, "has no photograph"),
        ({"photograph": "fillers"}, "is no photograph"),
        ({"image": "vigilance"}, "is one of the vigilance"),
        ({"photograph": "photographs"}, "of class . is beside a photograph of class ."),
    ],
)
def test_the_checker_finds_what_is_broken_in_a_forced_choice(
    change_to: dict[str, str | None], words: str
) -> None:
    settings = replace(PAIRS, most_series=2)
    of = experiment(settings, classes=2, photographs=60)
    made = series.make(of, 0, 1)
    assert not list(checker.violations(of, [made]))
    own = made.trials[0]
    unseen = {
        name: next(
            t
            for t, s in of.images.items()
            if (s.set == name and t not in made.tokens)
            and s.image_class != of.images[own.image].image_class
        )
        for name in ("photographs", "vigilance", "fillers")
    }
    changes = {name: unseen.get(value or "", value) for name, value in change_to.items()}
    spoilt = replace(made, trials=(replace(own, **changes), *made.trials[1:]))  # type: ignore[arg-type]
    with pytest.raises(MnemoError, match=words):
        checker.check(of, [spoilt])


def test_the_checker_finds_what_only_several_series_break(made: Experiment) -> None:
    first, second = (series.make(made, 0, number) for number in (0, 1))
    with pytest.raises(MnemoError, match="series 0 is there twice"):
        checker.check(made, [first, first])
    with pytest.raises(MnemoError, match="keys are shown in two series"):
        checker.check(made, [first, replace(first, number=1)])
    with pytest.raises(MnemoError, match="are more than the 4 allowed"):
        checker.check(made, [first, replace(second, number=9)])
    other = {
        each.key: token
        for token, each in made.images.items()
        if each.set == "targets" and token not in first.tokens
    }
    edits = {token: other[made.images[token].key] for token in targets(first)}
    shown = tuple(replace(t, image=edits.get(t.image, t.image)) for t in first.trials)
    with pytest.raises(MnemoError, match="10 keys are shown in two edits"):
        checker.check(made, [first, replace(first, number=1, trials=shown)])
