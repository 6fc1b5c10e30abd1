"""Edits that lose faces: at random, by how the faces respond, or by what squares do not show."""

from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from benchmarks.simulations import Interval, Simulation
from scipy import special, stats

from mnemo.results import lost_faces

# Mean change of the scores per unit of alpha, its standard deviation over faces, and the
# correlation between a face's square and its oval.
MEAN, SPREAD, CORRELATION = 0.02, 0.012, 0.6
ALPHAS = (-4.0, 0.0, 4.0)


class Loss(NamedTuple):
    """On what it depends whether a face is found at an alpha that is not 0.

    Attributes:
        square: Fall of the log odds per standard deviation of the slope of the face's square.
        oval: The same of the slope of its oval.
        response: Mean change of the scores per unit of alpha.
    """

    square: float = 0.0
    oval: float = 0.0
    response: float = MEAN

    def found(self, square: np.ndarray, oval: np.ndarray) -> np.ndarray:
        """Return the probability of being found, from standardised slopes."""
        return np.asarray(special.expit(0.8 - self.square * square - self.oval * oval))


@cache
def _truth(loss: Loss) -> dict[str, float]:
    """Compute the mean changes at alpha -4 of infinitely many faces."""
    (square, oval), density = _grid()
    there = loss.found(square, oval) * density
    both = loss.found(square, oval) * there

    def change(slope: np.ndarray, weight: np.ndarray) -> float:
        mean = np.sum(slope * weight) / np.sum(weight)
        return float(-4 * (loss.response + SPREAD * mean))

    found, lost = change(square, there), change(square, density - there)
    return {
        "square_found": found,
        "square_lost": lost,
        "square_difference": found - lost,
        "oval": change(oval, there),
        "oval_weighted": -4 * loss.response,
        "oval_complete": change(oval, both),
    }


@cache
def _grid() -> tuple[np.ndarray, np.ndarray]:
    """Return a grid of standardised slopes of squares and ovals, with its density."""
    slopes = np.stack(np.meshgrid(*[np.linspace(-6, 6, 601)] * 2))
    normal = stats.multivariate_normal([0, 0], [[1, CORRELATION], [CORRELATION, 1]])
    return slopes, normal.pdf(np.moveaxis(slopes, 0, -1))


def _faces(n: int, name: str, loss: Loss, *, of_all: bool = False, **instead: str) -> Simulation:
    """Simulate an edit; with `of_all`, hold ovals against the response of all faces."""

    def draw(seed: int) -> dict[str, Interval]:
        random = np.random.default_rng(seed)
        covariance = [[1, CORRELATION], [CORRELATION, 1]]
        slopes = random.multivariate_normal([0, 0], covariance, n)
        parts = []
        for alpha in ALPHAS:
            there = random.random(n) < loss.found(*slopes.T) if alpha else np.full(n, True)
            for shape, slope in zip(("square", "oval"), slopes.T, strict=True):
                score = 0.8 + alpha * (loss.response + SPREAD * slope)
                score += random.normal(0, 0.01, n)
                frame = pd.DataFrame({"image": np.arange(n), "score": score})
                kept = frame[there] if shape == "oval" else frame
                parts.append(kept.assign(alpha=alpha, shape=shape))
        scores = pd.concat(parts).assign(edit="edit", assessor="resmem")
        row = lost_faces.measure(scores).set_index("alpha").loc[-4.0]
        truth = _truth(loss)
        if of_all:
            ovals = ("oval", "oval_weighted", "oval_complete")
            truth = dict.fromkeys(ovals, truth["oval_weighted"])
        return {
            each: (row[f"{each}_low"], true, row[f"{each}_high"]) for each, true in truth.items()
        }

    return Simulation("lost_faces", f"{n:,} faces, {name}", draw, instead)


STEEP = Loss(square=1.0)
SURVIVORS = "the response of the survivors alone"
HIDDEN = "right only if nothing but the square's score and change decides what is lost"
SIMULATIONS = [
    _faces(100, "a third lost at random, no response", Loss(response=0.0)),
    _faces(100, "those lost whose squares respond most", STEEP),
    _faces(1000, "those lost whose squares respond most", STEEP),
    _faces(
        *(1000, "those lost whose squares respond most, ovals against all faces", STEEP),
        of_all=True,
        oval=SURVIVORS,
        oval_complete=SURVIVORS,
    ),
    _faces(
        *(1000, "those lost whose ovals respond most, ovals against all faces", Loss(oval=1.0)),
        of_all=True,
        oval=SURVIVORS,
        oval_complete=SURVIVORS,
        oval_weighted=HIDDEN,
    ),
]
