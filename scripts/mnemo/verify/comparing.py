"""Comparing recomputed tables with the published ones, column by column."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mnemo import tables
from mnemo.verify import tolerances
from mnemo.verify.tolerances import Tolerance

IDENTICAL, WITHIN, DIFFERS = "identical", "within tolerance", "differs"
#: Metadata that says how and where a table was made; the rest says what it is.
_MADE = "mnemo."

COMPARED = tables.define(
    "Recomputed tables beside the published ones, one row for each column; what differs first",
    tables.field("table", pa.string(), "public table"),
    tables.field("column", pa.string(), "its column; null for the table as a whole", nullable=True),
    tables.field("n", pa.int64(), "number of values compared"),
    tables.field("differing", pa.int64(), "number of values that are not the same"),
    tables.field(
        "first_row",
        pa.int64(),
        "first row whose value differs by more than the tolerance; null if none does",
        nullable=True,
    ),
    tables.field(
        "published",
        pa.string(),
        "published value of that row; null if there is none",
        nullable=True,
    ),
    tables.field("recomputed", pa.string(), "recomputed value of that row", nullable=True),
    tables.field(
        "largest_difference",
        pa.float64(),
        "largest absolute difference of two numbers; null for what is no number",
        nullable=True,
    ),
    tables.field("tolerance", pa.string(), "difference that passes; empty for what must be equal"),
    tables.field("verdict", pa.string(), "outcome", limits=f"{IDENTICAL}, {WITHIN}, {DIFFERS}"),
)


def compare(
    name: str, published: str | Path, recomputed: str | Path, *, exact: bool
) -> list[dict[str, Any]]:
    """Compare a recomputed table with the published one.

    Args:
        name: The table's name.
        published: The table of the crate.
        recomputed: The table that was made here.
        exact: Whether numbers must be the same, but for those of `tolerances.COLUMNS`: the machine
            and the versions are.

    Returns:
        The rows of `COMPARED`: one for each column.

    Raises:
        MnemoError: A table is damaged.
    """
    theirs, ours = tables.read(published), tables.read(recomputed)
    rows = [_metadata(name, tables.metadata(published), tables.metadata(recomputed))]
    if theirs.column_names != ours.column_names or len(theirs) != len(ours):
        said = [f"{len(each):,} rows of {', '.join(each.column_names)}" for each in (theirs, ours)]
        return [*rows, _row(name, None, max(len(theirs), len(ours)), [0], *said)]
    for column in theirs.column_names:
        pair = (each[column].combine_chunks() for each in (theirs, ours))
        rows.append(_column(name, column, *pair, exact=exact))
    return rows


def _metadata(name: str, published: dict[str, str], recomputed: dict[str, str]) -> dict[str, Any]:
    """Compare what tables say of how they were made: weights, study, and settings."""
    version = f"{_MADE}version"
    # Another version may say the same settings in other words.
    reworded = published.get(version) != recomputed.get(version)
    left_out = {version, f"{_MADE}settings"} if reworded else {version}
    names = sorted(key for key in {*published, *recomputed} - left_out if key.startswith(_MADE))
    wrong = [key for key in names if published.get(key) != recomputed.get(key)]
    said = [
        json.dumps({key: each.get(key) for key in wrong}) if wrong else None
        for each in (published, recomputed)
    ]
    return _row(name, "metadata", len(names), [0] if wrong else [], *said, differing=len(wrong))


def _column(
    table: str, column: str, published: pa.Array, recomputed: pa.Array, *, exact: bool
) -> dict[str, Any]:
    kind = published.type.value_type if pa.types.is_list(published.type) else published.type
    if not pa.types.is_floating(kind) or published.type != recomputed.type:
        same = published.equals(recomputed)
        wrong = [] if same else _unequal(published, recomputed)
        return _described(table, column, published, recomputed, wrong)
    # A list is a value of its own numbers, which all have its row.
    theirs, ours = map(_numbers, (published, recomputed))
    rows, others = map(_rows, (published, recomputed))
    if not np.array_equal(rows, others):
        wrong = _unequal(published, recomputed)
        return _described(table, column, published, recomputed, wrong)
    tolerance = tolerances.of(table, column, exact=exact)
    with np.errstate(invalid="ignore"):
        away = np.abs(theirs - ours)
        most = tolerance.absolute + tolerance.relative * np.fmax(np.abs(theirs), np.abs(ours))
    # Infinities, and numbers that are missing in both, are the same.
    equal = (theirs == ours) | (np.isnan(theirs) & np.isnan(ours))
    beyond = ~equal & ~(np.isfinite(away) & (away <= most))
    return _row(
        table,
        column,
        len(theirs),
        rows[beyond].tolist(),
        *(_text(each, rows[beyond]) for each in (published, recomputed)),
        differing=int((~equal).sum()),
        largest=float(np.nanmax(away[~equal], initial=0)) if (~equal).any() else 0.0,
        tolerance=tolerance,
    )


def _described(
    table: str, column: str, published: pa.Array, recomputed: pa.Array, wrong: list[int]
) -> dict[str, Any]:
    said = (_text(each, np.array(wrong, np.int64)) for each in (published, recomputed))
    return _row(table, column, len(published), wrong, *said, differing=len(wrong))


def _unequal(first: pa.Array, second: pa.Array) -> list[int]:
    pairs = zip(first.to_pylist(), second.to_pylist(), strict=True)
    return [place for place, (one, other) in enumerate(pairs) if one != other]


def _numbers(column: pa.Array) -> Any:
    flat = column.flatten() if pa.types.is_list(column.type) else column
    return flat.to_numpy(zero_copy_only=False).astype(np.float64)


def _rows(column: pa.Array) -> Any:
    if not pa.types.is_list(column.type):
        return np.arange(len(column))
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    return np.repeat(np.arange(len(column)), lengths)


def _text(column: pa.Array, rows: Any) -> str | None:
    return str(column[int(rows[0])].as_py())[:200] if len(rows) else None


def _row(
    table: str,
    column: str | None,
    n: int,
    wrong: list[int],
    published: str | None,
    recomputed: str | None,
    *,
    differing: int = 0,
    largest: float | None = None,
    tolerance: Tolerance | None = None,
) -> dict[str, Any]:
    passed = WITHIN if differing else IDENTICAL
    return {
        "table": table,
        "column": column,
        "n": n,
        "differing": max(differing, len(wrong)),
        "first_row": wrong[0] if wrong else None,
        "published": published,
        "recomputed": recomputed,
        "largest_difference": largest,
        "tolerance": "" if tolerance is None else str(tolerance),
        "verdict": DIFFERS if wrong else passed,
    }


def worst_first(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Sort rows with a verdict: what differs, what is within tolerance, what is identical."""
    order = [DIFFERS, WITHIN, IDENTICAL]
    yield from sorted(rows, key=lambda row: order.index(row["verdict"]))
