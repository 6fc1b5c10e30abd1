"""Faces cut out upright and to scale, by landmarks, as networks that come from dlib expect them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import dlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mnemo.errors import MnemoError

Pixels = NDArray[np.uint8]

#: Height in pixels that landmarks are looked for at, whatever the image's own; no network that
#: looks at the face afterwards sees finer detail.
HEIGHT = 256
# dlib's detector draws boxes of about 0.7 of the height around this place. For half of the faces,
# the landmarks in this box are those in the detector's own to a hundredth of the distance between
# the eyes: measured on squares and ovals of the embedded generator, and on squares that were shrunk
# until the eyes were where StyleGAN's faces have them.
_CENTRE = 0.5, 0.6
_SIDE = 0.7


def resize(image: Pixels) -> Pixels:
    """Resize an image to `HEIGHT`.

    Args:
        image: (height, width, 3), RGB.

    Returns:
        (HEIGHT, any, 3), of the same aspect ratio.
    """
    height, width = image.shape[:2]
    size = max(1, round(width * HEIGHT / height)), HEIGHT
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))


def central(image: Pixels) -> dlib.rectangle:
    """Say where the face is in an image that one face fills, such as Mnemo's squares and ovals.

    Args:
        image: (height, width, 3).

    Returns:
        The box that dlib's detector would draw around it, more or less.
    """
    height, width = image.shape[:2]
    x, y, half = _CENTRE[0] * width, _CENTRE[1] * height, _SIDE * height / 2
    return dlib.rectangle(round(x - half), round(y - half), round(x + half), round(y + half))


class Aligner:
    """Finds a face's landmarks, given a box around it, and cuts the face out by them.

    Args:
        path: `shape_predictor_5_face_landmarks.dat` of dlib-models.

    Raises:
        MnemoError: The file is missing, or no such file.
    """

    def __init__(self, path: str | Path):
        self._predictor = load(dlib.shape_predictor, path)

    def landmarks(self, image: Pixels, box: dlib.rectangle) -> dlib.full_object_detection:
        """Find the corners of the eyes and the bottom of the nose.

        Args:
            image: (height, width, 3), RGB.
            box: Around the face.

        Returns:
            Five points; there always are some, even where there is no face.
        """
        return self._predictor(image, box)

    def chip(self, image: Pixels, box: dlib.rectangle, size: int, padding: float) -> Pixels:
        """Cut a face out, turned so that it is upright.

        Args:
            image: (height, width, 3), RGB.
            box: Around the face.
            size: Side of the chip in pixels.
            padding: Margin around dlib's mean face, as a share of that face's size.

        Returns:
            (size, size, 3), RGB.
        """
        chip: Pixels = dlib.get_face_chip(image, self.landmarks(image, box), size, padding)
        return chip


def load(kind: Callable[[str], Any], path: str | Path) -> Any:
    """Read a file in dlib's format, which is numbers only.

    Args:
        kind: The class of dlib's that it is for.
        path: The file.

    Returns:
        What it holds.

    Raises:
        MnemoError: The file is missing, damaged, or of another class.
    """
    if not Path(path).is_file():
        raise MnemoError(f"{path} is missing: run `snakemake weights`")
    try:
        return kind(str(path))
    except RuntimeError as why:
        told = " ".join(str(why).split())
        raise MnemoError(
            f"{path} is damaged or not what it should be ({told}). Delete it and run `snakemake "
            "weights`."
        ) from why
