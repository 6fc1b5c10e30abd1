"""Measure what the intervals of the public tables cover, on simulated studies with a known truth.

A nominal interval of 95 % passes where it covers the truth in 93 to 97 % of the studies; any other
must say what it is instead, in its table's description. Writes docs/coverage.md. Usage:

    python benchmarks/coverage.py [share of the runs, 1 by default] [table ...]
"""

import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

# One thread for each process: they are as many as there are cores.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import numpy as np  # noqa: E402
from benchmarks.simulations import Interval, Simulation, simulations  # noqa: E402
from statsmodels.stats.proportion import proportion_confint  # noqa: E402

#: What an interval of 95 % must cover.
LEAST, MOST = 0.93, 0.97
#: Studies whose share counts as it is: its standard error is 0.007.
ENOUGH = 1000
#: How many times its runs a simulation has in all that fails at first.
AGAIN = 4
#: Simulated studies that one process draws at a time.
CHUNK = 20


@dataclass(frozen=True)
class Coverage:
    """What one interval covers in one simulation.

    Attributes:
        simulation: The simulation.
        interval: Name of the interval's estimate.
        drawn: Number of studies.
        known: Number of those in which the interval is not null.
        covered: Number of those in which it covers the truth.
        width: Median width of the interval.
    """

    simulation: Simulation
    interval: str
    drawn: int
    known: int
    covered: int
    width: float

    @property
    def share(self) -> float:
        """Share of the known intervals that cover the truth; nan if none is known."""
        return self.covered / self.known if self.known else float("nan")

    @property
    def error(self) -> tuple[float, float]:
        """Ends of the 95 % interval of the share; nan if none is known."""
        if not self.known:
            return float("nan"), float("nan")
        ends: tuple[float, float] = proportion_confint(
            self.covered, self.known, alpha=0.05, method="wilson"
        )
        return ends

    @property
    def passes(self) -> bool:
        """Whether the share is from `LEAST` to `MOST`; of few studies, up to its error."""
        low, high = (self.share, self.share) if self.known >= ENOUGH else self.error
        return high >= LEAST and low <= MOST

    @property
    def fails(self) -> bool:
        """Whether the interval neither passes nor says what it is instead."""
        return not self.passes and self.interval not in self.simulation.instead


def _draw(simulation: Simulation, seeds: Iterable[int]) -> list[dict[str, Interval]]:
    return [dict(simulation.draw(seed)) for seed in seeds]


def _drawn(index: int, seeds: range) -> list[dict[str, Interval]]:
    """Draw some studies of a simulation, which a process looks up: a function can't be sent."""
    return _draw(list(simulations())[index], seeds)


def summarise(simulation: Simulation, studies: list[dict[str, Interval]]) -> Iterator[Coverage]:
    """Count how often each interval of a simulation covers the truth."""
    for name in studies[0]:
        ends = np.array([study[name] for study in studies], dtype=float)
        known = ends[np.isfinite(ends).all(axis=1)]
        low, truth, high = known.T
        covered = int(((low <= truth) & (truth <= high)).sum())
        width = float(np.median(high - low)) if len(known) else float("nan")
        yield Coverage(simulation, name, len(ends), len(known), covered, width)


def measure(chosen: list[int], share: float, processes: int) -> list[Coverage]:
    """Run simulations, chosen by their place among all, each with a share of its runs.

    Of several hundred exact intervals, some seem to fail in so few runs. A simulation that fails
    is therefore drawn again and judged by all its runs, `AGAIN` times as many.
    """
    known = list(simulations())
    runs = {index: max(CHUNK, round(share * known[index].runs)) for index in chosen}
    with ProcessPoolExecutor(processes) as pool:

        def draw(seeds: dict[int, range]) -> dict[int, list[dict[str, Interval]]]:
            pending = {
                index: [
                    pool.submit(_drawn, index, each[start : start + CHUNK])
                    for start in range(0, len(each), CHUNK)
                ]
                for index, each in seeds.items()
            }
            drawn = {}
            for index, futures in pending.items():
                drawn[index] = [study for future in futures for study in future.result()]
                print(f"{known[index].table}: {known[index].setting}", file=sys.stderr, flush=True)
            return drawn

        studies = draw({index: range(count) for index, count in runs.items()})
        measured = {index: list(summarise(known[index], each)) for index, each in studies.items()}
        failed = [index for index in chosen if any(each.fails for each in measured[index])]
        again = draw({index: range(runs[index], AGAIN * runs[index]) for index in failed})
        for index, further in again.items():
            measured[index] = list(summarise(known[index], studies[index] + further))
    return [each for index in chosen for each in measured[index]]


def page(measured: list[Coverage]) -> str:
    """Write the measured coverages as a page of the documentation."""
    lines = [
        "# What the intervals cover",
        "",
        "Written by `benchmarks/coverage.py`. Each row is a number of simulated studies whose",
        "true values are known, measured with the functions that make the public tables. An",
        "interval of 95 % should cover the truth in 95 % of the studies. *Coverage* is followed by",
        "its own 95 % interval. *Null* is the share of studies in which the table has no interval.",
        "The last column says what an interval is that does not cover 93 to 97 %.",
        "",
        "Where an interval covers another share and the last column is empty, the simulation is",
        f"drawn on, to {AGAIN} times as many studies, which all count.",
        "",
        "| table | interval | studies | runs | null | median width | coverage | instead |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for each in measured:
        simulation = each.simulation
        low, high = each.error
        null = 1 - each.known / each.drawn
        cells = (
            f"`{simulation.table}`",
            f"`{each.interval}`",
            simulation.setting,
            f"{each.drawn:,}",
            f"{null:.0%}" if null else "",
            f"{each.width:.3g}",
            f"{each.share:.3f} ({low:.3f} to {high:.3f})" if each.known else "always null",
            simulation.instead.get(each.interval, ""),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the simulations, write the page, and fail where an interval doesn't cover its claim."""
    share = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    tables = sys.argv[2:]
    known = list(simulations())
    chosen = [index for index, each in enumerate(known) if not tables or each.table in tables]
    measured = measure(chosen, share, os.cpu_count() or 1)
    written = page(measured)
    if share >= 1 and not tables:
        (ROOT / "docs" / "coverage.md").write_text(written, encoding="utf-8")
    print(written)
    failed = [each for each in measured if each.fails]
    for each in failed:
        print(
            f"FAIL: {each.interval} of {each.simulation.table} covers {each.share:.3f}: "
            f"{each.simulation.setting}"
        )
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
