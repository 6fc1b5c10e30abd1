"""Validity of assessors: people's answers to images whose true scores are known.

The truths are correlations on very many images: of the assessor's scores with people's, of people's
with the true ones, which is the ceiling, and of the scores by two halves of their answers.
"""

from functools import cache

import numpy as np
import pandas as pd
from benchmarks.simulations import Interval, Simulation
from numpy.typing import NDArray
from scipy import special, stats

from mnemo.ratings.table import HALVES
from mnemo.results import assessor_validity
from mnemo.statistics import reliability

Floats = NDArray[np.float64]

SPLITS = 10
MANY = 400_000
#: How participants differ in what they call the middle, and how answers to one image differ.
BETWEEN, WITHIN = 0.5, 2.0


def _spearman(a: Floats, b: Floats) -> float:
    return float(stats.spearmanr(a, b).statistic)


def _measured(
    score: Floats, halves: Floats, assessor: Floats, truth: dict[str, float], seed: int
) -> dict[str, Interval]:
    images = [str(number) for number in range(len(score))]
    ratings = pd.DataFrame({"image": images, "score": score, "answers": None})
    for name, half in zip(HALVES, halves, strict=True):
        ratings[name] = list(half.T)
    scores = pd.DataFrame({"image": images, "assessor": "a", "shape": "square", "score": assessor})
    found = assessor_validity.measure(scores, ratings, "people", resamples=100, seed=seed).iloc[0]
    ends = {
        name: (found[f"{name}_low"], truth[name], found[f"{name}_high"])
        for name in ("consistency", "reliability", "ceiling", "share")
    }
    return {"spearman": (found["low"], truth["spearman"], found["high"]), **ends}


def _truth(true: Floats, score: Floats, halves: Floats, assessor: Floats) -> dict[str, float]:
    spearman, ceiling = _spearman(score, assessor), max(0, _spearman(score, true))
    return {
        "spearman": spearman,
        "consistency": _spearman(*halves),
        "ceiling": ceiling,
        "reliability": ceiling**2,
        "share": spearman / ceiling if ceiling > 0.05 else np.nan,
    }


def _counts(
    images: int, answers: int, spread: float, valid: float, instead: dict[str, str]
) -> Simulation:
    """Each image is remembered with a probability of its own, and answers are counted."""

    def people(answers: int, true: Floats, random: np.random.Generator) -> NDArray[np.int64]:
        return random.binomial(answers, special.expit(spread * true + 0.2))

    def seen(n: int, random: np.random.Generator) -> tuple[Floats, Floats]:
        true = random.standard_normal(n)
        return true, valid * true + np.sqrt(1 - valid**2) * random.standard_normal(n)

    @cache
    def truth() -> dict[str, float]:
        random = np.random.default_rng(0)
        true, assessor = seen(MANY, random)
        halves = [people(answers // 2, true, random) for _ in range(2)]
        return _truth(true, np.sum(halves, axis=0), np.array(halves), assessor)

    def draw(seed: int) -> dict[str, Interval]:
        random = np.random.default_rng(seed)
        true, assessor = seen(images, random)
        hits = people(answers, true, random)
        halves = reliability.halves_of_counts(hits, answers - hits, SPLITS, random)
        return _measured(hits / answers, halves, assessor, truth(), seed)

    words = f"{images:,} images, {answers} counted answers to each, spread {spread:g}"
    return Simulation("assessor_validity", f"{words}, validity {valid:g}", draw, instead)


def _ratings(images: int, participants: int, each: int, valid: float) -> Simulation:
    """Each participant, who leans one way, rates some of the images."""

    def rated(
        true: Floats, people: int, random: np.random.Generator
    ) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
        number = len(true)
        at = np.concatenate([random.permutation(number) for _ in range(people * each // number)])
        who = np.repeat(np.arange(people), each)[: len(at)]
        leaning = BETWEEN * random.standard_normal(people)
        return true[at] + leaning[who] + WITHIN * random.standard_normal(len(at)), at, who

    @cache
    def truth() -> dict[str, float]:
        random = np.random.default_rng(0)
        true = random.standard_normal(MANY)
        assessor = valid * true + np.sqrt(1 - valid**2) * random.standard_normal(MANY)
        noise = np.hypot(BETWEEN, WITHIN) * np.sqrt(2 * images / (participants * each))
        halves = np.array([true + noise * random.standard_normal(MANY) for _ in range(2)])
        return _truth(true, halves.mean(axis=0), halves, assessor)

    def draw(seed: int) -> dict[str, Interval]:
        random = np.random.default_rng(seed)
        true = random.standard_normal(images)
        assessor = valid * true + np.sqrt(1 - valid**2) * random.standard_normal(images)
        values, at, who = rated(true, participants, random)
        sides = reliability.sides(participants, SPLITS, random)
        halves = reliability.halves_of_answers(values, at, who, sides, images)
        score = np.bincount(at, values) / np.bincount(at)
        return _measured(score, halves, assessor, truth(), seed)

    words = f"{images:,} images, {participants} people who rate {each} each, validity {valid:g}"
    return Simulation("assessor_validity", words, draw, _STEPPED)


# The formula is for Pearson's correlation.
_ON_RANKS = ": of ranks the formula is up to 0.008 too high"
_STEPPED = {
    "reliability": f"covers 90 to 97 %{_ON_RANKS}",
    # Where people don't agree, its lower end is 0, which nothing is below.
    "ceiling": f"covers 90 to 98 %{_ON_RANKS}",
}

SIMULATIONS = [
    _counts(300, 40, 0.5, 0.6, _STEPPED),
    _counts(2222, 80, 0.5, 0.6, _STEPPED),
    _counts(300, 40, 0.0, 0.6, {**_STEPPED, "share": "nothing to share: people don't agree"}),
    _ratings(1000, 400, 100, 0.8),
    _ratings(200, 40, 100, 0.5),
]
