"""Simulated studies with a known truth, which show what the intervals of the public tables cover.

Each module has the simulations of one wing in `SIMULATIONS`. A simulation draws data from a known
distribution, measures it with the function that makes the table, and returns each interval beside
the value that it should cover.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

#: The lower end of an interval, the true value, and the upper end; ends that are null are nan.
Interval = tuple[float, float, float]


@dataclass(frozen=True)
class Simulation:
    """Studies that are alike but for their random numbers.

    Attributes:
        table: The public table.
        setting: What is simulated, in words: numbers of images, dimensions, effect.
        draw: Simulates one study from a seed and returns its intervals by the name of their
            estimate, such as `accuracy` for the columns `accuracy_low` and `accuracy_high`. For
            columns that are called `low` and `high` alone, it is the estimate's own column; for
            `low_fit` and `high_fit`, the same with `_fit` at its end.
        instead: For intervals that need not cover what they claim, by the same names: what they
            are instead, as the table's description says.
        runs: Number of studies.
    """

    table: str
    setting: str
    draw: Callable[[int], Mapping[str, Interval]]
    instead: Mapping[str, str]
    runs: int = 1000


def simulations() -> Iterator[Simulation]:
    """Yield the simulations of all modules."""
    for path in sorted(Path(__file__).parent.glob("[!_]*.py")):
        yield from import_module(f"benchmarks.simulations.{path.stem}").SIMULATIONS
