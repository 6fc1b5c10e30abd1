"""Tables that a person gives, as CSV, parquet or .xlsx: their headings, and columns by row."""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from mnemo import spreadsheets, tables
from mnemo.errors import MnemoError
from mnemo.ratings import headings

#: Most rows of a CSV or parquet file: over ten times those of the largest published ratings.
MOST_ROWS = 2**24
#: Bytes of the largest file, and of what the columns of a parquet file claim to hold.
MOST_BYTES = 2**30

_DELIMITERS = (",", ";", "\t")
# What is written for no value, in BIDS and by R and pandas.
_EMPTY = ("", "n/a", "NA", "NaN", "nan")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_REMEDY = "Export it again from the program that it comes from."


class Sheet(NamedTuple):
    """A table that is open.

    Attributes:
        path: Its file.
        headings: What its columns are called.
        load: Reads columns, by their places among the headings: a frame with a column for each
            place, indexed by row as a spreadsheet program numbers them, or from 1 for parquet. An
            empty cell is None, and an empty row left out.
        comma: Whether a comma is the decimal point, as in a CSV file with semicolons.
    """

    path: Path
    headings: list[str]
    load: Callable[[Sequence[int]], pd.DataFrame]
    comma: bool = False


def opened(path: str | Path) -> Sheet:
    """Open a table, whose format its name tells: .parquet, .xlsx, or text such as CSV.

    Args:
        path: The file. Text is in UTF-8, or UTF-16 as Excel's "Unicode Text" is, with commas,
            semicolons or tabs between its columns.

    Returns:
        The table.

    Raises:
        MnemoError: The file is missing, damaged, too large or of another format; it has no
            headings; or one is there twice.
    """
    path = Path(path)
    if not path.is_file():
        raise MnemoError(f"{path} is no file: correct its path, or put the ratings there.")
    if (size := path.stat().st_size) > MOST_BYTES:
        raise MnemoError(f"{path} has {size:,} bytes, and ratings have at most {MOST_BYTES:,}.")
    read = {".parquet": _parquet, ".xlsx": _workbook}.get(path.suffix.lower(), _text)
    sheet = read(path)
    plain = [headings.plain(heading) for heading in sheet.headings]
    twice = sorted({heading for heading in plain if heading and plain.count(heading) > 1})
    if twice:
        raise MnemoError(f"{path} has columns twice: {', '.join(twice)}. Leave one of each.")
    if not any(plain):
        raise MnemoError(f"{path} has no headings: name each column in the first row.")
    return sheet


def _frame(columns: dict[int, list[Any]], rows: Sequence[int]) -> pd.DataFrame:
    frame = pd.DataFrame(columns, index=list(rows), dtype=object)
    frame = frame.where(frame.notna() & ~frame.isin(_EMPTY), None)
    return frame[frame.notna().any(axis=1)]


def _workbook(path: Path) -> Sheet:
    try:
        _, rows = spreadsheets.rows(path)
    except spreadsheets.UNREADABLE as why:
        raise MnemoError(
            f"{path} can't be read as .xlsx ({why}). Open it in a spreadsheet program, and save it "
            "as .xlsx: an Excel workbook without a password."
        ) from why
    heading = rows.pop(1, ())

    def load(places: Sequence[int]) -> pd.DataFrame:
        cells = {at: [row[at] if at < len(row) else None for row in rows.values()] for at in places}
        return _frame(cells, list(rows))

    return Sheet(path, ["" if cell is None else str(cell) for cell in heading], load)


def _parquet(path: Path) -> Sheet:
    with tables.opened(path, [], _REMEDY) as file:
        schema, claimed = file.schema_arrow, file.metadata
        held = sum(
            claimed.row_group(group).total_byte_size for group in range(claimed.num_row_groups)
        )
    if claimed.num_rows > MOST_ROWS or held > MOST_BYTES:
        raise MnemoError(f"{path} has {claimed.num_rows:,} rows in {held:,} bytes: too many.")

    def load(places: Sequence[int]) -> pd.DataFrame:
        chosen = [schema.field(at).name for at in places]
        nested = [name for name in chosen if pa.types.is_nested(schema.field(name).type)]
        if nested:
            raise MnemoError(f"{path} has lists in {', '.join(nested)}: give one value a row.")
        with tables.opened(path, chosen, _REMEDY) as file:
            read = file.read(chosen)
        cells = {at: read[name].to_pylist() for at, name in zip(places, chosen, strict=True)}
        return _frame(cells, range(1, len(read) + 1))

    return Sheet(path, list(schema.names), load)


def _text(path: Path) -> Sheet:
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(b"PK"):
        raise MnemoError(f"{path} is an archive: unpack it, and give the table that is inside.")
    encoding = "utf-16" if start.startswith(_UTF_16) else "utf-8-sig"
    with _readable(path), path.open(encoding=encoding, newline="") as lines:
        first = lines.readline(2**20)
    delimiter = max(_DELIMITERS, key=first.count)

    def records() -> Iterator[list[str]]:
        with _readable(path), path.open(encoding=encoding, newline="") as lines:
            yield from csv.reader(lines, delimiter=delimiter, strict=True)

    heading = [cell.strip() for cell in next(records(), [])]

    def load(places: Sequence[int]) -> pd.DataFrame:
        columns: dict[int, list[Any]] = {at: [] for at in places}
        rows = []
        for number, record in islice(enumerate(records(), start=1), 1, None):
            if number > MOST_ROWS:
                raise MnemoError(f"{path} has more than {MOST_ROWS:,} rows.")
            if any(map(str.strip, record[len(heading) :])):
                raise MnemoError(
                    f"{path}, row {number} has more cells than there are headings: put text with "
                    f"a {delimiter!r} in it between double quotes."
                )
            rows.append(number)
            for at in places:
                columns[at].append(record[at].strip() if at < len(record) else None)
        return _frame(columns, rows)

    return Sheet(path, heading, load, comma=delimiter == ";")


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Explain what goes wrong in reading text."""
    try:
        yield
    except UnicodeError as why:
        raise MnemoError(f"{path} is not text in UTF-8 ({why}): save it as CSV UTF-8.") from why
    except csv.Error as why:
        raise MnemoError(f"{path} is no CSV file ({why}). {_REMEDY}") from why


def text(cells: pd.Series) -> pd.Series:
    """Return cells as text, whole numbers without a point; None where they are empty."""
    return cells.map(
        lambda cell: str(int(cell)) if _whole(cell) else None if cell is None else str(cell)
    )


def _whole(cell: Any) -> bool:
    return isinstance(cell, float | np.floating) and float(cell).is_integer()


def numbers(cells: pd.Series, comma: bool = False) -> pd.Series:
    """Return cells as numbers.

    Args:
        cells: Cells, of numbers or text.
        comma: Whether a comma is the decimal point.

    Returns:
        float64; nan for a cell that is empty or no finite number.
    """
    if comma:
        cells = cells.map(
            lambda cell: cell.replace(",", ".") if isinstance(cell, str) else cell,
        )
    found = pd.to_numeric(cells, errors="coerce").astype(float)
    return found.where(np.isfinite(found))
