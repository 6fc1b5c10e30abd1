"""Spreadsheets that a user gives: read within bounds, and their mistakes named by row."""

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
import pandas as pd

#: What `rows` raises at a file that is missing a workbook's parts, damaged or of another format.
UNREADABLE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    ParseError,
    RuntimeError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
#: A file can claim far more than it holds: bounds on what it unpacks to.
MOST_BYTES = 2**28
MOST_ROWS = 2**20
MOST_COLUMNS = 2**8
#: Largest count of answers: NumPy deals no more.
MOST_ANSWERS = 10**9
#: How far a rate may be from its counts: the rounding to two decimals.
ROUNDING = 0.005 + 1e-9

# How an .xls begins, and a workbook with a password ([MS-CFB], 2.2; [MS-OFFCRYPTO], 1.3.2).
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Places of a mistake that its line names.
_NAMED = 10


def rows(path: Path) -> tuple[str, dict[int, tuple[Any, ...]]]:
    """Read the first sheet that is shown: its title, and the values of its rows that have any.

    Values of formulas are those that were last computed.

    Args:
        path: An .xlsx.

    Returns:
        The title, and the rows by number, as a spreadsheet program numbers them; blanks around text
        are taken off.

    Raises:
        Any of `UNREADABLE`.
    """
    if other := _other_format(path):
        raise ValueError(f"it is {other}")
    with zipfile.ZipFile(path) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > MOST_BYTES:
        raise ValueError(f"it unpacks to {size:,} bytes")
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if not shown:
            raise ValueError("no sheet of it is shown")
        # Some programs write a size that is not the sheet's.
        shown[0].reset_dimensions()
        read = shown[0].iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS, values_only=True)
        return str(shown[0].title), {
            number: tuple(cell.strip() if isinstance(cell, str) else cell for cell in row)
            for number, row in enumerate(read, start=1)
            if row.count(None) < len(row)
        }
    finally:
        book.close()


def _other_format(path: Path) -> str:
    """Return which other format a file has that may be named .xlsx; nothing if none is known."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
            head = {
                name: archive.open(name).read(2**12)
                for name in ("mimetype", "xl/workbook.xml")
                if name in members
            }
        if b"opendocument" in head.get("mimetype", b""):
            return "an OpenDocument file, such as .ods"
        if b"http://purl.oclc.org/ooxml/" in head.get("xl/workbook.xml", b""):
            return "a Strict Open XML Spreadsheet, which has other names inside"
        if "xl/workbook.bin" in members:
            return "an .xlsb"
        known = "[Content_Types].xml" in members
        return "" if known else "a .zip, or another program's file, such as Numbers'"
    if path.is_dir():
        return "a folder"
    with path.open("rb") as file:
        content = file.read(MOST_BYTES)
    if content.startswith(_COMPOUND):
        locked = "EncryptedPackage".encode("utf-16-le") in content
        return "protected by a password" if locked else "an .xls, of Excel before 2007"
    if not content:
        return "empty"
    binary = b"\0" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff"))
    return "" if binary else "text, such as CSV"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_rate(value: Any) -> bool:
    """Return whether a cell is a number from 0 to 1."""
    return _is_number(value) and 0 <= value <= 1


def is_count(value: Any) -> bool:
    """Return whether a cell is a whole number from 0 that can be a count of answers."""
    return _is_number(value) and 0 <= value < MOST_ANSWERS and value == int(value)


def places(values: pd.Series) -> list[str]:
    """Describe cells by row and value.

    Args:
        values: Cells, indexed by row.
    """
    return [f"row {row} ({value!r})" for row, value in values.items()]


def line(what: str, places: Sequence[str], remedy: str) -> Iterator[str]:
    """Write the line of a mistake with where it is, if it is anywhere.

    Args:
        what: What is wrong.
        places: Where; of many, some are named.
        remedy: What to do about it.
    """
    if places:
        more = f" and {len(places) - _NAMED:,} more" if len(places) > _NAMED else ""
        yield f"{what}: {', '.join(places[:_NAMED])}{more}. {remedy}"


def kinds(values: pd.Series) -> str:
    """Explain values that a spreadsheet program shows as numbers."""
    texts = values.map(lambda value: isinstance(value, str)).any()
    return (" What is in quotes is text: enter it as a number." if texts else "") + (
        " None is an empty cell, or a formula whose value was never saved: save the file in a "
        "spreadsheet program."
        if values.isna().any()
        else ""
    )
