"""The mean score at each alpha, and its change from alpha 0."""

from benchmarks.simulations import Interval, Simulation
from benchmarks.simulations._responses import (
    FEW_IMAGES,
    NORMAL,
    SKEWED,
    UNANIMOUS,
    UNCHANGED,
    Population,
    ends,
)

from mnemo.results import dose_response

#: Agresti and Coull, The American Statistician 52:2, 1998.
NEAR_0 = "83 to 99 %: hardly any image is expected to go that way, or the other"


def _at_2(population: Population, n: int, **instead: str) -> Simulation:
    def draw(seed: int) -> dict[str, Interval]:
        table = dose_response.dose_response(population.frame(n, seed)).set_index("alpha")
        row = table.loc[2.0]
        wrong = population.true(lambda before, after: after < before, 2.0)
        gain = population.true(lambda before, after: after / before - 1, 2.0)
        return {
            "mean": (row["low"], population.true(lambda _, after: after, 2.0), row["high"]),
            "change": ends(
                row, "change", population.true(lambda before, after: after - before, 2.0)
            ),
            "wrong_way": ends(row, "wrong_way", wrong),
            "improvement_ratio": ends(row, "improvement_ratio", 1 - wrong),
            "relative_gain": ends(row, "relative_gain", gain),
        }

    return Simulation("dose_response", f"{n:,} images, {population.words}", draw, instead)


SIMULATIONS = [
    *(_at_2(NORMAL, n) for n in (10, 100, 1000)),
    _at_2(UNCHANGED, 100),
    _at_2(UNANIMOUS, 100, wrong_way=NEAR_0, improvement_ratio=NEAR_0),
    _at_2(SKEWED, 100, mean=FEW_IMAGES, change=FEW_IMAGES),
    _at_2(SKEWED, 1000),
]
