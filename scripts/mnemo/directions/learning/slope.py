"""How much the score rises along a direction, on latents that it was not learned on."""

from typing import NamedTuple

import torch
from torch import Tensor

from mnemo.directions.learning.draws import FRESH, Indexed
from mnemo.directions.learning.objective import Objective
from mnemo.statistics import means
from mnemo.statistics.means import Estimate

#: Number of fresh latents, and the alpha that they are moved by.
LATENTS, ALPHA = 200, 0.1


class Slope(NamedTuple):
    """A slope of the score by alpha.

    Attributes:
        estimate: Score per alpha, with its interval over seeds; 1 if an alpha of 0.1 moves the
            score by 0.1. GANalyze reports 0.68 for MemNet (section 3.1).
        alpha: Latents were moved by this alpha up and down.
        latents: Number of seeds.
    """

    estimate: Estimate
    alpha: float
    latents: int


def measure(
    objective: Objective, thetas: Tensor, latents: int | None = None, confidence: float = 0.95
) -> Slope:
    """Measure the slope of the score, between seeds moved down and up as edits move them.

    Args:
        objective: The generator and the assessor.
        thetas: (1 or classes, *shape), the direction.
        latents: Number of seeds; None for `LATENTS`.
        confidence: Confidence of the interval, 0 to 1.

    Returns:
        The mean over seeds of (score at alpha - score at -alpha) / (2 alpha), with its t interval.
        Alpha is 0.1, or the largest that was learned with on both sides, if that is smaller.
    """
    latents = latents or LATENTS
    low, high = objective.settings.alphas
    alpha = min(ALPHA, *(abs(each) for each in (low, high) if each))
    drawn = Indexed(objective.settings, objective.generator.z_dim, objective.classes, FRESH).take(
        0, latents
    )
    classes = torch.from_numpy(drawn.classes)
    seeds = objective.latents(drawn.z)
    step = alpha * thetas.to(seeds)[classes if len(thetas) > 1 else slice(None)]
    down, up = (objective.seed_scores(seeds + sign * step, classes) for sign in (-1, 1))
    slopes = ((up - down) / (2 * alpha)).double().cpu().numpy()
    return Slope(means.mean(slopes, confidence), alpha, latents)
