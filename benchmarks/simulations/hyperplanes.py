"""Hyperplanes: what is measured on images that they were not fitted on.

Latents are standard normal. A score is the sum of one of their numbers, times the effect, and noise
of variance 1; skewed scores are its exponential. How well any hyperplane separates high from low
scores of new images is then an integral over its signed distance, and its rank correlation with
the score follows from the linear one.
"""

from collections.abc import Collection
from functools import cache
from typing import Literal

import numpy as np
from benchmarks.simulations import Interval, Simulation
from numpy.typing import NDArray
from scipy import stats

from mnemo.directions import hyperplanes
from mnemo.directions.estimators import Name
from mnemo.directions.hyperplanes import Hyperplane

ESTIMATES = ("accuracy", "balanced_accuracy", "auc", "spearman", "r_squared")
#: Fits whose mean is what a cross-validation estimates.
FITS = 200
DISTANCES = np.linspace(-8, 8, 4001)


def _truth(plane: Hyperplane, effect: float, skewed: bool) -> list[float]:
    """Compute a hyperplane's `ESTIMATES` among all possible images."""
    cut = np.log(plane.cut) if skewed else plane.cut
    correlation = effect * plane.normal[0] / np.hypot(effect, 1)
    density = stats.norm.pdf(DISTANCES)
    # The score given the distance along the normal is normal too.
    remaining = np.sqrt(1 - correlation**2)
    high = stats.norm.cdf((correlation * DISTANCES - cut / np.hypot(effect, 1)) / remaining)
    of_high, of_low = density * high / sum(density * high), density * (1 - high)
    base_rate = 1 - of_low.sum() / density.sum()
    of_low /= of_low.sum()
    called_high = DISTANCES + plane.intercept > 0
    sensitivity, specificity = of_high[called_high].sum(), of_low[~called_high].sum()
    return [
        float(base_rate * sensitivity + (1 - base_rate) * specificity),
        float((sensitivity + specificity) / 2),
        float(of_high @ (of_low.cumsum() - of_low / 2)),
        float(6 / np.pi * np.arcsin(correlation / 2)),
        _predicted(plane, effect),
    ]


def _predicted(plane: Hyperplane, effect: float) -> float:
    """Compute the share of the variance of scores that are not skewed which ridge predicts."""
    missed = effect * np.eye(1, len(plane.normal))[0] - plane.coefficient_norm * plane.normal
    shift = plane.coefficient_norm * plane.intercept + plane.cut
    return float(1 - (missed @ missed + 1 + shift**2) / (effect**2 + 1))


def _simulation(
    n: int,
    d: int,
    effect: float,
    *,
    skewed: bool = False,
    validation: Literal["cross-validation", "holdout"] = "cross-validation",
    estimator: Name = "logistic",
    regularisation: float | Literal["auto"] = 1.0,
    conservative: Collection[str] = (),
    note: str = "",
) -> Simulation:
    # A holdout has no interval of the last two, and only ridge has the last.
    measured = ESTIMATES[:3] if validation == "holdout" else ESTIMATES
    measured = measured if estimator == "ridge" else measured[:4]

    def images(count: int, *seed: int) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        generator = np.random.default_rng(seed)
        latents = generator.standard_normal((count, d), dtype=np.float32)
        scores = effect * latents[:, 0] + generator.standard_normal(count)
        return latents, np.exp(scores) if skewed else scores

    @cache
    def expected() -> NDArray[np.float64]:
        """Average over hyperplanes that are fitted on as many images as a fold's, of five."""
        planes = (
            hyperplanes.fit(
                *images(n * 4 // 5, seed, 1),
                estimator=estimator,
                regularisation=regularisation,
                threshold="mean",
                folds=2,
                repeats=1,
                permutations=0,
            )
            for seed in range(FITS)
        )
        return np.mean([_truth(plane, effect, skewed) for plane in planes], axis=0)

    def draw(seed: int) -> dict[str, Interval]:
        plane = hyperplanes.fit(
            *images(n, seed),
            estimator=estimator,
            regularisation=regularisation,
            threshold="mean",
            permutations=0,
            validation=validation,
            seed=seed,
        )
        truths = _truth(plane, effect, skewed) if validation == "holdout" else expected()
        return {
            name: (getattr(plane, f"{name}_low"), truth, getattr(plane, f"{name}_high"))
            for name, truth in zip(ESTIMATES, truths, strict=True)
            if name in measured
        }

    instead = dict.fromkeys(conservative, "conservative: covers 97 to 99 %")
    instead |= {"spearman": "covers 94 to 99 %", "r_squared": "covers 91 to 100 %"}
    words = (
        f"{n:,} images, {d} dimensions, effect {effect:g}",
        "unequal classes" if skewed else "",
        "holdout" if validation == "holdout" else "",
        estimator if estimator != "logistic" else "",
        "regularisation chosen" if regularisation == "auto" else "",
        note,
    )
    return Simulation("hyperplanes", ", ".join(filter(None, words)), draw, instead)


SIMULATIONS = [
    _simulation(1000, 100, 0.6),
    _simulation(3000, 100, 1.0, conservative=ESTIMATES[:3]),
    _simulation(300, 100, 0.6),
    _simulation(
        1000,
        51,
        0.6,
        conservative=ESTIMATES[:3],
        note="as many for each dimension as 10,000 with 512",
    ),
    _simulation(1000, 100, 0.0),
    _simulation(1000, 100, 0.6, skewed=True),
    _simulation(1000, 100, 0.6, validation="holdout"),
    _simulation(1000, 100, 0.6, skewed=True, validation="holdout"),
    _simulation(1000, 100, 0.6, estimator="ridge", conservative=ESTIMATES[:3]),
    _simulation(300, 100, 0.6, estimator="ridge", conservative=ESTIMATES[:2]),
    _simulation(1000, 100, 0.0, estimator="ridge"),
    _simulation(300, 100, 0.6, estimator="ridge", regularisation="auto"),
    _simulation(1000, 100, 0.6, estimator="svm"),
]
