"""The photographs of a study: which files they are, and the keys that they go by.

The name of a person's photograph often has the person's name in it. So results, logs and the report
have a photograph's key, `photo-00001`, and only one file, which says that it is private, has the
names. A photograph keeps its key when others join the folder or leave it.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

import csv
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mnemo import files
from mnemo.errors import MnemoError
from mnemo.study import sets
from mnemo.study.config import Config

#: Endings of the files that are taken for pictures.
ENDINGS = frozenset(
    f".{kind}"
    for kind in ("avif", "bmp", "gif", "heic", "heif", "jpeg", "jpg", "png", "tif", "tiff", "webp")
)
#: The file with the photographs' names, in the results folder.
PRIVATE = "private/photos.csv"
_WARNING = (
    "# Private: the file of each photograph by its key. Do not pass it on with the results, which "
    "have the keys alone."
)


def listed(folder: str | Path, key: str) -> list[str]:
    """List the pictures in a folder.

    Args:
        folder: The folder; those inside it are not looked into.
        key: The study's key that names the folder, for error messages.

    Returns:
        The names of its files that end as pictures do, sorted; hidden files are left out.

    Raises:
        MnemoError: The folder is missing or can't be read, has no pictures, or has one whose name
            Snakemake can't work with.
    """
    try:
        with os.scandir(folder) as entries:
            names = sorted(
                entry.name
                for entry in entries
                if Path(entry.name).suffix.lower() in ENDINGS
                and not entry.name.startswith(".")
                and not entry.is_dir()
            )
    except (OSError, ValueError) as why:
        reason = getattr(why, "strerror", None) or str(why)
        raise MnemoError(
            f"{folder} ({key}) can't be read ({reason}): give the path of a folder of pictures."
        ) from why
    if not names:
        raise MnemoError(
            f"{folder} ({key}) has no pictures: put some there. Their names end in "
            f"{', '.join(sorted(ENDINGS))}."
        )
    if odd := [name for name in names if {*name} & {*"{}\n\r"} or not name.isprintable()]:
        raise MnemoError(
            f"{folder} ({key}) has pictures whose names Snakemake can't work with, with braces or "
            f"unprintable characters: rename {', '.join(map(ascii, odd[:5]))}."
        )
    return names


def counted(raw: Mapping[str, Any], results: str | Path = "results") -> dict[str, Any]:
    """Fill in how many photographs a study has, which its folder says.

    Args:
        raw: The configuration, before it is checked.
        results: The folder with the results of all studies.

    Returns:
        The configuration, with `photos.count` filled in; as it was, if it has no folder of
        photographs or is mistaken in what is needed here.

    Raises:
        MnemoError: As for `listed`; or fewer photographs are there than the study asks for.
    """
    photos, study = raw.get("photos"), raw.get("study")
    if not isinstance(photos, dict) or not isinstance(study, str):
        return dict(raw)
    folder, wanted = photos.get("folder"), photos.get("count")
    if not isinstance(folder, str) or not isinstance(wanted, int | None):
        return dict(raw)
    found = len(_known_and_new(folder, Path(results, study)))
    if wanted is not None and wanted > found:
        raise MnemoError(f"photos.count: {wanted}: {folder} has {found} photographs")
    return {**raw, "photos": {**photos, "count": wanted or found}}


def of_study(config: Config, results: str | Path) -> "Photographs | None":
    """Return the photographs of a study; None if it has no folder of them.

    Raises:
        MnemoError: As for `listed`.
    """
    has_folder = config.photos is not None and config.photos.folder is not None
    return Photographs(config, results) if has_folder else None


class Photographs:
    """The photographs of one study's folder.

    Attributes:
        names: Their files' names, in the order of their keys; without those beyond `photos.count`.

    Args:
        config: The study, with `photos.folder`.
        results: Its results folder.

    Raises:
        MnemoError: As for `listed`.
    """

    def __init__(self, config: Config, results: str | Path):
        assert config.photos is not None
        assert config.photos.folder is not None
        self.config = config
        self.folder = config.photos.folder
        self._private = Path(results, PRIVATE)
        self._present = {*listed(self.folder, "photos.folder")}
        self.names = _known_and_new(self.folder, Path(results))[: config.photos.count]

    def files_of_shard(self, wildcards: Any) -> list[str]:
        """List the photographs of a shard that are still in the folder."""
        return [str(Path(self.folder, self.names[place])) for place in self._places(wildcards)]

    def keys_of_shard(self, wildcards: Any) -> list[str]:
        """List the keys of those photographs."""
        return [sets.photo_key(place) for place in self._places(wildcards)]

    def _places(self, wildcards: Any) -> list[int]:
        places = sets.places(wildcards.shard, len(self.names), self.config.shard_size)
        return [place for place in places if self.names[place] in self._present]

    def mark(self) -> None:
        """Write which file each key is of.

        Raises:
            MnemoError: The file can't be written.
        """
        known = _known(self._private)
        if known[: len(self.names)] == self.names:
            return
        try:
            self._private.parent.mkdir(parents=True, exist_ok=True)
        except OSError as why:
            raise files.refused(self._private.parent, why) from why
        with files.whole(self._private) as partial:
            partial.touch(mode=0o600)
            with partial.open("w", newline="", encoding="utf-8") as out:
                out.write(f"{_WARNING}\n")
                rows = csv.writer(out, lineterminator="\n")
                rows.writerow(["photo", "file"])
                rows.writerows((sets.photo_key(place), name) for place, name in self._all(known))

    def _all(self, known: Sequence[str]) -> list[tuple[int, str]]:
        longer = known if len(known) > len(self.names) else self.names
        return list(enumerate(longer))


def _known_and_new(folder: str, results: Path) -> list[str]:
    """List the photographs that have keys, in their order, and then those that are new."""
    known = _known(results / PRIVATE)
    return [*known, *(name for name in listed(folder, "photos.folder") if name not in {*known})]


def _known(path: Path) -> list[str]:
    """Read the names of the photographs that have keys already, in the keys' order."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(line for line in file if not line.startswith("#")))
        names = [name for _, name in rows[1:]]
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as why:
        raise MnemoError(
            f"{path} can't be read ({why}). It says which photograph each key is of: put it back, "
            "or move the study's results away."
        ) from why
    return names
