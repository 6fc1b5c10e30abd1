"""Visual factors of a face, all from one detection of its 68 landmarks.

MTCNN finds the face, the largest of several, and dlib its landmarks. An image without a face has
none of these factors.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mnemo.assessors import Preset, masks
from mnemo.assessors.measuring import FactorScorer
from mnemo.faces import measures, ovals, skin
from mnemo.faces.alignment import Landmarks

Pixels = NDArray[np.uint8]

#: Height in pixels at which landmarks are detected, whatever the image's own. A landmark is a whole
#: pixel: at this height the lids of a portrait's eye are about ten apart.
HEIGHT = 512


@dataclass(frozen=True)
class Face:
    """A face with its landmarks.

    Attributes:
        image: (`HEIGHT`, width, 3), RGB, the whole image resized.
        points: (68, 2), the landmarks in its pixels.
    """

    image: Pixels
    points: NDArray[np.float64]

    @cached_property
    def mask(self) -> masks.Mask:
        """The face's hull in the image, (height, width)."""
        return measures.hull(self.points, self.image.shape)


MEASURES: dict[str, Callable[[Face], float]] = {
    "face-size": lambda face: masks.size(face.mask),
    "face-centredness": lambda face: masks.centredness(face.mask),
    "face-squareness": lambda face: masks.squareness(face.mask),
    "face-yaw": lambda face: measures.yaw(face.points),
    "eye-opening": lambda face: measures.eye_opening(face.points),
    "mouth-opening": lambda face: measures.mouth_opening(face.points),
    "smile-width": lambda face: measures.smile_width(face.points),
    "skin-tone": lambda face: skin.typology_angle(skin.cheeks(face.points, face.image)),
}


class FaceMeasurer:
    """Measures the face in an image.

    Args:
        path: As for `alignment.Landmarks`.

    Raises:
        MnemoError: The file is missing or damaged, or holds another model.
    """

    def __init__(self, path: str | Path):
        self._landmarks = Landmarks(path)

    def find(self, image: Pixels) -> Face | None:
        """Find the largest face in an image, and its landmarks.

        Args:
            image: (height, width, 3), RGB.

        Returns:
            The face; None if there is none.
        """
        height, width = image.shape[:2]
        size = max(1, round(width * HEIGHT / height)), HEIGHT
        resized = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))
        box = ovals.find(resized).box
        return None if box is None else Face(resized, self._landmarks.detect(resized, box))

    def measure(self, image: Pixels, factors: Sequence[str]) -> list[float]:
        """Measure factors of the face in an image.

        Args:
            image: (height, width, 3), RGB.
            factors: Keys of `MEASURES`.

        Returns:
            The factors, in their order; nan where there is no face.
        """
        face = self.find(image)
        return [np.nan if face is None else MEASURES[factor](face) for factor in factors]


def load(name: str, paths: Sequence[Path], preset: Preset) -> FactorScorer:
    """Load the measure of a factor of a face.

    Args:
        name: A key of `MEASURES`.
        paths: `shape_predictor_68_face_landmarks.dat` of dlib-models.
        preset: Has no effect.

    Returns:
        The assessor.

    Raises:
        MnemoError: The file is missing or damaged, or holds another model.
    """
    return FactorScorer(name, FaceMeasurer(paths[0]))
