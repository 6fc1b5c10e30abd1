"""The slope between neighbouring alphas."""

from benchmarks.simulations import Interval, Simulation
from benchmarks.simulations._responses import FEW_IMAGES, NORMAL, SKEWED, UNCHANGED, Population

from mnemo.results import dose_response


def _from_0_to_2(population: Population, n: int, **instead: str) -> Simulation:
    def draw(seed: int) -> dict[str, Interval]:
        table = dose_response.local_slopes(population.frame(n, seed)).set_index("alpha_low")
        row = table.loc[0.0]
        truth = population.true(lambda before, after: (after - before) / 2, 2.0)
        return {"slope": (row["low"], truth, row["high"])}

    return Simulation("local_slopes", f"{n:,} images, {population.words}", draw, instead)


SIMULATIONS = [
    *(_from_0_to_2(NORMAL, n) for n in (10, 100, 1000)),
    _from_0_to_2(UNCHANGED, 100),
    _from_0_to_2(SKEWED, 100, slope=FEW_IMAGES),
    _from_0_to_2(SKEWED, 1000),
]
