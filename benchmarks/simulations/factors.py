"""Visual factors along an edit: their means and changes, and their relation to the scores."""

import numpy as np
import pandas as pd
from benchmarks.simulations import Interval, Simulation
from benchmarks.simulations._responses import (
    ALPHAS,
    FEW_IMAGES,
    NORMAL,
    SKEWED,
    UNCHANGED,
    Population,
    ends,
    frame_of,
)

from mnemo.results import factors

_EDIT = {"edit": "memorable", "shape": "square"}


def _at_4(population: Population, n: int, **instead: str) -> Simulation:
    def draw(seed: int) -> dict[str, Interval]:
        scores = population.frame(n, seed).assign(assessor="entropy", **_EDIT)
        table = factors.measure(scores, scores[scores["alpha"] == 0], {"entropy": "pixels"})
        row = table.set_index("alpha").loc[4.0]
        mean = population.true(lambda before, after: after, 4.0)
        change = population.true(lambda before, after: after - before, 4.0)
        return {"mean": (row["low"], mean, row["high"]), "change": ends(row, "change", change)}

    return Simulation("factors", f"{n:,} images, {population.words}", draw, instead)


def _related(n: int, slope: float, own: float, **instead: str) -> Simulation:
    """Scores that follow a factor, which differs by image and follows alpha."""

    def draw(seed: int) -> dict[str, Interval]:
        generator = np.random.default_rng(seed)
        shape = (n, len(ALPHAS))
        following = generator.normal(0.3, 0.2, (n, 1)) * ALPHAS
        factor = generator.normal(5, 1, (n, 1)) + following + generator.normal(0, 0.5, shape)
        slopes = generator.normal(slope, own, (n, 1))
        score = generator.normal(0, 1, (n, 1)) + slopes * factor + generator.normal(0, 0.5, shape)
        values = {"entropy": factor, "resmem": score}
        scores = pd.concat(
            frame_of(each, ALPHAS).assign(assessor=name, **_EDIT) for name, each in values.items()
        )
        table = factors.relate(scores, ["entropy"], ["resmem"]).set_index("factor")
        row = table.loc["entropy"]
        return {"slope": (row["low"], slope, row["high"])}

    unlike = f"images' slopes differ by {own:g}" if own else "images respond alike"
    setting = f"{n:,} images, 5 alphas, slope {slope:g}, {unlike}"
    return Simulation("factor_models", setting, draw, instead)


SIMULATIONS = [
    *(_at_4(NORMAL, n) for n in (10, 100)),
    _at_4(UNCHANGED, 100),
    _at_4(SKEWED, 100, mean=FEW_IMAGES, change=FEW_IMAGES),
    _related(10, 0.5, 0.3),
    _related(100, 0.5, 0.3),
    _related(100, 0.0, 0.0),
    _related(100, 0.5, 0.0),
]
