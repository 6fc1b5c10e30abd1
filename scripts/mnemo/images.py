"""Images as bytes in a table, and as arrays in memory."""

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
import PIL
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from mnemo import tables
from mnemo.errors import MnemoError

PIXELS = tables.field(
    "pixels",
    pa.struct([pa.field("bytes", pa.binary()), pa.field("path", pa.string())]),
    "the encoded image and its file name, in the layout of Hugging Face datasets; null where no "
    "face was found",
    nullable=True,
)


def for_datasets(schema: pa.Schema) -> pa.Schema:
    """Return the schema with the metadata that marks its images for Hugging Face datasets.

    Args:
        schema: The schema of a table with columns of images, all of the type of `PIXELS`.

    Returns:
        The same fields, with the key `huggingface` added to the metadata.
    """
    kinds = {pa.float64(): "float64", pa.bool_(): "bool"}
    features = {
        field.name: {"_type": "Image"}
        if field.type == PIXELS.type
        else {"_type": "Value", "dtype": kinds.get(field.type, str(field.type))}
        for field in schema
    }
    return schema.with_metadata(
        {**schema.metadata, "huggingface": json.dumps({"info": {"features": features}})}
    )


IMAGES = for_datasets(tables.define("Square images, one shard", *tables.PLACE, PIXELS))

Pixels = NDArray[np.uint8]
Format = Literal["png", "webp", "jpeg"]

# Measured by `benchmarks/encoding.py`: run-length encoding makes PNGs as small as zlib's default
# level does, in a quarter of the time. WebP's other methods take at least four times as long, for
# files that are 1 to 25 % smaller.
_SETTINGS: dict[Format, dict[str, Any]] = {
    "png": {"compress_level": 1, "compress_type": zlib.Z_RLE},
    "webp": {"lossless": True, "method": 0, "quality": 0},
    "jpeg": {"quality": 95, "subsampling": 0},
}


def encode(image: Pixels, name: str, format: Format = "webp") -> dict[str, bytes | str]:
    """Encode an image in the layout of Hugging Face datasets.

    Args:
        image: (height, width, 3), RGB.
        name: The image's key.
        format: "png" or "webp", both lossless, or "jpeg", with quality 95 and no chroma
            subsampling.

    Returns:
        `bytes`, the content of the file, and `path`, its name.
    """
    buffer = BytesIO()
    Image.fromarray(image).save(buffer, format=format, **_SETTINGS[format])
    return {"bytes": buffer.getvalue(), "path": f"{name}.{format}"}


def encode_while_rendering(
    rendered: Iterable[tuple[pa.Table, Sequence[Pixels]]], format: Format, threads: int
) -> Iterator[dict[str, Any]]:
    """Encode images in threads while the next ones are rendered.

    Args:
        rendered: Parts, each of rows with the columns `tables.PLACE` and the image of each row;
            an iterator may render each part when it is requested.
        format: As for `encode`.
        threads: Number of images to encode at the same time.

    Yields:
        The columns of `IMAGES` for each part, in order.
    """
    with ThreadPoolExecutor(threads) as pool:
        before: dict[str, Any] = {}
        for part, images in rendered:
            now = {
                **tables.place(part),
                "pixels": pool.map(
                    partial(encode, format=format), images, part["image"].to_pylist()
                ),
            }
            if before:
                yield {**before, "pixels": list(before["pixels"])}
            before = now
        if before:
            yield {**before, "pixels": list(before["pixels"])}


class Encoded(Sequence[Pixels]):
    """A shard's images, of which one row group is in memory at a time, each decoded on access.

    Access in the order of the shard reads each row group once.

    Args:
        path: The shard.
        names: The images' keys, for error messages.
        rows: (n,) row of each image in the shard, ascending.
    """

    def __init__(self, path: str | Path, names: Sequence[str], rows: NDArray[np.int64]):
        self.path = path
        self.names = names
        self.rows = rows
        with tables.opened(path, ["pixels"]) as file:
            groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
        self._ends = np.cumsum([group.num_rows for group in groups])
        self._held: tuple[int, pa.ChunkedArray] | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> Pixels: ...
    @overload
    def __getitem__(self, index: slice) -> list[Pixels]: ...
    def __getitem__(self, index: int | slice) -> Pixels | list[Pixels]:
        """Decode one image, (height, width, 3), RGB, or a list of them.

        Raises:
            MnemoError: The shard or the image is damaged.
        """
        chosen = range(len(self))[index]
        return self._decode(chosen) if isinstance(chosen, int) else list(map(self._decode, chosen))

    def _decode(self, index: int) -> Pixels:
        try:
            with Image.open(BytesIO(self._read(int(self.rows[index])))) as image:
                return np.asarray(image.convert("RGB"))
        except (UnidentifiedImageError, OSError) as why:
            raise MnemoError(
                f"image {self.names[index]} of {self.path} can't be decoded by Pillow "
                f"{PIL.__version__} ({why}). Install the version in requirements.txt. Only if that "
                "can't decode it either, the file is damaged: then delete it and run the same "
                "command again."
            ) from why

    def _read(self, row: int) -> bytes:
        number = int(np.searchsorted(self._ends, row, side="right"))
        if self._held is None or self._held[0] != number:
            with tables.opened(self.path, ["pixels"]) as file:
                self._held = number, file.read_row_group(number, ["pixels"])["pixels"]
        pixels = self._held[1]
        content: bytes = pixels[row - int(self._ends[number]) + len(pixels)]["bytes"].as_py()
        return content


def read(path: str | Path) -> tuple[pa.Table, Encoded]:
    """Read a shard of images, leaving out those in which no face was found.

    Args:
        path: A table of `IMAGES` or `ovals.OVALS`.

    Returns:
        The columns `tables.PLACE` of the shard's rows that have an image, and their images, which
        are read on access.

    Raises:
        MnemoError: The shard is damaged.
    """
    place = [field.name for field in tables.PLACE]
    # An image's name is null where the image is, and can be read without the image.
    shard = tables.read(path, [*place, "pixels.path"])
    found = shard["pixels"].is_valid()
    shard = shard.select(place).filter(found)
    return shard, Encoded(path, shard["image"].to_pylist(), np.flatnonzero(found))
