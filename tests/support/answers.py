"""Answers of simulated people, with a known truth."""

import numpy as np
import pandas as pd
from tests.support.experiments import experiment

from mnemo.experiment import simulate
from mnemo.experiment.series import plan
from mnemo.experiment.settings import MemoryGame

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


def memory_game(
    seed: int, participants: int, *, targets: int = 60, seeds: int = 200, slope: float = 1.92
) -> pd.DataFrame:
    """Play a memory game of the paper's numbers, one series of each participant.

    Args:
        seed: Seed of the series and of the answers.
        participants: Number of participants.
        targets: Number of targets in a series.
        seeds: Number of seeds, which have an image at each of five alphas.
        slope: Log odds of a hit per unit of alpha.

    Returns:
        The columns of `results.people.trials.TRIALS`, without practice.
    """
    game = experiment(MemoryGame(targets=targets, most_series=1), targets=seeds, seed=seed)
    model = simulate.Model(slope=slope, lapse=0)
    random = np.random.default_rng(seed)
    images = simulate.effects(game, model, random)
    answers = [
        each
        for made in plan(game, participants, 1)
        for each in simulate.play(
            game,
            made,
            f"p{made.participant:03d}",
            model,
            simulate.person(model, random),
            images,
            random,
        )
    ]
    trials = pd.DataFrame(answers).astype({"lag": "Int64"})
    trials = trials.assign(experiment="game", kind="memory-game", simulated=True)
    return trials[~trials["practice"]].reset_index(drop=True)
