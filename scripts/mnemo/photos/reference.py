"""Photographs as a reference for realness: each cut and resized to what a generator renders."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps
from tqdm import tqdm

from mnemo.images import Format, encode
from mnemo.photos import private, reading
from mnemo.photos.folder import SET

LOGGER = logging.getLogger(__name__)


def rows(
    paths: Sequence[str | Path], first: int, size: tuple[int, int], format: Format
) -> Iterator[dict[str, list[Any]]]:
    """Read photographs, and cut each to the largest centred part that has the wanted proportions.

    Args:
        paths: The photographs.
        first: Place of the first of them in the set.
        size: Width and height of the results in pixels.
        format: As for `images.encode`.

    Yields:
        The columns of `images.IMAGES` for each photograph. One that can't be read is null, and
        named in the log by its key.
    """
    unreadable = 0
    bar = tqdm(paths, desc="photographs", unit=" photographs", mininterval=5)
    for place, path in enumerate(bar, first):
        name, photo = private.key(place), reading.read(path)
        pixels = None
        if photo.pixels is None:
            unreadable += 1
            LOGGER.warning("%s is left out: %s", name, photo.reason)
        else:
            fitted = ImageOps.fit(Image.fromarray(photo.pixels), size, Image.Resampling.LANCZOS)
            pixels = encode(np.asarray(fitted), name, format)
        row = {"set": SET, "edit": None, "alpha": None, "image": name, "pixels": pixels}
        yield {column: [value] for column, value in row.items()}
    LOGGER.info("%s photographs, of which %s can't be read", f"{len(paths):,}", unreadable)
