"""Hyperplanes: accuracy, balanced accuracy and AUC on images that they were not fitted on.

Latents are standard normal. A score is the sum of one of their numbers, times the effect, and noise
of variance 1; skewed scores are its exponential. How well any hyperplane separates high from low
scores of new images is then an integral over its signed distance.
"""

from functools import cache
from typing import Literal

import numpy as np
from benchmarks.simulations import Interval, Simulation
from numpy.typing import NDArray
from scipy import stats

from mnemo.directions import hyperplanes
from mnemo.directions.hyperplanes import Hyperplane

ESTIMATES = ("accuracy", "balanced_accuracy", "auc")
#: Fits whose mean is what a cross-validation estimates.
FITS = 200
DISTANCES = np.linspace(-8, 8, 4001)


def _truth(plane: Hyperplane, effect: float, skewed: bool) -> list[float]:
    """Compute a hyperplane's accuracy, balanced accuracy and AUC among all possible images."""
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
    ]


def _simulation(
    n: int,
    d: int,
    effect: float,
    *,
    skewed: bool = False,
    validation: Literal["cross-validation", "holdout"] = "cross-validation",
    conservative: bool = False,
    note: str = "",
) -> Simulation:
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
                *images(n * 4 // 5, seed, 1), threshold="mean", folds=2, repeats=1, permutations=0
            )
            for seed in range(FITS)
        )
        return np.mean([_truth(plane, effect, skewed) for plane in planes], axis=0)

    def draw(seed: int) -> dict[str, Interval]:
        plane = hyperplanes.fit(
            *images(n, seed), threshold="mean", permutations=0, validation=validation, seed=seed
        )
        truths = _truth(plane, effect, skewed) if validation == "holdout" else expected()
        return {
            name: (getattr(plane, f"{name}_low"), truth, getattr(plane, f"{name}_high"))
            for name, truth in zip(ESTIMATES, truths, strict=True)
        }

    instead = dict.fromkeys(ESTIMATES, "conservative: covers 97 to 99 %") if conservative else {}
    words = (
        f"{n:,} images, {d} dimensions, effect {effect:g}",
        "unequal classes" if skewed else "",
        "holdout" if validation == "holdout" else "",
        note,
    )
    return Simulation("hyperplanes", ", ".join(filter(None, words)), draw, instead)


SIMULATIONS = [
    _simulation(1000, 100, 0.6),
    _simulation(3000, 100, 1.0, conservative=True),
    _simulation(300, 100, 0.6),
    _simulation(
        1000, 51, 0.6, conservative=True, note="as many for each dimension as 10,000 with 512"
    ),
    _simulation(1000, 100, 0.0),
    _simulation(1000, 100, 0.6, skewed=True),
    _simulation(1000, 100, 0.6, validation="holdout"),
    _simulation(1000, 100, 0.6, skewed=True, validation="holdout"),
]
