"""How far edited images are from the unedited ones: a perceptual distance for each image."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from mnemo import images, tables
from mnemo.inversion.perceptual import Perceptual

IMAGE_CHANGES = tables.define(
    "Perceptual distances of edited images from the unedited ones",
    *tables.PLACE,
    tables.field(
        "image_change",
        pa.float64(),
        "perceptual distance between the edited image and the unedited one",
        limits="at least 0",
    ),
)


def distances(
    perceptual: Perceptual, image: images.Pixels, others: Sequence[images.Pixels]
) -> NDArray[np.float64]:
    """Compute the perceptual distances of some images from another.

    Args:
        perceptual: The distance.
        image: (height, width, 3), RGB.
        others: n images of the same size.

    Returns:
        (n,); 0 for the image itself.
    """
    features = described(perceptual, [image, *others])
    return apart(features[1:], features[:1])


def described(perceptual: Perceptual, pictures: Sequence[images.Pixels]) -> Tensor:
    """Compute what a perceptual distance compares, for images that are compared several times.

    Args:
        perceptual: The distance.
        pictures: n images of the same size, each (height, width, 3), RGB.

    Returns:
        (n, features).
    """
    with torch.inference_mode():
        pixels = torch.from_numpy(np.stack(pictures)).to(perceptual.mean.device).permute(0, 3, 1, 2)
        features: Tensor = perceptual(pixels / 127.5 - 1)
    return features


def apart(features: Tensor, others: Tensor) -> NDArray[np.float64]:
    """Compute the perceptual distances of images from what `described` returns.

    Args:
        features: (n, features).
        others: (n, features), or (1, features) for all.

    Returns:
        (n,).
    """
    with torch.inference_mode():
        squares = (features - others).square().sum(1, dtype=torch.float64)
    found: NDArray[np.float64] = squares.cpu().numpy()
    return found


def stored(image: images.Pixels, format: images.Format) -> images.Pixels:
    """Return an image as it is once it was stored, which JPEG changes.

    Args:
        image: (height, width, 3), RGB.
        format: As for `images.encode`.

    Returns:
        (height, width, 3), RGB.
    """
    content = images.encode(image, "", format)["bytes"]
    assert isinstance(content, bytes)
    with Image.open(BytesIO(content)) as read:
        return np.asarray(read.convert("RGB"))


def measure(
    perceptual: Perceptual, edited: Sequence[str | Path], unedited: Sequence[str | Path]
) -> Iterator[dict[str, Any]]:
    """Measure how far each image of some shards is from the unedited one.

    Args:
        perceptual: The distance.
        edited: Shards of `images.IMAGES`, the versions of an image one after another.
        unedited: Shards with the same images unedited, in the same order.

    Yields:
        The columns of `IMAGE_CHANGES`, one part for each shard.

    Raises:
        MnemoError: A shard is damaged.
    """
    originals = _named(unedited)
    name, original = next(originals)
    for path in edited:
        shard, pixels = images.read(path)
        changes = []
        for image, rows in groupby(range(len(shard)), shard["image"].to_pylist().__getitem__):
            while name != image:
                name, original = next(originals)
            changes.append(distances(perceptual, original, [pixels[row] for row in rows]))
        yield {**tables.place(shard), "image_change": np.concatenate([np.empty(0), *changes])}


def _named(paths: Sequence[str | Path]) -> Iterator[tuple[str, images.Pixels]]:
    """Read the images of some shards, each with its key."""
    for path in paths:
        shard, pixels = images.read(path)
        yield from zip(shard["image"].to_pylist(), pixels, strict=True)
