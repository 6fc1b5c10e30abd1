"""Answers to the trials of a series, and whether the series is valid."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from mnemo.experiment.arrangement import Role
from mnemo.experiment.series import Series, Trial
from mnemo.experiment.settings import MemoryGame, Settings
from mnemo.experiment.stimuli import Experiment

Given = Literal["old", "new", "left", "right"]

#: Why a series is not valid.
MISSED, FALSE_ALARMS, VIGILANCE = "missed vigilance", "false alarms", "failed vigilance"


class Answer(NamedTuple):
    """What a participant did in one trial; practice is left out of every analysis.

    Attributes:
        participant: The participant.
        series: Number of the series among the participant's, from 0.
        trial: Place of the trial in the series, from 0; practice comes first.
        image: Key of the image in the study; of a pair, of the generated one.
        token: Token of the image, which also tells its alpha.
        seed: Seed of the image; None for a photograph.
        edit: Name of the edit; None for an unedited image.
        alpha: Its alpha; None for an unedited image.
        role: What the image is there for.
        practice: Whether the trial is practice.
        lag: Number of images between an image and its repeat; None for what is no repeat.
        answer: In the memory game `old` if a key was pressed and `new` if not; in the forced choice
            the side that was taken for the generated image, None if there was no answer.
        correct: Whether that is right.
        rt: Milliseconds from the onset of the image, or from the end of the pair, to the first
            press; None without one.
        shown_ms: Milliseconds that the image or the pair was shown.
    """

    participant: str
    series: int
    trial: int
    image: str
    token: str
    seed: int | None
    edit: str | None
    alpha: float | None
    role: Role
    practice: bool
    lag: int | None
    answer: Given | None
    correct: bool
    rt: float | None
    shown_ms: float


class Verdict(NamedTuple):
    """Whether a series is valid.

    Attributes:
        valid: Whether it may be analysed, and the participant may go on.
        reason: Why not; None of a valid series.
        missed: Share of vigilance trials that were missed or answered wrongly; None without any.
        false_alarms: Share of presses at first presentations; None in the forced choice.
    """

    valid: bool
    reason: str | None
    missed: float | None
    false_alarms: float | None


def right(trial: Trial, given: Given | None) -> bool:
    """Return whether an answer to a trial is correct.

    Args:
        trial: The trial.
        given: The answer.

    Returns:
        Whether it is `old` at a repeat and `new` at another image, or the side of the generated
        image.
    """
    if trial.side is not None:
        return given == trial.side
    return (given == "old") == (trial.role in ("repeat", "vigilance_repeat"))


def answer(
    experiment: Experiment,
    participant: str,
    series: Series,
    trial: int,
    given: Given | None,
    rt: float | None,
    shown_ms: float,
) -> Answer:
    """Describe an answer with all that its analysis needs.

    Args:
        experiment: The experiment.
        participant: The participant.
        series: The series.
        trial: Place of the trial in it.
        given: As for `Answer`.
        rt: As for `Answer`.
        shown_ms: As for `Answer`.

    Returns:
        The answer.
    """
    of = series.trials[trial]
    image = experiment.images[of.image]
    return Answer(
        participant=participant,
        series=series.number,
        trial=trial,
        image=image.key,
        token=of.image,
        seed=image.seed,
        edit=image.edit,
        alpha=image.alpha,
        role=of.role,
        practice=of.practice,
        lag=of.lag,
        answer=given,
        correct=right(of, given),
        rt=rt,
        shown_ms=shown_ms,
    )


def judge(settings: Settings, answers: Sequence[Answer]) -> Verdict:
    """Judge a series by its vigilance trials and false alarms (GANalyze, 3.3.2 and 3.4).

    False alarms are a share of all first presentations: of fillers, targets and vigilance images.

    Args:
        settings: Settings of the experiment.
        answers: All answers of one series.

    Returns:
        Whether it is valid.
    """
    counted = [each for each in answers if not each.practice]
    if isinstance(settings, MemoryGame):
        missed = _share(not each.correct for each in counted if each.role == "vigilance_repeat")
        false_alarms = _share(
            not each.correct for each in counted if each.role in ("target", "filler", "vigilance")
        )
        reasons = {
            MISSED: missed is not None and missed > settings.most_missed,
            FALSE_ALARMS: false_alarms is not None and false_alarms > settings.most_false_alarms,
        }
    else:
        missed = _share(not each.correct for each in counted if each.role == "vigilance")
        false_alarms = None
        correct = _share(each.correct for each in counted if each.role == "vigilance")
        reasons = {VIGILANCE: correct is not None and correct < settings.least_correct}
    reason = " and ".join(name for name, holds in reasons.items() if holds) or None
    return Verdict(reason is None, reason, missed, false_alarms)


def _share(holds: Iterable[bool]) -> float | None:
    counted = list(holds)
    return sum(counted) / len(counted) if counted else None
