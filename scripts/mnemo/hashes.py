"""The sha256 of weights files: computed, and kept from their first use on."""

import hashlib
import re
from pathlib import Path

#: Mnemo's own folder, and where weights are stored in it, whichever folder Snakemake works in: as
#: a relative path where it is that one.
HOME = Path(__file__).resolve().parents[2]
FOLDER = Path("" if Path.cwd() == HOME else HOME, "resources", "weights")


def of(path: Path) -> str:
    """Compute the sha256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def is_one(text: str) -> bool:
    """Tell whether a text is a sha256 in hexadecimal."""
    return re.fullmatch("[0-9a-f]{64}", text) is not None


def locks(path: Path, folder: Path | None = None) -> list[Path]:
    """List where the sha256 of a file on first use may be kept.

    Args:
        path: The file.
        folder: The folder of weights, for a file of the user's own: that may lie where nobody but
            its owner can write.

    Returns:
        Beside the file, and then in the folder.
    """
    beside = path.with_name(f"{path.name}.sha256")
    if folder is None:
        return [beside]
    # Files of one name in several folders have a lock each.
    place = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:8]
    return [beside, folder / f"{path.name}.{place}.sha256"]


def lock(path: Path, folder: Path | None = None) -> Path | None:
    """Find the lock that keeps a file's sha256; None before its first use."""
    return next((found for found in locks(path, folder) if found.is_file()), None)


def locked(path: Path, folder: Path | None = None) -> str | None:
    """Read the sha256 that a file had on first use; None before that."""
    found = lock(path, folder)
    return found.read_text().strip() if found else None


def known(told: str) -> str | None:
    """Tell what is known of a file's sha256.

    Args:
        told: The sha256 that is published, or else the file's path.

    Returns:
        What is published, or else that of the file's first use; None before that.
    """
    return told if is_one(told) else locked(Path(told), FOLDER)
