"""Populations of images whose scores follow alpha, and their true means."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from benchmarks.simulations import Interval
from numpy.typing import NDArray

ALPHAS = np.array([-4.0, -2.0, 0.0, 2.0, 4.0])
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Population:
    """Images whose scores follow alpha.

    Attributes:
        words: What is special about it.
        sample: Draws the scores of n images, (n, alphas), from a generator.
    """

    words: str
    sample: Callable[[np.random.Generator, int], Floats]

    def frame(self, n: int, seed: int) -> pd.DataFrame:
        """Draw the scores of n images, one row per image and alpha."""
        return frame_of(self.sample(np.random.default_rng(seed), n), ALPHAS)

    @cached_property
    def many(self) -> Floats:
        """Scores of so many images that their mean is the true one."""
        return self.sample(np.random.default_rng(2**32), 2_000_000)

    def true(self, measure: Callable[[Floats, Floats], Floats], alpha: float) -> float:
        """Compute a true mean of what an image's scores at alpha 0 and at an alpha give."""
        unedited, edited = (self.many[:, np.searchsorted(ALPHAS, at)] for at in (0, alpha))
        return float(measure(unedited, edited).mean())


def frame_of(scores: Floats, alphas: Floats) -> pd.DataFrame:
    """Lay (n, alphas) scores out as rows."""
    n = len(scores)
    return pd.DataFrame(
        {
            "image": np.repeat([f"{image:07d}" for image in range(n)], len(alphas)),
            "alpha": np.tile(alphas, n),
            "score": scores.ravel(),
        }
    )


def ends(row: "pd.Series[float]", name: str, truth: float) -> Interval:
    """Return an estimate's interval around its truth."""
    return float(row[f"{name}_low"]), truth, float(row[f"{name}_high"])


def _normal(slope: float) -> Callable[[np.random.Generator, int], Floats]:
    """Draw scores about as those of the default study's second assessor spread."""

    def sample(generator: np.random.Generator, n: int) -> Floats:
        unedited = generator.normal(0.8, 0.04, (n, 1))
        own = generator.normal(slope, 0.005, (n, 1))
        return unedited + own * ALPHAS + generator.normal(0, 0.02, (n, len(ALPHAS)))

    return sample


def _skewed(generator: np.random.Generator, n: int) -> Floats:
    """Draw scores of a long tail, which an edit multiplies."""
    logarithm = generator.normal(0, 0.7, (n, 1)) + generator.normal(0.1, 0.1, (n, 1)) * ALPHAS
    scores: Floats = np.exp(logarithm + generator.normal(0, 0.1, (n, len(ALPHAS))))
    return scores


#: What a t interval is there.
FEW_IMAGES = "less: few images of very skewed scores"

NORMAL = Population("normal", _normal(0.02))
UNCHANGED = Population("normal, no effect", _normal(0.0))
UNANIMOUS = Population("normal, 1 % of images go the wrong way", _normal(0.035))
SKEWED = Population("lognormal, very skewed", _skewed)
