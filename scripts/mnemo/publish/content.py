"""The files of a crate: what is copied of a study's results, and what is not."""

import csv
import io
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from mnemo import tables
from mnemo.crates import layout
from mnemo.errors import MnemoError

#: What identifiers of people look like: e-mail addresses, Prolific's 24 digits, Mechanical Turk's
#: capitals.
IDENTIFIER = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]+|[0-9a-f]{24}|A[0-9A-Z]{11,20}")
#: Columns with the names that people have in a table.
_NAMES = ("participant",)


def copy_tables(results: Path, crate: Path, names: Iterable[str]) -> None:
    """Copy public tables, none of which may name a person.

    Args:
        results: The study's results.
        crate: The crate's folder.
        names: The tables.

    Raises:
        MnemoError: A participant has a name that is no pseudonym.
    """
    for name in names:
        _copy(results / f"{name}.parquet", crate / layout.TABLES / f"{name}.parquet")


def copy_measurements(
    results: Path, crate: Path, folders: Iterable[str], files: Iterable[str]
) -> None:
    """Copy what models measured of the images, and what nothing else can give.

    Args:
        results: The study's results.
        crate: The crate's folder.
        folders: Folders of the results, all of whose tables are copied; those that are not there
            are left out.
        files: Tables of the results.

    Raises:
        MnemoError: As for `copy_tables`.
    """
    within = [path for folder in folders for path in sorted((results / folder).rglob("*.parquet"))]
    for path in (*within, *(results / name for name in files)):
        _copy(path, crate / layout.MEASUREMENTS / path.relative_to(results))


def copy_images(results: Path, crate: Path, shards: Iterable[Path]) -> None:
    """Copy shards of generated images.

    Args:
        results: The study's results.
        crate: The crate's folder.
        shards: The shards, in the results.
    """
    for path in shards:
        _copy(path, crate / layout.IMAGES / path.relative_to(results))


def copy_report(results: Path, crate: Path, *, pictures: bool) -> None:
    """Copy the report and the figures.

    Args:
        results: The study's results.
        crate: The crate's folder.
        pictures: Whether pictures may leave; without them, only charts do.
    """
    if pictures:
        _copy(results / "report.html", crate / "report.html")
    for path in sorted((results / "figures").rglob("*")):
        chart = path.suffix == ".svg" and b"<image" not in path.read_bytes()
        if path.is_file() and (pictures or chart):
            _copy(path, crate / layout.FIGURES / path.relative_to(results / "figures"))


def list_weights(weights: Mapping[str, Mapping[str, Any]]) -> str:
    """Write a table of weights, as CSV: name, what it is, sha256, licence, publisher's page.

    Args:
        weights: What is known of each file, by its name; `sha256` is empty where there is none.

    Returns:
        The text.
    """
    rows = [
        {
            "name": name,
            "description": each["description"],
            "sha256": each["sha256"],
            "licence": each["licence"],
            "publisher": each["page"],
            "citation": each["citation"],
        }
        for name, each in sorted(weights.items())
    ]
    return as_csv(rows)


def as_csv(rows: list[dict[str, Any]]) -> str:
    """Write rows as CSV.

    Args:
        rows: At least one row; all have the same columns.

    Returns:
        The text.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix == ".parquet":
        _check_names(source)
    shutil.copyfile(source, target)


def _check_names(path: Path) -> None:
    """Make sure that nobody in a table has the name by which a platform knows them."""
    for column in set(_NAMES) & set(pq.read_schema(path).names):
        for name in tables.read(path, [column])[column].unique().to_pylist():
            if name and IDENTIFIER.fullmatch(name):
                raise MnemoError(
                    f"{path}: the {column} {name!r} looks like an e-mail address, or an identifier "
                    "of Prolific or Mechanical Turk. Replace the identifiers in the file of "
                    "answers by pseudonyms, and run the same command again."
                )
