"""How many series it takes to find a slope on alpha, and what they cost, before anybody is paid."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit
from statsmodels.stats.proportion import proportion_confint

from mnemo.errors import MnemoError
from mnemo.experiment.settings import MemoryGame, Settings
from mnemo.experiment.simulate import MODELS, USUAL_LAG, Model

#: Alphas of the paper's test set (GANalyze, 2.2).
ALPHAS = (-0.2, -0.1, 0.0, 0.1, 0.2)
#: Fewest participants that are advised: the slope needs few, but what holds for three people need
#: not hold for others.
PARTICIPANTS = 20


@dataclass(frozen=True)
class Power:
    """What it takes to find a slope.

    Attributes:
        slope: The slope, in log odds for an increase of alpha by 1.
        answers: Answers to targets in valid series.
        valid_series: Valid series.
        series: Series to be played, of which some will not be valid.
        participants: Participants who play them.
        standard_error: Standard error of the slope that is expected from the answers.
        wanted: The power asked for.
        power: The share of simulated experiments in which the slope is found.
        low: Lower end of its 95 % interval.
        high: Upper end of its 95 % interval.
        minutes: Minutes of all series together, without instructions and practice.
        cost: What the participants are paid.
    """

    slope: float
    answers: int
    valid_series: int
    series: int
    participants: int
    standard_error: float
    wanted: float
    power: float
    low: float
    high: float
    minutes: float
    cost: float


def power(
    settings: Settings,
    slope: float,
    *,
    alphas: Sequence[float] = ALPHAS,
    images: int = 7500,
    wanted: float = 0.8,
    confidence: float = 0.95,
    valid: float = 1.0,
    each: float = 1.0,
    model: Model | None = None,
    runs: int = 200,
    seed: int = 0,
) -> Power:
    """Compute how many series it takes to find a slope, and check it by simulation.

    N answers to as many images give the slope a standard error of c / sqrt(N var(alpha)), with c
    from `scale`: about 2.4 in the memory game, where the intervals of the paper's slopes have 2.2
    to 2.3, and 2.6 in the forced choice, where the paper's has 2.65. Further answers to the same
    images tell less (`standard_error`).

    Args:
        settings: Settings of either experiment.
        slope: The slope to be found, in log odds for an increase of alpha by 1.
        alphas: The alphas of the targets, each shown equally often.
        images: Number of targets: seeds times alphas.
        wanted: Probability that the interval of the slope excludes 0.
        confidence: Confidence of that interval.
        valid: Share of series that will be valid. The paper does not state its own.
        each: Series that a participant plays, on average.
        model: How people answer; the one of the experiment in `simulate.MODELS` by default.
        runs: Number of simulated experiments; 0 for none, where the power is nan.
        seed: Seed of the simulation.

    Returns:
        What it takes.

    Raises:
        MnemoError: An argument is out of range, or no number of answers is enough.
    """
    _check(settings, slope, alphas, images, wanted, confidence, valid, each, runs)
    model = replace(model or MODELS[settings.kind], slope=slope)
    variance = float(np.var(alphas))
    quantiles = stats.norm.ppf(1 - (1 - confidence) / 2) + stats.norm.ppf(wanted)
    answers = _answers(model, abs(slope) / quantiles, images, variance)
    valid_series = math.ceil(answers / settings.targets)
    series = math.ceil(valid_series / valid)
    participants = math.ceil(series / each)
    found = math.nan, math.nan, math.nan
    if runs:
        random = np.random.default_rng(seed)
        limit = stats.norm.isf((1 - confidence) / 2)
        ratios = [
            ratio(answered(settings, alphas, images, valid_series, each, model, random))
            for _ in range(runs)
        ]
        hits = sum(each * math.copysign(1, slope) > limit for each in ratios)
        low, high = proportion_confint(hits, runs, alpha=0.05, method="wilson")
        found = float(hits / runs), float(low), float(high)
    return Power(
        slope,
        answers,
        valid_series,
        series,
        participants,
        standard_error(model, valid_series * settings.targets, images, variance),
        wanted,
        *found,
        series * settings.seconds / 60,
        series * settings.pay,
    )


def scale(model: Model) -> float:
    """Compute c: the standard error of a slope is c / sqrt(N var(alpha)).

    The slope shows in the share of correct answers, which rises by d for each unit of log odds.
    Around it, answers of one participant to different images vary by v, the mean over participants
    of p (1 - p), since every participant sees all alphas equally often. So c = sqrt(v) / d.

    Args:
        model: How people answer.

    Returns:
        The factor.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(41)
    weights = weights / weights.sum()
    odds = model.intercept + model.participants * nodes[:, None] + model.images * nodes
    chance = expit(odds)
    correct = model.lapse / 2 + (1 - model.lapse) * chance @ weights
    rise = (1 - model.lapse) * (chance * (1 - chance)) @ weights
    return float(np.sqrt(weights @ (correct * (1 - correct))) / (weights @ rise))


