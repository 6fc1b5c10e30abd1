"""The alpha that changes the mean score by a given amount."""

from collections.abc import Callable

import numpy as np
from benchmarks.simulations import Interval, Simulation
from benchmarks.simulations._responses import Floats, frame_of
from scipy import optimize

from mnemo.results import calibration

#: Standard deviations of an image's score: between images, and from rendering to rendering.
BETWEEN, WITHIN = 1.0, 0.4
#: An end beyond the measured range may lie anywhere there.
BEYOND = 1000.0

FIVE, SEVEN = np.linspace(-4, 4, 5), np.linspace(-4, 4, 7)
ALLOWANCE = "about 95 % or more: includes an allowance for the response between the alphas"


def _saturating(alpha: Floats) -> Floats:
    return 2 * np.tanh(alpha / 3)


def _bent(alpha: Floats) -> Floats:
    return np.logaddexp(0, 1.5 * alpha) / 1.5 - np.log(2) / 1.5


def _kinked(alpha: Floats) -> Floats:
    return np.where(alpha < 1, alpha, 1 + 0.1 * (alpha - 1))


def _papers_ovals(alpha: Floats) -> Floats:
    """A logistic curve through the means of the paper's ovals, over 9 in place of 4."""
    return 5.64 / (1 + np.exp(-(2.25 * alpha - 5.67) / 5.25)) - 5.64 / (1 + np.exp(5.67 / 5.25))


def _flat(alpha: Floats) -> Floats:
    return 0 * alpha


def _curve(
    words: str,
    curve: Callable[[Floats], Floats],
    n: int,
    alphas: Floats,
    change: float = 0.5,
    instead: str = "",
) -> Simulation:
    unit = np.hypot(BETWEEN, WITHIN)
    reached = np.sign(change) * (curve(np.sign(change) * alphas[-1:])[0] - change * unit) > 0

    def short(alpha: float) -> float:
        return float(curve(np.array(alpha)) - change * unit)

    truth = optimize.brentq(short, alphas[0], alphas[-1]) if reached else BEYOND

    def draw(seed: int) -> dict[str, Interval]:
        generator = np.random.default_rng(seed)
        unedited = generator.normal(0, BETWEEN, (n, 1))
        own = generator.normal(1, 0.3, (n, 1))
        scores = unedited + own * curve(alphas)
        scores += generator.normal(0, WITHIN, scores.shape)
        (row,) = calibration.calibrate(
            frame_of(scores, alphas),
            [change],
            unedited=generator.normal(0, unit, 3000),
            resamples=400,
            seed=seed,
        ).itertuples()
        if np.isnan(row.alpha):
            return {"alpha": (np.nan, truth, np.nan)}
        low, high = np.nan_to_num([row.low, row.high], nan=BEYOND)
        return {"alpha": (low if low < BEYOND else -BEYOND, truth, high)}

    setting = f"{n:,} images, {len(alphas)} alphas, {change:g} SD, {words} response"
    return Simulation("calibration", setting, draw, {"alpha": instead} if instead else {})


SIMULATIONS = [
    *(
        _curve(words, curve, n, alphas, instead=ALLOWANCE)
        for words, curve in (("saturating", _saturating), ("bent", _bent))
        for alphas in (FIVE, SEVEN)
        for n in (100, 2000)
    ),
    *(_curve("bent", _bent, n, FIVE, -0.25, ALLOWANCE) for n in (100, 2000)),
    *(_curve("the paper's", _papers_ovals, n, SEVEN, instead=ALLOWANCE) for n in (100, 2000)),
    _curve("saturating", _saturating, 10, FIVE),
    _curve("flat", _flat, 100, FIVE, instead="no alpha has the change: null or unbounded"),
    _curve("kinked", _kinked, 1000, FIVE, 1.0, "less: the response bends within one step"),
]
