"""A recomputed table beside the published one: what counts as the same."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mnemo import tables
from mnemo.verify import comparing, tolerances
from mnemo.verify.comparing import DIFFERS, IDENTICAL, WITHIN

SCHEMA = tables.define(
    "Slopes",
    tables.field("edit", pa.string(), "name"),
    tables.field("n", pa.int64(), "images"),
    tables.field("slope", pa.float64(), "slope", nullable=True),
    tables.field("normal", pa.list_(pa.float64()), "vector"),
)
ROWS = {
    "edit": ["a", "b", "c"],
    "n": [3, 4, 5],
    "slope": [0.5, None, float("inf")],
    "normal": [[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]],
}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def write(name: str, weights: str = "1", **changed: object) -> Path:
        made = tables.Provenance("tiny", "merge_table", {"dcgan": weights}, {})
        tables.write(tmp_path / name, SCHEMA, {**ROWS, **changed}, made)
        return tmp_path / name

    return write


def verdicts(published: Path, recomputed: Path, *, exact: bool = False) -> dict[str, str]:
    rows = comparing.compare("slopes", published, recomputed, exact=exact)
    return {row["column"]: row["verdict"] for row in rows}


@pytest.mark.parametrize("exact", [True, False])
def test_equal_tables_are_identical(write: Callable[..., Path], exact: bool) -> None:
    found = verdicts(write("a"), write("b"), exact=exact)
    assert found == dict.fromkeys(["metadata", "edit", "n", "slope", "normal"], IDENTICAL)


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("edit", ["a", "b", "d"]),
        ("n", [3, 4, 6]),
        ("slope", [0.501, None, float("inf")]),
        ("slope", [0.5, 0.0, float("inf")]),
        ("slope", [None, None, float("inf")]),
        ("slope", [0.5, None, float("-inf")]),
        ("slope", [0.5, None, 1e300]),
        ("normal", [[1.0, 0.0], [0.0, 1.0], [0.8, 0.6]]),
        ("normal", [[1.0, 0.0], [0.0, 1.0], [1.0]]),
        ("normal", [[1.0], [0.0, 0.0, 1.0], [0.6, 0.8]]),
    ],
)
def test_another_value_differs_and_its_row_is_named(
    write: Callable[..., Path], column: str, values: list[object]
) -> None:
    rows = comparing.compare("slopes", write("a"), write("b", **{column: values}), exact=False)
    [wrong] = [row for row in rows if row["verdict"] == DIFFERS]
    changed = [
        place
        for place, pair in enumerate(zip(ROWS[column], values, strict=True))
        if pair[0] != pair[1]
    ]
    assert (wrong["column"], wrong["first_row"]) == (column, changed[0])
    assert wrong["recomputed"] == str(values[changed[0]])


def test_the_last_digits_may_differ_on_another_machine_alone(write: Callable[..., Path]) -> None:
    near = np.nextafter(0.5, 1)
    published, recomputed = write("a"), write("b", slope=[near, None, float("inf")])
    assert verdicts(published, recomputed)["slope"] == WITHIN
    assert verdicts(published, recomputed, exact=True)["slope"] == DIFFERS


@pytest.mark.parametrize("exact", [True, False])
def test_frechet_distances_may_differ_by_a_hundred_thousandth_on_any_machine(exact: bool) -> None:
    """Their last digits depend on the number of threads."""
    found = tolerances.of("realness", "frechet_difference_low", exact=exact)
    assert (found.absolute, found.relative) == (1e-5, 1e-5)
    others = tolerances.of("realness", "kernel_difference_low", exact=exact)
    assert others == (tolerances.EXACT if exact else tolerances.DEFAULT)


def test_a_row_that_is_missing_differs(write: Callable[..., Path]) -> None:
    fewer = {name: values[:2] for name, values in ROWS.items()}
    assert verdicts(write("a"), write("b", **fewer))[None] == DIFFERS  # type: ignore[index]


def test_other_weights_differ(write: Callable[..., Path]) -> None:
    assert verdicts(write("a"), write("b", weights="2"))["metadata"] == DIFFERS


def test_what_differs_comes_first(write: Callable[..., Path]) -> None:
    rows = comparing.compare("slopes", write("a"), write("b", n=[3, 4, 6]), exact=False)
    assert next(comparing.worst_first(rows))["column"] == "n"