def standard_error(model: Model, answers: int, images: int, variance: float) -> float:
    """Compute the standard error of a slope.

    Answers to one image have its own memorability in common. To first order, s being the standard
    deviation of images in log odds, k answers to each image have
    sqrt((c^2 + (k - 1) s^2) / (N var(alpha))).

    Args:
        model: How people answer.
        answers: Number of answers.
        images: Number of images that they are spread over evenly.
        variance: Variance of alpha over the images.

    Returns:
        The standard error, in log odds for an increase of alpha by 1.
    """
    further = max(1.0, answers / images) - 1
    return math.sqrt((scale(model) ** 2 + further * model.images**2) / (answers * variance))


def _answers(model: Model, error: float, images: int, variance: float) -> int:
    """Return the number of answers that give a slope a standard error."""
    answers = scale(model) ** 2 / (variance * error**2)
    if answers > images:
        # What is left of the variance beside that of the images, which no answer lessens.
        left = variance * error**2 - model.images**2 / images
        if left <= 0:
            least = math.ceil(model.images**2 / (variance * error**2)) + 1
            raise MnemoError(
                f"{images:,} images are too few to find this slope, however many answers they get: "
                f"at least {least:,} are needed, or a wider range of alphas"
            )
        answers = (scale(model) ** 2 - model.images**2) / left
    return math.ceil(answers)


def answered(
    settings: Settings,
    alphas: Sequence[float],
    images: int,
    series: int,
    each: float,
    model: Model,
    random: np.random.Generator,
) -> pd.DataFrame:
    """Simulate the answers to the targets of an experiment.

    Args:
        settings: Settings of the experiment.
        alphas: The alphas of the targets, each shown equally often.
        images: Number of targets: seeds times alphas.
        series: Number of valid series.
        each: Series of a participant, on average.
        model: How people answer.
        random: What is drawn from.

    Returns:
        A row for each answer: participant, image (both numbered from 0), alpha, correct.
    """
    count = settings.targets
    by_alpha = max(1, images // len(alphas))
    # The least-answered image comes first, so that all are answered equally often.
    numbers = np.arange(series * count)
    alpha = numbers % len(alphas)
    image = (numbers // len(alphas)) % by_alpha * len(alphas) + alpha
    participant = (numbers // count / each).astype(int)
    odds = model.intercept + model.slope * np.asarray(alphas)[alpha]
    odds += (model.participants * random.standard_normal(participant.max() + 1))[participant]
    odds += (model.images * random.standard_normal(by_alpha * len(alphas)))[image]
    if isinstance(settings, MemoryGame):
        lags = random.integers(*settings.lag, size=len(numbers), endpoint=True)
        odds -= model.decay * np.log((lags + 1) / (USUAL_LAG + 1))
    chance = model.lapse / 2 + (1 - model.lapse) * expit(odds)
    return pd.DataFrame(
        {
            "participant": participant,
            "image": image,
            "alpha": np.asarray(alphas)[alpha],
            "correct": random.random(len(numbers)) < chance,
        }
    )


def ratio(table: pd.DataFrame) -> float:
    """Compute the ratio of a slope to its standard error.

    The slope is that of a linear regression of correct answers on alpha within participants. Its
    standard error allows for what answers to one image have in common. It has about the power of
    the logistic mixed model's in a small part of the time.

    Args:
        table: The answers, as `answered` returns them.

    Returns:
        The ratio; 0 if all answers are alike.
    """
    alpha, correct = (
        (table[name] - table.groupby("participant")[name].transform("mean")).to_numpy(np.float64)
        for name in ("alpha", "correct")
    )
    slope = alpha @ correct / (alpha @ alpha)
    parts = np.bincount(table["image"], weights=alpha * (correct - slope * alpha))
    count = table["image"].nunique()
    error = np.sqrt(count / max(1, count - 1) * (parts @ parts)) / (alpha @ alpha)
    return float(slope / error) if error else 0.0


def _check(
    settings: Settings,
    slope: float,
    alphas: Sequence[float],
    images: int,
    wanted: float,
    confidence: float,
    valid: float,
    each: float,
    runs: int,
) -> None:
    found = []
    if not (math.isfinite(slope) and slope):
        found.append(f"slope must be a number other than 0, but is {slope}")
    if len(set(alphas)) < 2 or not np.isfinite(alphas).all():
        found.append(f"alphas must be at least two different numbers, but are {list(alphas)}")
    if images < len(alphas):
        found.append(f"images must be at least as many as alphas, {len(alphas)}, but are {images}")
    for name, value in (("wanted", wanted), ("confidence", confidence)):
        if not 0 < value < 1:
            found.append(f"{name} must be above 0 and below 1, but is {value}")
    if not 0 < valid <= 1:
        found.append(f"valid must be above 0 and at most 1, but is {valid}")
    if not 1 <= each <= settings.most_series:
        found.append(f"each must be from 1 to {settings.most_series} series, but is {each}")
    if runs < 0:
        found.append(f"runs must be at least 0, but is {runs}")
    if found:
        raise MnemoError("\n".join(found))
