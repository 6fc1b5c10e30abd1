"""Answers of simulated people, with a known truth."""

import numpy as np
import pandas as pd

ALPHAS = np.array([-0.2, -0.1, 0.0, 0.1, 0.2])


def crossed(
    seed: int, participants: int, targets: int, seeds: int, slope: float = 1.92
) -> pd.DataFrame:
    """Draw hits and misses of participants who see each seed once, at a random alpha.

    Args:
        seed: Seed of the answers.
        participants: Number of participants.
        targets: Number of images that each participant sees.
        seeds: Number of seeds, which have an image at each of five alphas.
        slope: Log odds of a hit per unit of alpha.

    Returns:
        One row per answer: `hit`, `alpha`, `participant`, `image` and `seed`.
    """
    generator = np.random.default_rng(seed)
    own = generator.normal(0, 0.8, participants)
    memorable = generator.normal(0, 0.6, seeds * len(ALPHAS))
    participant = np.repeat(np.arange(participants), targets)
    shown = np.concatenate([generator.permutation(seeds)[:targets] for _ in range(participants)])
    alpha = generator.integers(len(ALPHAS), size=len(shown))
    image = shown * len(ALPHAS) + alpha
    odds = 0.6 + slope * ALPHAS[alpha] + own[participant] + memorable[image]
    hit = generator.random(len(shown)) < 1 / (1 + np.exp(-odds))
    columns = {"hit": hit.astype(int), "alpha": ALPHAS[alpha], "participant": participant}
    return pd.DataFrame({**columns, "image": image, "seed": shown})
