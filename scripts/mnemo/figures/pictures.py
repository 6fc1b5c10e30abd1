"""Pictures in a figure: decoding them from shards, and showing one in a panel."""

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray
from PIL import Image

from mnemo import tables
from mnemo.figures import style

Pixels = NDArray[np.uint8]


def decoded(pixels: Mapping[str, Any] | None) -> Pixels | None:
    """Decode a value of the column `images.PIXELS`.

    Args:
        pixels: The encoded image as `bytes`; None if there is none.

    Returns:
        (height, width, 3), RGB; None if there is none.
    """
    if pixels is None:
        return None
    with Image.open(BytesIO(pixels["bytes"])) as image:
        return np.asarray(image.convert("RGB"))


def first(paths: Sequence[str | Path], count: int) -> list[str]:
    """Return the keys of the first images of a set that are not missing.

    Args:
        paths: The set's shards, with the columns `image` and `pixels`.
        count: Number of keys to return at most.

    Returns:
        The keys, in the order of the shards.
    """

    def found() -> Iterator[str]:
        for path in paths:
            for group in tables.groups(path, ["image", "pixels.path"]):
                yield from group["image"].filter(group["pixels"].is_valid()).to_pylist()

    return list(islice(found(), count))


def show(
    panel: Axes, pixels: Pixels | None, note: str = "", *, absent: str = "no face", frame: str
) -> None:
    """Show a picture, with a note in its top left corner.

    Args:
        panel: The axes to draw in; they keep their size, whatever the picture's shape.
        pixels: (height, width, 3), RGB; None for a blank.
        note: The note; empty for none.
        absent: What is written in a blank.
        frame: Colour of the frame.
    """
    panel.set(xticks=[], yticks=[])
    panel.spines[:].set(visible=True, color=frame, zorder=5)
    where: dict[str, Any] = {"transform": panel.transAxes, "fontsize": 6.5}
    if pixels is None:
        panel.set_facecolor("#F2F2F2")
        panel.text(0.5, 0.5, absent, ha="center", va="center", color=style.GREY, **where)
        return
    panel.imshow(pixels, interpolation="lanczos")
    # The picture may fill the panel in one direction only.
    panel.set_adjustable("datalim")
    if note:
        box = {"facecolor": "white", "alpha": 0.85, "linewidth": 0, "pad": 1}
        panel.text(0.05, 0.95, note, va="top", bbox=box, **where)
