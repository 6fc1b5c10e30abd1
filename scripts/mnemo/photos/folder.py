"""A folder of pictures: which files it has, in an order that does not change.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from mnemo.errors import MnemoError

#: The set that the pictures of a folder are as the reference of realness.
SET = "reference_folder"
#: How the names of pictures end, in any case.
ENDINGS = (
    *(".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".gif", ".bmp"),
    # HEIC is not read, which photos.parquet then says.
    *(".jp2", ".j2k", ".heic", ".heif"),
)


def pictures(folder: str | Path) -> tuple[str, ...]:
    """List the pictures of a folder and of the folders in it, by their names' endings.

    Hidden files and folders are left out, such as those that macOS puts beside others.

    Args:
        folder: The folder.

    Returns:
        Their paths, sorted; whether they can be read is not known.

    Raises:
        MnemoError: The folder is missing, is a file, can't be read, or has no pictures.
    """
    # Path.is_dir fails at a long name.
    if not os.path.isdir(folder):  # noqa: PTH112
        is_file = os.path.isfile(folder)  # noqa: PTH113
        raise MnemoError(f"{folder} is {'a file' if is_file else 'not there'}")
    try:
        found = sorted(_walked(folder))
    except OSError as why:
        raise MnemoError(f"{why.filename} can't be read: {why.strerror}") from why
    if not found:
        raise MnemoError(f"{folder} has no pictures: no file that ends in {', '.join(ENDINGS)}")
    return tuple(found)


def _walked(folder: str | Path) -> Iterator[str]:
    for place, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.lower().endswith(ENDINGS) and not name.startswith("."):
                yield os.path.join(place, name)  # noqa: PTH118 (a Path takes seconds of many)


def _refuse(why: OSError) -> None:
    raise why


def digest(paths: Iterable[str]) -> str:
    """Digest the names, sizes and times of files, which differ if a file is another or was changed.

    Args:
        paths: The files.

    Returns:
        12 hexadecimal digits.
    """
    found = hashlib.sha256()
    for path in paths:
        try:
            about = os.stat(path)  # noqa: PTH116 (as above)
            state = f"{about.st_size}\0{about.st_mtime_ns}"
        except OSError:
            # A link to nowhere, or a file that was just deleted.
            state = "absent"
        found.update(f"{path}\0{state}\0".encode(errors="surrogateescape"))
    return found.hexdigest()[:12]
