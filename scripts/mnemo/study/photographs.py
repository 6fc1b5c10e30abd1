"""The photographs of a study: which files they are, and the keys that they go by.

The name of a person's photograph often has the person's name in it. So results, logs, Snakemake's
output and the report have a photograph's key, `photo-00001`, and only one file, which says that it
is private, has the names. A photograph keeps its key when others join the folder or leave it.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mnemo.errors import MnemoError
from mnemo.photos import folder, private
from mnemo.study import sets
from mnemo.study.config import Config


def counted(raw: Mapping[str, Any], results: str | Path = "results") -> dict[str, Any]:
    """Fill in how many photographs a study has, which its folder says.

    Args:
        raw: The configuration, before it is checked.
        results: The folder with the results of all studies.

    Returns:
        The configuration, with `photos.count` filled in; as it was, if it has no folder of
        photographs or is mistaken in what is needed here.

    Raises:
        MnemoError: The folder is missing, is a file, can't be read or has no pictures; or fewer
            photographs are there than the study asks for.
    """
    photos, study = raw.get("photos"), raw.get("study")
    if not isinstance(photos, dict) or not isinstance(study, str):
        return dict(raw)
    source, wanted = photos.get("folder"), photos.get("count")
    # What is no count is reported when the study is checked.
    if not isinstance(source, str) or not (wanted is None or (type(wanted) is int and wanted > 0)):
        return dict(raw)
    found = len(_known_and_new(source, Path(results, study)))
    if wanted is not None and wanted > found:
        raise MnemoError(f"photos.count: {wanted}: {source} has {found} photographs")
    return {**raw, "photos": {**photos, "count": wanted or found}}


def of_study(config: Config, results: str | Path) -> "Photographs | None":
    """Return the photographs of a study; None if it has no folder of them.

    Raises:
        MnemoError: As for `Photographs`.
    """
    has_folder = config.photos is not None and config.photos.folder is not None
    return Photographs(config, results) if has_folder else None


class Photographs:
    """The photographs of one study's folder.

    Attributes:
        folder: The folder.
        private: The file with their names.
        names: Their paths in the folder, in the order of their keys; without those beyond
            `photos.count`.

    Args:
        config: The study, with `photos.folder`.
        results: Its results folder.

    Raises:
        MnemoError: The folder is missing, is a file, can't be read or has no pictures.
    """

    def __init__(self, config: Config, results: str | Path):
        assert config.photos is not None
        assert config.photos.folder is not None
        self.config = config
        self.folder = config.photos.folder
        self._batch = config.photos.batch
        self.private = str(Path(results, private.PRIVATE))
        self._all = _known_and_new(self.folder, Path(results))
        self.names = self._all[: config.photos.count]

    @property
    def alone(self) -> bool:
        """Whether one shard has all the photographs."""
        return len(self.names) <= self.config.shard_size

    def keys_of_shard(self, wildcards: Any) -> list[str]:
        """List the keys of a shard's photographs that are still in the folder."""
        return [private.key(place) for place in self._places(wildcards)]

    def digest_of_shard(self, wildcards: Any) -> str:
        """Digest those photographs, which are no input of a job: their names are private."""
        return folder.digest(self._path(place) for place in self._places(wildcards))

    def aligned(self, wildcards: Any) -> str:
        """Return the shard of aligned photographs that some are inverted from."""
        start = self._part(wildcards).start // self.config.shard_size
        return f"<results>/originals/square/{start:05d}.parquet"

    def keys_of_part(self, wildcards: Any) -> list[str]:
        """Return the keys of those that one job inverts."""
        return list(map(private.key, self._part(wildcards)))

    def digest_of_part(self, wildcards: Any) -> str:
        """Digest those photographs."""
        return folder.digest(self._path(place) for place in self._part(wildcards))

    def inverted(self, wildcards: Any) -> list[str]:
        """List the files with the latents of one shard of photographs."""
        parts = sets.within(wildcards.shard, len(self.names), self.config.shard_size, self._batch)
        return [f"<results>/photos/inverted/{part}.parquet" for part in parts]

    def mark(self) -> None:
        """Write which file each key is of.

        Raises:
            MnemoError: The file can't be written.
        """
        if private.read(self.private) != self._all:
            private.write(self.private, self._all)

    def _places(self, wildcards: Any) -> list[int]:
        places = sets.of_shard(self.config, "photos", wildcards.shard)
        return [place for place in places if os.path.isfile(self._path(place))]  # noqa: PTH113

    def _part(self, wildcards: Any) -> range:
        return sets.places(wildcards.part, len(self.names), self._batch)

    def _path(self, place: int) -> str:
        return os.path.join(self.folder, self.names[place])  # noqa: PTH118


def _known_and_new(source: str, results: Path) -> list[str]:
    """List the photographs that have keys, in their order, and then those that are new."""
    try:
        found = [os.path.relpath(path, source) for path in folder.pictures(source)]
    except MnemoError as why:
        raise MnemoError(f"photos.folder: {why}. Name a folder of photographs.") from why
    known = private.read(results / private.PRIVATE)
    # A set, for folders of many photographs.
    marked = {*known}
    return [*known, *(name for name in found if name not in marked)]
