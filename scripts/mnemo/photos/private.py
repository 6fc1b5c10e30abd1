"""The file that says which photograph each key is of, the only one with the photographs' names.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

import csv
from collections.abc import Iterable
from pathlib import Path

from mnemo import files
from mnemo.errors import MnemoError

#: The file in a study's results folder.
PRIVATE = "private/photos.csv"
_WARNING = (
    "# Private: the file of each photograph by its key. Do not pass it on with the results, which "
    "have the keys alone.\n"
)
# A name may have bytes that are no UTF-8.
_TEXT = {"newline": "", "encoding": "utf-8", "errors": "surrogateescape"}


def key(place: int) -> str:
    """Return the key of a photograph from its place among the study's, which starts at 0."""
    return f"photo-{place + 1:05d}"


def read(path: str | Path) -> list[str]:
    """Read the names of a study's photographs.

    Args:
        path: The file.

    Returns:
        The names, in the order of their keys; none if there is no file yet.

    Raises:
        MnemoError: The file is damaged or can't be read.
    """
    path = Path(path)
    try:
        with path.open(**_TEXT) as file:  # type: ignore[call-overload]
            file.readline()
            return [name for _, name in list(csv.reader(file))[1:]]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, csv.Error) as why:
        raise MnemoError(
            f"{path} can't be read ({why}). It says which photograph each key is of: put it back, "
            "or move the study's results away."
        ) from why


def write(path: str | Path, names: Iterable[str]) -> None:
    """Write the names of a study's photographs, for the user's eyes only.

    Args:
        path: The file; its folder is made.
        names: The names, in the order of their keys.

    Raises:
        MnemoError: The file can't be written.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as why:
        raise files.refused(path.parent, why) from why
    with files.whole(path) as partial:
        partial.touch(mode=0o600)
        with partial.open("w", **_TEXT) as file:  # type: ignore[call-overload]
            file.write(_WARNING)
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(["photo", "file"])
            rows.writerows((key(place), name) for place, name in enumerate(names))
