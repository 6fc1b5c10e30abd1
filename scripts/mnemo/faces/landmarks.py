"""Alignment of faces by landmarks, upright and to scale, as networks based on dlib expect it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import dlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mnemo.errors import AGAIN, MnemoError

Pixels = NDArray[np.uint8]

#: Height in pixels at which landmarks are detected, whatever the image's own height. No network
#: that uses the aligned face resolves finer detail.
HEIGHT = 256
# dlib's detector draws a box with a side of about 0.7 of the height around this centre. For half of
# the faces, the landmarks in this box differ from those in the detector's own box by at most a
# hundredth of the distance between the eyes. Measured on squares and ovals of the embedded
# generator, and on squares shrunk until the eyes were where they are in StyleGAN's faces.
_CENTRE = 0.5, 0.6
_SIDE = 0.7


def resize(image: Pixels) -> Pixels:
    """Resize an image to `HEIGHT`.

    Args:
        image: (height, width, 3), RGB.

    Returns:
        (HEIGHT, any, 3), with the same aspect ratio.
    """
    height, width = image.shape[:2]
    size = max(1, round(width * HEIGHT / height)), HEIGHT
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))


def central(image: Pixels) -> dlib.rectangle:
    """Return the box of the face in an image that one face fills, such as a square or an oval.

    Args:
        image: (height, width, 3).

    Returns:
        Approximately the box that dlib's detector would draw around the face.
    """
    height, width = image.shape[:2]
    x, y, half = _CENTRE[0] * width, _CENTRE[1] * height, _SIDE * height / 2
    return dlib.rectangle(round(x - half), round(y - half), round(x + half), round(y + half))


class Aligner:
    """Detects a face's landmarks within a given box, and cuts the face out by them.

    Args:
        path: `shape_predictor_5_face_landmarks.dat` of dlib-models.

    Raises:
        MnemoError: The file is missing or damaged, or holds another model.
    """

    def __init__(self, path: str | Path):
        self._predictor = load(dlib.shape_predictor, path)

    def landmarks(self, image: Pixels, box: dlib.rectangle) -> dlib.full_object_detection:
        """Detect the corners of the eyes and the bottom of the nose.

        Args:
            image: (height, width, 3), RGB.
            box: Box around the face.

        Returns:
            Five points, even if there is no face in the box.
        """
        return self._predictor(image, box)

    def chip(self, image: Pixels, box: dlib.rectangle, size: int, padding: float) -> Pixels:
        """Cut a face out, rotated upright.

        Args:
            image: (height, width, 3), RGB.
            box: Box around the face.
            size: Side of the chip in pixels.
            padding: Margin around dlib's mean face, as a share of that face's size.

        Returns:
            (size, size, 3), RGB.
        """
        chip: Pixels = dlib.get_face_chip(image, self.landmarks(image, box), size, padding)
        return chip


def load(kind: Callable[[str], Any], path: str | Path) -> Any:
    """Read a model in dlib's format, which holds only numbers.

    Args:
        kind: dlib's class of the model.
        path: The file.

    Returns:
        The model.

    Raises:
        MnemoError: The file is missing or damaged, or holds a model of another class.
    """
    if not Path(path).is_file():
        raise MnemoError(f"{path} is missing: run `snakemake weights`")
    try:
        return kind(str(path))
    except RuntimeError as why:
        reason = " ".join(str(why).split())
        raise MnemoError(
            f"{path} is damaged or not the expected model ({reason}). {AGAIN}"
        ) from why
