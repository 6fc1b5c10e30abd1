"""Simulated participants: answers to any series, with a planted slope of memory on alpha.

Every page and table that rests on them must say so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import expit

from mnemo.experiment.answers import Answer, Given, answer
from mnemo.experiment.series import Series, Trial
from mnemo.experiment.settings import Kind, MemoryGame
from mnemo.experiment.stimuli import Experiment

#: What a simulated participant does: answer as people do, press at every image, or never press. In
#: the forced choice, those who always press choose the left side, and those who never do answer
#: nothing.
Behaviour = Literal["attentive", "always", "never"]

#: Mean number of images between a target and its repeat in the paper's design, about.
USUAL_LAG = 80.0


@dataclass(frozen=True)
class Model:
    """How simulated people answer, on the scale of log odds where no unit is given.

    The probability of a hit at the repeat of a target is
    expit(intercept + slope * alpha + participant + image - decay * log((lag + 1) / 81)), and that
    of a correct choice the same without the last term. Participants and images are normal with
    mean 0. Response times are ex-Gaussian, a normal number plus an exponential one, as in jsPsych's
    simulation mode.

    Attributes:
        slope: Increase of the log odds for an increase of alpha by 1.
        intercept: Log odds at alpha 0 of the usual participant and image.
        participants: Standard deviation of participants.
        images: Standard deviation of images.
        decay: Decrease of the log odds of a hit with the logarithm of the lag.
        false_alarm: Log odds of a press at a first presentation.
        false_alarm_participants: Standard deviation of participants in these.
        vigilance: Probability of a correct answer to a vigilance trial.
        lapse: Probability of an answer at random, whatever is shown.
        mu: Mean of the normal part of response times, in milliseconds.
        sigma: Its standard deviation, in milliseconds.
        tau: Mean of the exponential part, in milliseconds.
        false_alarm_delay: How much later false alarms are, in milliseconds.
        fastest: Shortest response time, in milliseconds.
    """

    slope: float = 1.92
    intercept: float = 0.6
    participants: float = 0.8
    images: float = 0.6
    decay: float = 0.15
    false_alarm: float = -2.5
    false_alarm_participants: float = 0.6
    vigilance: float = 0.95
    lapse: float = 0.02
    mu: float = 500.0
    sigma: float = 50.0
    tau: float = 150.0
    false_alarm_delay: float = 60.0
    fastest: float = 150.0

    @property
    def correct(self) -> float:
        """Probability of a hit, or of a correct choice, of the usual participant and image."""
        return float(self.lapse / 2 + (1 - self.lapse) * expit(self.intercept))


#: Slopes are the paper's: 1.92 for hits (section 3.4) and -0.08 for correct choices (3.3.2). About
#: three quarters of choices are correct, which the width of the paper's interval suggests.
MODELS: dict[Kind, Model] = {
    "memory-game": Model(),
    "forced-choice": Model(slope=-0.08, intercept=1.2),
}


def of_slope(kind: Kind, slope: float) -> Model:
    """Return how people answer an experiment of a kind, with another slope."""
    return replace(MODELS[kind], slope=slope)


@dataclass(frozen=True)
class Person:
    """A simulated participant.

    Attributes:
        memory: How much better than usual they answer, in log odds.
        bias: How much more often than usual they press at first presentations, in log odds.
        behaviour: What they do.
    """

    memory: float = 0.0
    bias: float = 0.0
    behaviour: Behaviour = "attentive"


def person(model: Model, random: np.random.Generator, behaviour: Behaviour = "attentive") -> Person:
    """Draw a participant.

    Args:
        model: How people answer.
        random: What is drawn from.
        behaviour: What the participant does.

    Returns:
        The participant.
    """
    memory = model.participants * random.standard_normal()
    return Person(memory, model.false_alarm_participants * random.standard_normal(), behaviour)


def effects(experiment: Experiment, model: Model, random: np.random.Generator) -> dict[str, float]:
    """Draw how much better than usual each target is answered.

    Args:
        experiment: The experiment.
        model: How people answer.
        random: What is drawn from.

    Returns:
        The increase in log odds by the target's token.
    """
    tokens = sorted(token for token, each in experiment.images.items() if each.set == "targets")
    drawn = model.images * random.standard_normal(len(tokens))
    return dict(zip(tokens, drawn.tolist(), strict=True))


def following(
    experiment: Experiment, scores: pd.DataFrame | None, strength: float
) -> dict[str, float]:
    """Return how much better than usual targets are answered by whoever remembers as a model says.

    Args:
        experiment: The experiment.
        scores: The model's scores: `image`, `alpha` and `score`; None if they follow none.
        strength: Increase in log odds for a score higher by a standard deviation of the targets'.

    Returns:
        The increase in log odds by the target's token, with mean 0; none without scores, and 0 of
        an image that has no score, such as an oval without a face.
    """
    if scores is None:
        return {}
    known = scores.set_index(["image", "alpha"])["score"]
    tokens = sorted(token for token, each in experiment.images.items() if each.set == "targets")
    images = [(experiment.images[each].key, experiment.images[each].alpha) for each in tokens]
    of = known.reindex(pd.MultiIndex.from_tuples(images))
    # Scores that are all alike, or of one image, tell images no better apart than none.
    standardised = ((of - of.mean()) / (of.std(ddof=0) or 1.0)).fillna(0.0)
    return dict(zip(tokens, (strength * standardised).tolist(), strict=True))


def play(
    experiment: Experiment,
    series: Series,
    participant: str,
    model: Model,
    who: Person,
    images: Mapping[str, float],
    random: np.random.Generator,
) -> list[Answer]:
    """Answer a series.

    Args:
        experiment: The experiment.
        series: The series.
        participant: Name of the participant in the answers.
        model: How people answer.
        who: The participant.
        images: Increase in log odds of each target by its token, from `effects`; a token that is
            missing has none.
        random: What is drawn from.

    Returns:
        An answer to each trial.
    """
    settings = experiment.settings
    shown_ms = settings.image_ms if isinstance(settings, MemoryGame) else settings.pair_ms
    made = []
    for place, trial in enumerate(series.trials):
        alpha = experiment.images[trial.image].alpha or 0.0
        effect = model.slope * alpha + images.get(trial.image, 0.0)
        if isinstance(settings, MemoryGame):
            given, rt = _press(settings, trial, effect, model, who, random)
        else:
            given, rt = _choose(trial, effect, model, who, random)
        made.append(answer(experiment, participant, series, place, given, rt, float(shown_ms)))
    return made


def _press(
    settings: MemoryGame,
    trial: Trial,
    effect: float,
    model: Model,
    who: Person,
    random: np.random.Generator,
) -> tuple[Given | None, float | None]:
    """Press or not at an image of the memory game."""
    repeated = trial.lag is not None
    if trial.role == "repeat" and trial.lag is not None:
        forgotten = model.decay * np.log((trial.lag + 1) / (USUAL_LAG + 1))
        chance = expit(model.intercept + effect + who.memory - forgotten)
    elif repeated:
        chance = model.vigilance
    else:
        chance = expit(model.false_alarm + who.bias)
    pressed = _decided(float(chance), model, who, random)
    # Drawn either way, so that what one answer is does not change the next.
    rt = _response_time(model, random) + (0.0 if repeated else model.false_alarm_delay)
    # The answer to an image ends when the next one comes.
    latest = settings.image_ms + settings.blank_ms - 10
    return ("old", min(rt, latest)) if pressed else ("new", None)


def _choose(
    trial: Trial,
    effect: float,
    model: Model,
    who: Person,
    random: np.random.Generator,
) -> tuple[Given | None, float | None]:
    """Choose a side of a pair."""
    if who.behaviour == "never":
        return None, None
    chance = expit(model.intercept + effect + who.memory)
    if trial.role == "vigilance":
        chance = model.vigilance
    correct = _decided(float(chance), model, who, random)
    rt = _response_time(model, random)
    if who.behaviour == "always" or correct == (trial.side == "left"):
        return "left", rt
    return "right", rt


def _decided(chance: float, model: Model, who: Person, random: np.random.Generator) -> bool:
    lapsed, drawn = random.random(2)
    if who.behaviour != "attentive":
        return who.behaviour == "always"
    return bool(drawn < (0.5 if lapsed < model.lapse else chance))


def _response_time(model: Model, random: np.random.Generator) -> float:
    drawn = random.normal(model.mu, model.sigma) + random.exponential(model.tau)
    return max(float(drawn), model.fastest)
