"""How much the score rises along a direction, on latents that it was not learned on."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from mnemo.directions.learning.objective import Objective
from mnemo.generators.inputs import LATENT_SEEDS
from mnemo.statistics import means
from mnemo.statistics.means import Estimate

#: Number of latents, from the last seeds that there are, and the alpha that they are moved by.
LATENTS, ALPHA = 200, 0.1


class Slope(NamedTuple):
    """A slope of the score by alpha.

    Attributes:
        estimate: Score per alpha, with its interval over latents; 1 if an alpha of 0.1 moves the
            score by 0.1.
        alpha: Latents were moved by this alpha up and down.
        latents: Number of latents.
    """

    estimate: Estimate
    alpha: float
    latents: int


def measure(
    objective: Objective,
    thetas: Tensor,
    classes: Sequence[int] = (),
    latents: int | None = None,
    confidence: float = 0.95,
) -> Slope:
    """Measure the slope of the score, between latents moved down and up as edits move them.

    Latents are drawn as a study draws its sets, whose numbers most generators do not bound at two
    standard deviations, within which a direction is learned.

    Args:
        objective: The generator and the assessor.
        thetas: (1 or classes, *shape), the direction.
        classes: Classes that take turns; empty for those that the direction was learned on.
        latents: Number of latents; None for `LATENTS`.
        confidence: Confidence of the interval, 0 to 1.

    Returns:
        The mean over latents of (score at alpha - score at -alpha) / (2 alpha), with its t
        interval. Alpha is 0.1, or the largest that was learned with on both sides, if that is
        smaller. A score that rises less on one side than on the other does not show.
    """
    latents = latents or LATENTS
    alpha = min(ALPHA, *(abs(each) for each in objective.settings.alphas if each))
    seeds = range(LATENT_SEEDS - latents, LATENT_SEEDS)
    turns = classes or objective.settings.classes or range(max(1, objective.classes))
    labels = torch.tensor([turns[seed % len(turns)] for seed in seeds])
    starts = objective.sampled(seeds)
    step = alpha * thetas.to(starts)[labels if len(thetas) > 1 else slice(None)]
    down, up = (objective.seed_scores(starts + sign * step, labels) for sign in (-1, 1))
    slopes = ((up - down) / (2 * alpha)).double().cpu().numpy()
    return Slope(means.mean(slopes, confidence), alpha, latents)
