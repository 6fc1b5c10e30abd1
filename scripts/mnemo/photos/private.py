"""The file that says which photograph each key is of, the only one with the photographs' names.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

import csv
from collections.abc import Iterable
from pathlib import Path, PurePath

from mnemo import files
from mnemo.errors import MnemoError

#: The file in a study's results folder.
PRIVATE = "private/photos.csv"
_WARNING = (
    "# Private: the file of each photograph by its key. Do not pass it on with the results, which "
    "have the keys alone.\n"
)
_HEADER = ["photo", "file"]
# A name may have bytes that are no UTF-8.
_TEXT = {"newline": "", "encoding": "utf-8", "errors": "surrogateescape"}


def key(place: int) -> str:
    """Return the key of a photograph from its place among the study's, which starts at 0."""
    return f"photo-{place + 1:05d}"


def read(path: str | Path) -> list[str]:
    """Read the names of a study's photographs.

    Args:
        path: The file; its rows may have been sorted otherwise.

    Returns:
        The names, in the order of their keys; none if there is no file yet.

    Raises:
        MnemoError: The file can't be read, or is not as it was written: a key is missing or there
            twice, or a name is there twice or leads out of the folder.
    """
    path = Path(path)
    try:
        with path.open(**_TEXT) as file:  # type: ignore[call-overload]
            rows = [
                row for row in csv.reader(file, strict=True) if not row[0].startswith("# Private")
            ]
        named = {photo: name for photo, name in rows if [photo, name] != _HEADER}
        names = [named[key(place)] for place in range(len(named))]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, csv.Error, KeyError) as why:
        raise _damaged(path, str(why)) from why
    inside = [
        not PurePath(name).is_absolute() and ".." not in PurePath(name).parts for name in names
    ]
    if len(rows) != len(names) + 1 or len({*names}) < len(names) or not all(inside) or not names:
        raise _damaged(path, "a row is missing, there twice, or names no file of the folder")
    return names


def _damaged(path: Path, why: str) -> MnemoError:
    return MnemoError(
        f"{path} is not as Mnemo wrote it ({why}). It says which photograph each key is of: put it "
        "back, or move the study's results away and start anew."
    )


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
            # Quoted, because a name may have any character.
            rows = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
            rows.writerow(_HEADER)
            rows.writerows((key(place), name) for place, name in enumerate(names))
