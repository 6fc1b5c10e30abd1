"""Simulated sets of latents with scores, and the hyperplanes that are fitted on them."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnemo.directions import conditions, estimators, hyperplanes, refits
from mnemo.directions.estimators import Name

#: Sets that a mean over fit sets is computed from.
SETS = 400

Numbers = NDArray[np.float64]


def linear(values: Numbers) -> Numbers:
    """Return the values."""
    return values


class Score(NamedTuple):
    """A score of normal latents, with noise of standard deviation 1.

    Attributes:
        signal: Length of its gradient.
        cosine: Cosine of its gradient with the first of two axes; the rest is along the second.
        even: Whether these axes share in all dimensions, or are the first two.
        noise: Correlation of its noise with that of the other scores.
        response: What the score is of the gradient's product with the latents.
    """

    signal: float
    cosine: float = 1.0
    noise: float = 0.0
    response: Callable[[Numbers], Numbers] = linear
    even: bool = False

    def gradient(self, d: int) -> Numbers:
        """Return the (d,) gradient."""
        axes = np.eye(d, 2)
        if self.even:
            axes, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((d, 2)))
        gradient: Numbers = self.signal * axes @ [self.cosine, np.sqrt(1 - self.cosine**2)]
        return gradient


class Fit(NamedTuple):
    """A hyperplane fitted on one set, with its refits and the gradient's."""

    plane: conditions.Plane
    gradients: Numbers


def scores(latents: Numbers, kinds: Sequence[Score], generator: np.random.Generator) -> Numbers:
    """Draw the (kinds, n) scores of latents."""
    n, d = latents.shape
    clean = np.array([kind.response(latents @ kind.gradient(d)) for kind in kinds])
    shares = np.array([[kind.noise] for kind in kinds])
    shared, own = generator.standard_normal(n), generator.standard_normal((len(kinds), n))
    drawn: Numbers = clean + np.sqrt(shares) * shared + np.sqrt(1 - shares) * own
    return drawn


def normal(latents: Numbers, scored: Numbers, estimator: Name = "logistic") -> Numbers:
    """Fit the unit normal of a hyperplane."""
    _, cut = hyperplanes.labels(scored, "mean")
    everything = np.ones(len(scored), dtype=bool)
    found, _ = estimators.fit(estimator, latents, scored - cut, everything, 1.0)
    unit: Numbers = found / np.linalg.norm(found)
    return unit


def draw_latents(n: int, d: int, generator: np.random.Generator, falling: bool = False) -> Numbers:
    """Draw (n, d) latents of variance 1 or, if they are falling, of variances 1, 1/2, 1/3, …."""
    scale = np.arange(1, d + 1) ** -0.5 if falling else np.ones(d)
    return generator.standard_normal((n, d)) * scale


def fits(
    n: int,
    d: int,
    kinds: Sequence[Score],
    seed: int,
    falling: bool = False,
    estimator: Name = "logistic",
) -> list[Fit]:
    """Draw a set of n latents, and fit a hyperplane to each of its scores."""
    generator = np.random.default_rng(seed)
    latents = draw_latents(n, d, generator, falling)
    groups = refits.groups_of([f"{image:07d}" for image in range(n)], seed)
    found = []
    for scored in scores(latents, kinds, generator):
        without = refits.fit(latents, scored, groups, threshold="mean", estimator=estimator)
        assert without is not None
        plane = conditions.Plane(
            normal(latents, scored, estimator),
            1,
            0.0,
            1.0,
            1.0,
            1.0,
            0.5,
            without.moved_coefficients,
        )
        found.append(Fit(plane, without.moved_gradients))
    return found


@cache
def normals(
    n: int,
    d: int,
    kinds: tuple[Score, ...],
    falling: bool = False,
    estimator: Name = "logistic",
) -> Numbers:
    """Fit the (SETS, kinds, d) normals of many other sets."""
    found = []
    for seed in range(SETS):
        generator = np.random.default_rng([seed, 1])
        latents = draw_latents(n, d, generator, falling)
        drawn = scores(latents, kinds, generator)
        found.append([normal(latents, scored, estimator) for scored in drawn])
    return np.array(found)
