"""Realness of Gaussian features, whose distances are known."""

import logging
import warnings
from functools import cache

import numpy as np
from benchmarks.simulations import Interval, Simulation
from numpy.typing import NDArray

from mnemo.results import realness
from mnemo.statistics import distances, neighbours
from mnemo.statistics.counts import extrapolated
from mnemo.statistics.distances import Moments
from mnemo.statistics.neighbours import Balls

Floats = NDArray[np.float64]

#: Draws whose mean is the expected value at some numbers of images.
EXPECTED = 1000
#: The k of nearest neighbours, as is the default.
NEIGHBOURS = 5
CONSERVATIVE = "conservative: covers up to 100 %"
PRECISION = "covers 89 to 99 %: least where few reference images are near the edited ones"
RECALL = "conservative: covers up to 100 %"
DENSITY = "covers 94 to 97 %"
FIELLER = "covers 92 to 100 %: least with few images, most where the edit has no effect"


def _kernel(mean: Floats, scale: Floats, reference: Floats) -> float:
    """Compute the squared maximum mean discrepancy of N(mean, scale²) from N(0, reference²).

    It is E[u³] for u = x . y / d + 1, from the cumulants of products of independent normals.
    """

    def expected(mean_a: Floats, scale_a: Floats, mean_b: Floats, scale_b: Floats) -> float:
        dim = len(mean_a)
        first = mean_a @ mean_b / dim + 1
        second = np.sum(scale_a**2 * scale_b**2 + mean_a**2 * scale_b**2 + mean_b**2 * scale_a**2)
        third = 6 * np.sum(mean_a * mean_b * scale_a**2 * scale_b**2)
        return float(first**3 + 3 * first * second / dim**2 + third / dim**3)

    zero = np.zeros_like(mean)
    own = expected(mean, scale, mean, scale) + expected(zero, reference, zero, reference)
    return own - 2 * expected(mean, scale, zero, reference)


def _normal(n: int, m: int, dim: int, *, apart: float, effect: float) -> Simulation:
    """Simulate n edited and m reference images.

    Args:
        n: Edited images, and images of the floor.
        m: Reference images.
        dim: Features.
        apart: How far the unedited images are from the reference, in standard deviations.
        effect: How far the edit moves them on.
    """
    extrapolates = min(n, m) >= extrapolated(dim)
    # The variance of features falls as those of a network's principal components.
    reference = 1 / np.sqrt(np.arange(1, dim + 1))
    means = [apart * reference, (apart + effect) * reference]
    scales = [(1 - apart / 2) * reference, (1 - (apart + effect) / 2) * reference]

    def sets(seed: int) -> tuple[list[Floats], Floats, Floats]:
        generator = np.random.default_rng(seed)
        latents, noise = generator.standard_normal((2, n, dim))
        # An edit also changes faces in a way of each face's own.
        moved = 0.9 * latents + np.sqrt(1 - 0.9**2) * noise
        edited = [
            mean + scale * rows
            for mean, scale, rows in zip(means, scales, (latents, moved), strict=True)
        ]
        others = (reference * generator.standard_normal((count, dim)) for count in (m, n))
        return edited, *others

    @cache
    def expected() -> Floats:
        """Return what is expected at these numbers of images.

        They are the Fréchet distances at alphas 0 and 1 and that of the floor, and the estimates of
        `neighbours` at alpha 1.
        """
        found = []
        for seed in range(EXPECTED):
            edited, against, floor = sets(2**31 + seed)
            root = _compact(against).rooted()
            shares = neighbours.compare(_balls(edited[1]), _balls(against), 0.95)
            found.append(
                [
                    *(distances.frechet_of_root(_compact(rows), root) for rows in (*edited, floor)),
                    *(shares[name].value for name in neighbours.ESTIMATES),
                ]
            )
        return np.mean(found, axis=0)

    def draw(seed: int) -> dict[str, Interval]:
        edited, against, floor = sets(seed)
        keys = [[f"{index:07d}" for index in range(count)] for count in (n, m)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            logging.disable(logging.WARNING)
            table = realness.compare(
                {alpha: (keys[0], [rows]) for alpha, rows in zip((0.0, 1.0), edited, strict=True)},
                (keys[1], [against]),
                (keys[0], [floor]),
                neighbours=NEIGHBOURS,
            ).iloc[1]
        kernels = [
            _kernel(mean, scale, reference) for mean, scale in zip(means, scales, strict=True)
        ]
        frechets = [
            float(np.sum(mean**2) + np.sum((scale - reference) ** 2))
            for mean, scale in zip(means, scales, strict=True)
        ]
        at_0, at_1, at_floor, *shares = expected()
        truth = {
            **dict(zip(neighbours.ESTIMATES, shares, strict=True)),
            "kernel": kernels[1],
            "kernel_floor": 0.0,
            "kernel_difference": kernels[1] - kernels[0],
            "frechet": at_1,
            "frechet_floor": at_floor,
            "frechet_difference": at_1 - at_0,
        }
        if apart:
            truth["kernel_ratio"] = kernels[1] / kernels[0]
        if extrapolates:
            truth["frechet_infinite"] = frechets[1]
        if extrapolates and apart:
            truth["frechet_ratio"] = frechets[1] / frechets[0]
        return {
            name: (table[f"{name}_low"], of, table[f"{name}_high"]) for name, of in truth.items()
        }

    near = {"kernel_floor", "frechet_floor", "frechet_ratio"}
    if not effect:
        near |= {"kernel_difference", "frechet_difference", "frechet_infinite"}
    if not apart:
        near |= {"kernel", "frechet"}
    setting = f"{n} edited and {m} reference images, {dim} features"
    if apart:
        setting += f", alpha 0 {apart:g} SD from the reference"
    setting += f", the edit {effect:g} SD further" if effect else ", the edit without effect"
    instead = {
        **dict.fromkeys(near, CONSERVATIVE),
        "kernel_ratio": FIELLER,
        "precision": PRECISION,
        "recall": RECALL,
        "density": DENSITY,
    }
    return Simulation("realness", setting, draw, instead)


def _balls(rows: Floats) -> Balls:
    """Return the balls of features, in the fewest groups."""
    return Balls.of((rows, np.arange(len(rows)) % 2), NEIGHBOURS, 2)


def _compact(rows: Floats) -> Moments:
    """Return the moments of features in the smaller form."""
    moments = Moments.of(rows)
    count, dim = rows.shape
    return moments if count < dim else Moments(moments.mean, covariance=moments.spread())


SIMULATIONS = [
    # As in the default study, with fewer images than features.
    _normal(40, 80, 120, apart=0.0, effect=0.0),
    _normal(40, 80, 120, apart=0.3, effect=0.5),
    # As in the paper, with five images per feature.
    _normal(160, 160, 32, apart=0.0, effect=0.0),
    _normal(160, 160, 32, apart=0.3, effect=0.0),
    _normal(160, 160, 32, apart=0.3, effect=0.5),
    # So near the reference that the ratios are null in many studies.
    _normal(160, 160, 32, apart=0.2, effect=0.5),
    _normal(80, 160, 16, apart=0.3, effect=0.5),
]
