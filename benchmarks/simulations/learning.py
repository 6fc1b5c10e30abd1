"""How much a score rises along a learned direction, on latents that it was not learned on."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from benchmarks.simulations import Interval, Simulation

from mnemo.directions.learning import slope
from mnemo.directions.learning.settings import choose

#: Dimensions of a latent.
DIM = 10


class Bent:
    """Stands for a generator and an assessor whose score bends: (1 + b) a, of two coordinates.

    Along the first coordinate the score of a latent rises by 1 + b, whose mean is `rise`.
    """

    def __init__(self, seed: int, rise: float):
        self.settings, self.classes = choose("corrected"), 0
        self.seed, self.rise = seed, rise

    def sampled(self, seeds: Sequence[int]) -> torch.Tensor:
        """Draw latents as generators do, other ones in each study."""
        drawn = np.random.default_rng(self.seed).standard_normal((len(seeds), DIM))
        return torch.from_numpy(drawn)

    def seed_scores(self, latents: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
        """Score latents, (n, `DIM`)."""
        scores: torch.Tensor = (self.rise + latents[:, 1]) * latents[:, 0]
        return scores


def _rise(rise: float) -> Simulation:
    theta = torch.from_numpy(np.eye(1, DIM))

    def draw(seed: int) -> dict[str, Interval]:
        measure: Callable[..., slope.Slope] = slope.measure
        found = measure(Bent(seed, rise), theta).estimate
        return {"slope": (found.low, rise, found.high)}

    setting = f"{slope.LATENTS} latents, a score that rises by {rise:g} per alpha on average"
    return Simulation("directions", setting, draw, {})


SIMULATIONS = [_rise(0.7), _rise(0.0)]
