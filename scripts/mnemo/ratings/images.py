"""The images of a set by the names that people may know them by."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from mnemo import keys, latent_keys, names, seed_files, tables


class Images:
    """Finds images by key, seed or file name.

    The name of an image is its key; in a set of seeds also the seed, and the name of a file that is
    called by either, such as `42`, `0000042.png` or, as NVIDIA's programs write it, `seed0042.png`;
    and in a set whose images come from files, the name of its file, with its ending or without. The
    folders before a file's name don't count.

    Args:
        keys: Keys of the set's images, in its order.
        files: File name of each, for a set of images that have their own.
    """

    def __init__(self, keys: Sequence[str], files: Sequence[str] | None = None):
        self.keys = list(keys)
        self._places = {key: place for place, key in enumerate(self.keys)}
        self._named: dict[str, int] = {}
        called = [_base(file) for file in files or ()]
        for form in (str, _stem):
            plain = [names.plain(form(name)) for name in called]
            times = Counter(plain)
            for place, name in enumerate(plain):
                # What two images are called names neither.
                if times[name] == 1:
                    self._named.setdefault(name, place)

    def find(self, written: Iterable[str]) -> dict[str, int]:
        """Find images.

        Args:
            written: Names as somebody wrote them.

        Returns:
            The place in the set of each name that is an image's.
        """
        found = {name: self._place(name) for name in set(written)}
        return {name: place for name, place in found.items() if place is not None}

    def _place(self, name: str) -> int | None:
        base = _base(name)
        if name in self._places:
            return self._places[name]
        for form in (base, _stem(base)):
            if (place := self._named.get(names.plain(form))) is not None:
                return place
        seed = re.fullmatch(r"(?:seed)?(\d{1,18})", _stem(base), re.ASCII)
        key = keys.of_seed(int(seed[1])) if seed else ""
        return self._places.get(key, self._named.get(names.plain(key)))


def of_seeds(first: int, end: int) -> Images:
    """Return the images of a set of seeds.

    Args:
        first: The first seed.
        end: The one after the last.

    Returns:
        The images.
    """
    return Images(list(map(keys.of_seed, range(first, end))))


def of_latents(path: str | Path, count: int) -> Images:
    """Return the images whose latents a file gives.

    Args:
        path: The file, as for `mnemo.photos.imported.read`.
        count: Number of its latents.

    Returns:
        The images, which go by what they are called where a parquet file has a column `image`, and
        in a file of seeds by these.

    Raises:
        MnemoError: The file is damaged, or its seeds are none.
    """
    seeds = seed_files.read(path)
    called = None if seeds is None else list(map(keys.of_seed, seeds))
    if called is None and Path(path).suffix == ".parquet":
        with tables.opened(path, []) as file:
            named = "image" in file.schema_arrow.names
        called = (
            list(map(str, tables.read(path, ["image"])["image"].to_pylist())) if named else None
        )
    return Images(list(map(latent_keys.of_place, range(count))), called)


def _base(name: str) -> str:
    return re.split(r"[/\\]", name)[-1].strip()


def _stem(name: str) -> str:
    return PurePosixPath(name).stem
