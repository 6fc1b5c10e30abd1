"""Time of making 1,000 series of the memory game, and of their orders against a plain way.

The reference draws a lag for each target, one after another, and a place where both showings are
free, as experiments' scripts do; where there is none, it starts anew. More of its repeats are late,
which participants learn. Neither limits the repeats in a row here. Usage:

    python benchmarks/series.py [series]
"""

import hashlib
import sys
import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mnemo.experiment import arrangement, checker, series
from mnemo.experiment.settings import MemoryGame
from mnemo.experiment.stimuli import Experiment, Set, Stimulus

ALPHAS = (-0.2, -0.1, 0.0, 0.1, 0.2)
#: Seconds that 1,000 series may take.
BOUND = 60
#: Designs of which the first is the paper's.
DESIGNS = {
    "the paper's": MemoryGame(),
    "lag 89 to 109": MemoryGame(lag=(89, 109)),
    "96 images": MemoryGame(targets=20, fillers=28, vigilance=14),
    "70 images": MemoryGame(targets=20, fillers=20, vigilance=5, lag=(10, 50)),
}


def paper() -> Experiment:
    """Return an experiment of the paper's size: 7,500 targets, 37,500 fillers."""
    images = {}
    sets: tuple[tuple[Set, range], ...] = (
        ("targets", range(1500)),
        ("fillers", range(10_000, 17_500)),
    )
    for name, seeds in sets:
        for seed in seeds:
            for alpha in ALPHAS:
                sha256 = hashlib.sha256(f"{seed} {alpha}".encode()).hexdigest()
                images[sha256[:20]] = Stimulus(
                    file=f"images/{sha256[:20]}.png",
                    sha256=sha256,
                    set=name,
                    key=f"{seed:07d}",
                    seed=seed,
                    edit="memorable",
                    alpha=alpha,
                )
    return Experiment("benchmark", "benchmark", MemoryGame(), 0, images)


def late(repeats: NDArray[np.bool_]) -> float:
    """Return the share of repeats in the last two fifths of a series."""
    return float(repeats[3 * len(repeats) // 5 :].mean())


def ours(game: MemoryGame, random: np.random.Generator) -> float | None:
    """Make an order; return its share of late repeats."""
    order = arrangement.arrange(replace(game, longest_run=game.length), random)
    return late(np.array([place.lag is not None for place in order]))


def reference(game: MemoryGame, random: np.random.Generator) -> float | None:
    """Start the reference once; return the share of late repeats, None if it finds no order."""
    free = np.ones(game.length, dtype=bool)
    repeats = np.zeros(game.length, dtype=bool)
    for count, lags in ((game.vigilance, game.vigilance_lag), (game.targets, game.lag)):
        for _ in range(count):
            apart = int(random.integers(*lags, endpoint=True)) + 1
            possible = np.flatnonzero(free[:-apart] & free[apart:])
            if not possible.size:
                return None
            first = int(random.choice(possible))
            free[[first, first + apart]] = False
            repeats[first + apart] = True
    return late(repeats)


def main() -> None:
    """Print the seconds of each step for all series, and the shares of starts that succeed."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    experiment = paper()
    _ = experiment.pools
    start = time.process_time()
    made = list(series.plan(experiment, participants=count // 5, each=5))
    seconds = time.process_time() - start
    start = time.process_time()
    checker.check(experiment, made)
    print(f"{len(made):,} series of {len(experiment.images):,} images: {seconds:.1f} s of CPU")
    print(f"checking them: {time.process_time() - start:.1f} s")

    print(f"\n{'order of':16} {'':10} {'ms':>6} {'success':>8} {'repeats in the last 40 %':>26}")
    for name, game in DESIGNS.items():
        took = []
        for make in (ours, reference):
            random, starts = np.random.default_rng(0), 300
            start = time.process_time()
            shares = [make(game, random) for _ in range(starts)]
            found = [each for each in shares if each is not None]
            took.append(1000 * (time.process_time() - start) / max(1, len(found)))
            print(
                f"{name:16} {make.__name__:10} {took[-1]:6.2f} {len(found) / starts:8.3f} "
                f"{np.mean(found) if found else np.nan:26.2f}"
            )
        print(f"{name:16} {'ratio':10} {took[0] / took[1]:6.2f}")
    allowed = BOUND * count / 1000
    print(f"\n{count:,} series in at most {allowed:g} s: {seconds <= allowed}")
    sys.exit(seconds > allowed)


if __name__ == "__main__":
    main()
