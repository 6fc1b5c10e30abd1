"""Reading a crate: a folder, or a zip file, that somebody else made.

Nothing of a crate is executed or unpickled. Its files are read only where the description lists
them, below the crate, and no longer than the description says.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple

import yaml

from mnemo.crates import layout
from mnemo.errors import MnemoError

#: Bytes of the description, or of the study, that are read at most.
_MOST_TEXT = 64 * 2**20
#: Files that describe the others, and are not described themselves.
_UNLISTED = {layout.METADATA, "ro-crate-preview.html"}
_CHUNK = 2**20


class Listed(NamedTuple):
    """What a crate's description says of one of its files."""

    size: int
    sha256: str


class Crate:
    """A crate.

    Attributes:
        path: The folder or zip file.
        files: What its description says of each file, by its path in the crate.
        config: The study.
        environment: The versions, the machine and the code that made the results.
        digest: The sha256 of the description.

    Args:
        path: A folder or zip file that `snakemake publish` made.

    Raises:
        MnemoError: The path is no crate, or its description is damaged; a file of the crate is
            missing, is not listed, or has a path that leads out of it.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        if not self.path.exists():
            raise MnemoError(f"{path} (crate) is missing: name a folder or zip file of a crate")
        self._zip = None if self.path.is_dir() else _zip(self.path)
        self._top = _top(self._zip, self.path) if self._zip else ""
        description = self._read_text(layout.METADATA)
        self.digest = hashlib.sha256(description).hexdigest()
        self.files = self._listed(description)
        self._check_names()
        self.environment = self._environment()
        self.config = self._config()

    def read(self, name: str) -> bytes:
        """Read a file, and check that it is as its description says.

        Raises:
            MnemoError: It is missing, or was changed.
        """
        return b"".join(self._chunks(name))

    def copy(self, name: str, target: Path) -> None:
        """Copy a file out of the crate, and check that it is as its description says.

        Raises:
            MnemoError: It is missing, or was changed.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.part")
        with partial.open("wb") as out:
            for chunk in self._chunks(name):
                out.write(chunk)
        partial.replace(target)

    def check(self, name: str) -> None:
        """Check that a file is as its description says.

        Raises:
            MnemoError: It is missing, or was changed.
        """
        for _ in self._chunks(name):
            pass

    def below(self, folder: str) -> list[str]:
        """List the files in a folder of the crate, and in the folders in it."""
        return sorted(name for name in self.files if name.startswith(f"{folder}/"))

    def _chunks(self, name: str) -> Iterator[bytes]:
        if name not in self.files:
            raise MnemoError(f"{self.path} has no {name}: it is not a whole crate. Fetch it again.")
        size, sha256 = self.files[name]
        digest, read = hashlib.sha256(), 0
        with self._open(name) as file:
            # No more is read than the description says, whatever a zip file unpacks to.
            while read <= size and (chunk := file.read(min(_CHUNK, size + 1 - read))):
                read += len(chunk)
                digest.update(chunk)
                yield chunk
        if read != size or digest.hexdigest() != sha256:
            raise MnemoError(
                f"{name} of {self.path} is not the file that was published: its sha256 or size "
                f"differs from that in {layout.METADATA}. Fetch the crate again; if it still "
                "differs, ask its authors."
            )

    @contextmanager
    def _open(self, name: str) -> Iterator[IO[bytes]]:
        try:
            if self._zip:
                with self._zip.open(self._top + name) as file:
                    yield file
            else:
                with (self.path / name).open("rb") as file:
                    yield file
        except (OSError, KeyError, zipfile.BadZipFile, RuntimeError, EOFError) as why:
            raise MnemoError(
                f"{name} of {self.path} can't be read ({why}). Fetch it again."
            ) from why
        except zipfile.zlib.error as why:  # type: ignore[attr-defined]
            raise MnemoError(f"{name} of {self.path} is damaged ({why}). Fetch it again.") from why

    def _read_text(self, name: str) -> bytes:
        if not self._zip and not (self.path / name).is_file():
            raise MnemoError(f"{self.path} has no {name}: it is no crate of a study.")
        with self._open(name) as file:
            text = file.read(_MOST_TEXT + 1)
        if len(text) > _MOST_TEXT:
            raise MnemoError(f"{name} of {self.path} is larger than {_MOST_TEXT:,} bytes.")
        return text

    def _listed(self, description: bytes) -> dict[str, Listed]:
        try:
            entities = json.loads(description)["@graph"]
            files = [each for each in entities if "File" in _kinds(each)]
            return {
                _safe(str(each["@id"]), self.path): Listed(
                    int(each["contentSize"]), str(each["sha256"])
                )
                for each in files
                if "://" not in str(each["@id"])
            }
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as why:
            raise MnemoError(
                f"{layout.METADATA} of {self.path} is damaged, or was not made by Mnemo ({why!r}): "
                "each file needs a contentSize and a sha256."
            ) from why

    def _check_names(self) -> None:
        """Make sure that the files that are there are those that are listed."""
        there = self._zipped() if self._zip else self._lying()
        added = sorted(there - set(self.files) - _UNLISTED)
        missing = sorted(set(self.files) - there)
        for names, what in ((missing, "lacks"), (added, "has files that it does not list:")):
            if names:
                more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
                raise MnemoError(
                    f"{self.path} {what} {', '.join(names[:3])}{more}. Fetch the crate again."
                )

    def _zipped(self) -> set[str]:
        assert self._zip
        names = set()
        for each in self._zip.infolist():
            # The upper half of the attributes is the file's mode on Unix.
            if (each.external_attr >> 16) & 0o170000 == 0o120000:
                raise MnemoError(f"{self.path}: {each.filename} is a link. Refused.")
            _safe(each.filename, self.path)
            if not each.is_dir():
                names.add(each.filename.removeprefix(self._top))
        return names

    def _lying(self) -> set[str]:
        names = set()
        for each in self.path.rglob("*"):
            name = each.relative_to(self.path).as_posix()
            if each.is_symlink():
                raise MnemoError(f"{self.path}: {name} is a link. Refused.")
            if each.is_file():
                names.add(name)
        return names

    def _environment(self) -> dict[str, Any]:
        try:
            environment = json.loads(self.read(layout.ENVIRONMENT))
            found = environment["format"]
            environment["versions"]["mnemo"]
        except (ValueError, KeyError, TypeError, RecursionError) as why:
            raise MnemoError(f"{layout.ENVIRONMENT} of {self.path} is damaged ({why!r}).") from why
        if found != layout.FORMAT:
            raise MnemoError(
                f"{self.path} has the layout {found!r}, of another version of Mnemo "
                f"({environment['versions']['mnemo']}); this one reads {layout.FORMAT}. "
                "CHANGELOG.md says what changed. To verify the crate, check out "
                f"{environment.get('commit') or 'that version'}."
            )
        return dict(environment)

    def _config(self) -> dict[str, Any]:
        text = self.read(layout.CONFIG)
        try:
            config = yaml.safe_load(text)
        except (yaml.YAMLError, RecursionError) as why:
            raise MnemoError(f"{layout.CONFIG} of {self.path} is no YAML ({why}).") from why
        if not isinstance(config, dict):
            raise MnemoError(f"{layout.CONFIG} of {self.path} is no study: it has no keys.")
        return config


def _zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as why:
        raise MnemoError(f"{path} (crate) is neither a folder nor a whole zip file: {why}") from why


def _top(archive: zipfile.ZipFile, path: Path) -> str:
    """Return the folder of a zip file that the crate is in, with a slash; empty if in none."""
    found = [name for name in archive.namelist() if PurePosixPath(name).name == layout.METADATA]
    shortest = min(found, key=lambda name: name.count("/"), default=None)
    if shortest is None:
        raise MnemoError(f"{path} has no {layout.METADATA}: it is no crate of a study.")
    return shortest.removesuffix(layout.METADATA)


def _kinds(entity: dict[str, Any]) -> list[str]:
    kinds = entity["@type"]
    return kinds if isinstance(kinds, list) else [kinds]


def _safe(name: str, crate: Path) -> str:
    """Return a path of a crate, which must lie in it.

    Raises:
        MnemoError: The path leads out of the crate.
    """
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or "\\" in name or ":" in parts[0] or "\0" in name:
        raise MnemoError(f"{crate} names {name!r}, a path outside itself. Refused.")
    return name
