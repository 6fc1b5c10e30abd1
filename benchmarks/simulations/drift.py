"""The change of each attribute by an edit."""

from benchmarks.simulations import Interval, Simulation
from benchmarks.simulations._responses import FEW_IMAGES, NORMAL, SKEWED, UNCHANGED, Population

from mnemo.results import drift


def _at_4(population: Population, n: int, **instead: str) -> Simulation:
    def draw(seed: int) -> dict[str, Interval]:
        scores = population.frame(n, seed).assign(edit="edit", assessor="age", shape="square")
        row = drift.measure(scores, scores[scores["alpha"] == 0], []).set_index("alpha").loc[4.0]
        truth = population.true(lambda before, after: after - before, 4.0)
        return {"change": (row["low"], truth, row["high"])}

    return Simulation("drift", f"{n:,} images, {population.words}", draw, instead)


SIMULATIONS = [
    *(_at_4(NORMAL, n) for n in (10, 100, 1000)),
    _at_4(UNCHANGED, 100),
    _at_4(SKEWED, 100, change=FEW_IMAGES),
    _at_4(SKEWED, 1000),
]
