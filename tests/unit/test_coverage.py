"""Every interval of a public table was simulated, and covers its claim or says what it is."""

import re
from collections.abc import Iterator
from itertools import chain

import pytest
from benchmarks import coverage
from benchmarks.simulations import Simulation, simulations
from tests.support.paths import ROOT

from mnemo.results import joined, method_contrasts
from mnemo.results.methods import REALNESS
from mnemo.results.registry import RESULTS

#: The estimate whose interval is called `low` and `high` alone.
ESTIMATES = {
    "assessor_validity": "spearman",
    "calibration": "alpha",
    "contrasts": "difference",
    "controls": "mean",
    "dose_response": "mean",
    "drift": "change",
    "factors": "mean",
    "human_models": "slope",
    "layers": "mean",
    "local_slopes": "slope",
    "slopes": "slope",
}
#: The estimates of a table whose rows say what they estimate.
LONG = {"method_contrasts": dict.fromkeys(chain(*method_contrasts.ESTIMATES.values()))}
#: Intervals that are those of another table.
COPIED = {
    **{("transfer", name): "slopes" for name in ("slope", "slope_fit")},
    **{("methods", name): "realness" for name in REALNESS},
}
#: Simulated studies of the small version.
RUNS = 40


def intervals() -> Iterator[tuple[str, str]]:
    """List the intervals of the public tables, by the table and the name of the estimate."""
    for table in RESULTS.keys() - {"findings", "reproduction"}:
        yield from ((table, estimate) for estimate in LONG.get(table, ()))
        for name in joined.schema(table).names if table not in LONG else ():
            estimate = ESTIMATES.get(table, "slope")
            if name in ("low", "low_fit"):
                yield COPIED.get((table, estimate), table), estimate + name.removeprefix("low")
            # The ends of a range of alphas are no interval.
            elif name.endswith("_low") and name not in ("alpha_low", "moved_low"):
                estimate = name.removesuffix("_low")
                yield COPIED.get((table, estimate), table), estimate


@pytest.fixture(scope="module")
def rows() -> list[list[str]]:
    """The rows of docs/coverage.md."""
    page = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    return [
        [cell.strip(" `") for cell in line.strip("|").split("|")]
        for line in page.splitlines()
        if line.startswith("| `")
    ]


def test_every_interval_of_a_public_table_was_simulated(rows: list[list[str]]) -> None:
    measured = {(table, interval) for table, interval, *_ in rows}
    assert {each for each in intervals() if each not in measured} == set()


def test_an_interval_covers_what_it_claims_or_says_what_it_is(rows: list[list[str]]) -> None:
    for table, interval, setting, runs, *_, covered, instead in rows:
        share = re.match(r"[\d.]+", covered)
        about = f"{interval} of {table}: {setting}"
        assert int(runs.replace(",", "")) >= 1000 or instead, about
        claims = share is not None and coverage.LEAST <= float(share[0]) <= coverage.MOST
        assert claims or instead, about


def test_an_interval_covers_what_its_description_says(rows: list[list[str]]) -> None:
    described = 0
    for table, interval, setting, *_, covered, instead in rows:
        schema = joined.schema(table)
        alone = interval == ESTIMATES.get(table) or table in LONG
        name = "low" if alone else interval
        said = schema.field(name).metadata[b"description"].decode() if name in schema.names else ""
        range_ = re.search(r"covers (up to )?(\d+)(?: to (\d+))? %", said)
        if instead and range_ and covered != "always null":
            least, most = (95, range_[2]) if range_[1] else (range_[2], range_[3] or range_[2])
            share = round(100 * float(covered.split()[0]))
            assert int(least) <= share <= int(most), f"{interval} of {table}: {setting}"
            described += 1
    assert described


def first_of_each_table() -> list[Simulation]:
    return list({each.table: each for each in reversed(list(simulations()))}.values())


@pytest.mark.parametrize("simulation", first_of_each_table(), ids=lambda each: each.table)
def test_a_few_simulated_studies_cover_the_truth(simulation: Simulation) -> None:
    studies = [dict(simulation.draw(seed)) for seed in range(RUNS)]
    for measured in coverage.summarise(simulation, studies):
        assert not measured.fails, measured
