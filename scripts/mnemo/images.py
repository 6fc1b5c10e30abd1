"""Images as bytes in a table, and as arrays in memory."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from mnemo import tables
from mnemo.errors import MnemoError

Pixels = NDArray[np.uint8]


def encode(image: Pixels, name: str) -> dict[str, bytes | str]:
    """Encode an image losslessly, as Hugging Face datasets holds one.

    Args:
        image: (height, width, 3), RGB.
        name: The image's key.

    Returns:
        `bytes`, a PNG, and `path`, the file name that it would have.
    """
    buffer = BytesIO()
    Image.fromarray(image).save(buffer, format="PNG")
    return {"bytes": buffer.getvalue(), "path": f"{name}.png"}


def read(path: str | Path) -> tuple[pa.Table, list[Pixels]]:
    """Read a shard of images, without those whose face was not found.

    Args:
        path: A table of `tables.IMAGES` or `tables.OVALS`.

    Returns:
        The shard's rows that have an image, and for each the image: (height, width, 3), RGB.

    Raises:
        MnemoError: The shard is damaged, or one of its images is; the error names it.
    """
    shard = tables.read(path)
    shard = shard.filter(shard["pixels"].is_valid())
    images = []
    for row in shard.select(["image", "pixels"]).to_pylist():
        try:
            with Image.open(BytesIO(row["pixels"]["bytes"])) as image:
                images.append(np.asarray(image.convert("RGB")))
        except (UnidentifiedImageError, OSError) as why:
            raise MnemoError(
                f"image {row['image']} of {path} can't be read ({why}). Delete that file and run "
                "the same command again."
            ) from why
    return shard, images
