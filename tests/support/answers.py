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


def memory_game(
    seed: int,
    participants: int,
    *,
    targets: int = 60,
    seeds: int = 200,
    slope: float = 1.92,
    decline: float = 0.15,
) -> pd.DataFrame:
    """Draw the trials of a memory game, one series of each participant.

    Args:
        seed: Seed of the answers.
        participants: Number of participants.
        targets: Number of targets in a series.
        seeds: Number of seeds, which have an image at each of five alphas.
        slope: Log odds of a hit per unit of alpha.
        decline: Decrease of the log odds of a hit with the logarithm of the lag.

    Returns:
        The columns of `results.people.trials.TRIALS`.
    """
    generator = np.random.default_rng(seed)
    shown = crossed(seed, participants, targets, seeds, slope)
    n = len(shown)
    lag = generator.integers(34, 140, n)
    odds = 0.6 + slope * shown["alpha"] - decline * np.log((lag + 1) / 81)
    odds += generator.normal(0, 0.8, participants)[shown["participant"]]
    odds += generator.normal(0, 0.6, seeds * len(ALPHAS))[shown["image"]]
    alarm = np.log(1 / 9) + generator.normal(0, 0.6, participants)

    def part(role: str, pressed: np.ndarray, which: pd.DataFrame, lags: object) -> pd.DataFrame:
        again = role.endswith("repeat")
        return pd.DataFrame(
            {
                "participant": which["participant"].map("p{:03d}".format),
                "image": which["seed"].map("{:07d}".format),
                "seed": which["seed"],
                "alpha": which["alpha"],
                "role": role,
                "lag": pd.array(np.broadcast_to(lags, len(which)), "Int64") if again else pd.NA,
                "answer": np.where(pressed, "old", "new"),
                "correct": pressed == again,
                "rt": np.where(pressed, 650.0, np.nan),
            }
        )

    def presses(odds: np.ndarray) -> np.ndarray:
        return generator.random(len(odds)) < 1 / (1 + np.exp(-odds))

    others = shown.groupby("participant").head(20).assign(seed=lambda rows: rows["seed"] + seeds)
    more = others.assign(seed=others["seed"] + seeds)
    of_first, of_others = (alarm[rows["participant"]] for rows in (shown, others))
    parts = [
        part("target", presses(of_first), shown, None),
        part("repeat", presses(odds.to_numpy()), shown, lag),
        part("vigilance", presses(of_others), others, None),
        part("vigilance_repeat", presses(np.full(len(others), 3.0)), others, 2),
        part("filler", presses(of_others), more, None),
    ]
    trials = pd.concat(parts, ignore_index=True)
    trials["trial"] = trials.groupby("participant").cumcount()
    constant = {"experiment": "game", "kind": "memory-game", "series": 0, "edit": "memorable"}
    return trials.assign(**constant, practice=False, shown_ms=600.0, simulated=True)
