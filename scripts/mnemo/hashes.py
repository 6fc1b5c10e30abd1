"""The sha256 of weights files: computing it, and recording it at a file's first use."""

import hashlib
import re
from pathlib import Path

#: Mnemo's own folder, and where weights are stored in it, whichever folder Snakemake works in: as
#: a relative path where it is that one.
HOME = Path(__file__).resolve().parents[2]
FOLDER = Path("" if Path.cwd() == HOME else HOME, "resources", "weights")


def of(path: Path) -> str:
    """Compute the sha256 of a file, as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def is_one(text: str) -> bool:
    """Return whether a text is a sha256, as 64 lowercase hexadecimal digits."""
    return re.fullmatch("[0-9a-f]{64}", text) is not None


def locks(path: Path, folder: Path | None = None) -> list[Path]:
    """List the lock files in which a file's sha256 may be recorded at its first use.

    Args:
        path: The file.
        folder: The folder of weights; needed for a user's own file, beside which only its owner
            may be able to write.

    Returns:
        The lock file beside `path`, then the one in `folder` if a folder is given.
    """
    beside = path.with_name(f"{path.name}.sha256")
    if folder is None:
        return [beside]
    # Files with the same name in different folders each have their own lock file.
    place = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:8]
    return [beside, folder / f"{path.name}.{place}.sha256"]


def lock(path: Path, folder: Path | None = None) -> Path | None:
    """Return the lock file that records a file's sha256, or None before the file's first use."""
    return next((found for found in locks(path, folder) if found.is_file()), None)


def locked(path: Path, folder: Path | None = None) -> str | None:
    """Read the sha256 recorded at a file's first use; None before that."""
    found = lock(path, folder)
    return found.read_text().strip() if found else None


def known(reference: str) -> str | None:
    """Return a file's sha256 as far as it is known.

    Args:
        reference: The published sha256, or the file's path if none is published.

    Returns:
        The published sha256, or the one recorded at the file's first use; None before that.
    """
    return reference if is_one(reference) else locked(Path(reference), FOLDER)
