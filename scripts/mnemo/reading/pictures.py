"""The pictures of a set: a sequence that reads each of them when it is looked at."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Self, SupportsIndex, overload

from PIL import Image, ImageDraw, ImageFont

from mnemo import images
from mnemo.errors import MnemoError
from mnemo.report import pages

#: Pictures that a notebook shows of a set, the first ones.
SHOWN = 24
#: Pixels below a picture for its key, and between two pictures.
KEY, GAP = 16, 6


class Pictures(Sequence[Image.Image]):
    """Pictures of one set, each by its place or its image's key, and read when it is asked for.

    `pictures[0]` and `pictures["1000000"]` are pictures. `pictures[:8]` and `pictures[keys]`, where
    keys are a list or a column of a table, are fewer of them. A notebook shows them side by side.

    Attributes:
        title: Which pictures they are.

    Args:
        title: Which pictures they are.
        places: For each picture its image's key, its shard, and its place in it among those that
            have a picture.
    """

    def __init__(self, title: str, places: Mapping[str, tuple[Path, int]]):
        self.title = title
        self._places = places
        self._keys = list(places)
        self._held: images.Encoded | None = None

    @classmethod
    def of(cls, title: str, shards: Iterable[Path]) -> Self:
        """Find the pictures of some shards; an image in which no face was found has no oval.

        Args:
            title: Which pictures they are.
            shards: Tables `images.IMAGES` or `ovals.OVALS` of one set.

        Returns:
            The pictures, in the order of the shards.

        Raises:
            MnemoError: A shard is missing or damaged.
        """
        found = ((path, images.read(path)[1].names) for path in shards)
        return cls(
            title,
            {key: (path, row) for path, keys in found for row, key in enumerate(keys)},
        )

    def keys(self) -> list[str]:
        """Return the images' keys, in order."""
        return list(self._keys)

    def items(self) -> Iterator[tuple[str, Image.Image]]:
        """Read the pictures one by one, each with its image's key."""
        return ((key, self[key]) for key in self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._places

    @overload  # A text counts as some of them to a type checker.
    def __getitem__(self, index: SupportsIndex | str) -> Image.Image: ...  # type: ignore[overload-overlap]
    @overload
    def __getitem__(self, index: slice | Iterable[SupportsIndex | str]) -> "Pictures": ...
    def __getitem__(
        self, index: SupportsIndex | str | slice | Iterable[SupportsIndex | str]
    ) -> "Image.Image | Pictures":
        """Return one picture, in RGB, or some of them.

        Raises:
            IndexError: There is no such place.
            MnemoError: There is no such key, or the shard is damaged.
        """
        if isinstance(index, slice):
            chosen = self._keys[index]
        elif isinstance(index, str | SupportsIndex):
            return self._read(self._key(index))
        else:
            chosen = list(map(self._key, index))
        return Pictures(self.title, {key: self._places[key] for key in chosen})

    def _key(self, index: SupportsIndex | str) -> str:
        if not isinstance(index, str):
            return self._keys[index]
        if index not in self._places:
            there = f"from {self._keys[0]} to {self._keys[-1]}" if self._keys else "none"
            raise MnemoError(f"{self.title}: no picture has the key {index!r}; keys: {there}")
        return index

    def _read(self, key: str) -> Image.Image:
        path, place = self._places[key]
        # One shard at a time, of which one row group is in memory.
        if self._held is None or self._held.path != path:
            self._held = images.read(path)[1]
        return Image.fromarray(self._held[place])

    def grid(self, columns: int = 8, side: int = 128) -> Image.Image:
        """Draw the pictures side by side, each above its image's key.

        Args:
            columns: Pictures in a row.
            side: Longest side of a picture in pixels; a smaller one stays as it is.

        Returns:
            The drawing, in RGB.

        Raises:
            MnemoError: There are no pictures, or a shard is damaged.
        """
        if not self:
            raise MnemoError(f"{self.title}: there are no pictures to draw")
        pictures = list(self)
        for picture in pictures:
            picture.thumbnail((side, side), Image.Resampling.LANCZOS)
        width = max(picture.width for picture in pictures)
        height = max(picture.height for picture in pictures) + KEY
        columns = min(columns, len(self))
        rows = -(-len(self) // columns)
        size = columns * (width + GAP) - GAP, rows * (height + GAP) - GAP
        drawing = Image.new("RGB", size, "white")
        pen, font = ImageDraw.Draw(drawing), ImageFont.load_default(11)
        for place, (key, picture) in enumerate(zip(self._keys, pictures, strict=True)):
            left, top = place % columns * (width + GAP), place // columns * (height + GAP)
            drawing.paste(picture, (left, top))
            below = left + width / 2, top + height
            pen.text(below, key, fill="#595959", font=font, anchor="mb")
        return drawing

    def __repr__(self) -> str:
        return f"<{self._words()}>"

    def _repr_html_(self) -> str:
        shown = self[:SHOWN]
        fewer = f", the first {len(shown)} of them" if len(shown) < len(self) else ""
        words = f"<p>{escape(self._words() + fewer)}</p>"
        return words + (pages.embedded(self.title, pages.jpeg(shown.grid())) if shown else "")

    def _words(self) -> str:
        return f"{self.title}: {len(self):,} picture{'s' if len(self) != 1 else ''}"
