"""Training: how a trained assessor ranks images that it was not trained on.

In place of a network, ridge regression learns a target from features, all normal, so that the rank
correlation of any regression among all possible images is known.
"""

from functools import cache

import numpy as np
import pandas as pd
from benchmarks.simulations import Interval, Simulation
from numpy.typing import NDArray
from scipy import linalg, stats

from mnemo.results import training
from mnemo.training import ceiling

FEATURES = 100
FOLDS = 5
#: Trainings whose mean is what a cross-validation estimates.
TRAININGS = 500

Floats = NDArray[np.float64]


def _images(n: int, effect: float, *seed: int) -> tuple[Floats, Floats]:
    generator = np.random.default_rng(seed)
    features = generator.standard_normal((n, FEATURES))
    return features, effect * features[:, 0] + generator.standard_normal(n)


def _train(features: Floats, target: Floats) -> Floats:
    gram = features.T @ features + 50 * np.eye(FEATURES)
    weights: Floats = linalg.solve(gram, features.T @ target, assume_a="pos")
    return weights


def _truth(weights: Floats, effect: float) -> float:
    """Compute Spearman's correlation of score and target, from Pearson's."""
    pearson = effect * weights[0] / np.linalg.norm(weights) / np.hypot(effect, 1)
    return float(6 / np.pi * np.arcsin(pearson / 2))


def _interval(predictions: pd.DataFrame, run: str, truth: float, resamples: int) -> Interval:
    summary = training.summary(
        predictions.assign(shape=None),
        None,
        assessor="a",
        architecture="b",
        target="hit_rate",
        resamples=resamples,
    ).set_index("run")
    return summary.loc[run, "spearman_low"], truth, summary.loc[run, "spearman_high"]


def _holdout(n: int, effect: float) -> Simulation:
    def draw(seed: int) -> dict[str, Interval]:
        features, target = _images(n, effect, seed)
        tested = np.arange(n) >= 0.9 * n
        weights = _train(features[: n * 8 // 10], target[: n * 8 // 10])
        scores = features[tested] @ weights
        predictions = pd.DataFrame({"run": "holdout", "target": target[tested], "score": scores})
        return {"spearman": _interval(predictions, "holdout", _truth(weights, effect), 200)}

    words = f"{n:,} images, a tenth tested, {FEATURES} features, effect {effect:g}"
    return Simulation("training", words, draw, {})


def _folds(n: int, effect: float, *, instead: str = "") -> Simulation:
    @cache
    def expected() -> float:
        """Average over models that are trained on as many images as a fold's."""
        trained = int(0.9 * n * (FOLDS - 1) / FOLDS)
        fits = (_train(*_images(trained, effect, seed, 1)) for seed in range(TRAININGS))
        return float(np.mean([_truth(weights, effect) for weights in fits]))

    def draw(seed: int) -> dict[str, Interval]:
        features, target = _images(n, effect, seed)
        place, parts = np.arange(n), []
        for fold in range(FOLDS):
            tested = place % FOLDS == fold
            # A tenth of the others validates.
            trained = ~tested & (place // FOLDS % 10 > 0)
            scores = features[tested] @ _train(features[trained], target[trained])
            run = f"fold-{fold + 1:02d}"
            parts.append(pd.DataFrame({"run": run, "target": target[tested], "score": scores}))
        # Each fold's own interval, which is not looked at here, would take most of the time.
        return {"spearman": _interval(pd.concat(parts), "folds", expected(), resamples=1)}

    words = f"{n:,} images, mean of {FOLDS} folds, {FEATURES} features, effect {effect:g}"
    return Simulation("training", words, draw, {"spearman": instead} if instead else {})


def _answers(images: int, responses: int, generator: np.random.Generator) -> pd.DataFrame:
    """Draw what people answer, who remember each image with a probability of its own."""
    hits = generator.binomial(responses, generator.beta(6, 5, images))
    counts = {"hits": hits, "misses": responses - hits}
    return pd.DataFrame({**counts, "false_alarms": 0, "correct_rejections": responses})


@cache
def _split_halves(responses: int) -> float:
    """Measure two groups of half as many people against each other, on very many images."""
    generator = np.random.default_rng(0)
    remembered = generator.beta(6, 5, 400_000)
    groups = [generator.binomial(responses // 2, remembered) for _ in range(2)]
    return float(stats.spearmanr(*groups).statistic)


def _ceiling(images: int, responses: int) -> Simulation:
    def draw(seed: int) -> dict[str, Interval]:
        answers = _answers(images, responses, np.random.default_rng(seed))
        settings = {"splits": 10, "resamples": 200, "seed": seed}
        found = ceiling.measure(answers, target="hit_rate", **settings)
        truth = _split_halves(responses)
        low, high = (np.nan, np.nan) if found is None else (found.low, found.high)
        return {"ceiling": (low, truth, high)}

    return Simulation("training", f"{images} images, {responses} answers to each", draw, {})


SIMULATIONS = [
    _holdout(2222, 0.75),
    _folds(2222, 0.75, instead="conservative: covers up to 99 %"),
    _folds(2222, 0.0),
    _folds(500, 0.75),
    _ceiling(100, 80),
    _ceiling(300, 40),
]
