"""dlib's detector of faces, for networks that look at the largest face in an image."""

from threading import local
from typing import Any

import dlib
import numpy as np
from numpy.typing import NDArray

_OF_THREAD = local()


def largest(image: NDArray[np.uint8]) -> dlib.rectangle | None:
    """Find the largest face in an image.

    Args:
        image: (height, width, 3), RGB, from `landmarks.resize`: the detector finds faces from about
            80 pixels on, and takes the longer the larger the image is.

    Returns:
        The box around it, which may extend beyond the image; None if no face is found.
    """
    return max(_detector()(image, 0), key=dlib.rectangle.area, default=None)


def _detector() -> Any:
    # A detector works on one image at a time.
    if not hasattr(_OF_THREAD, "detector"):
        _OF_THREAD.detector = dlib.get_frontal_face_detector()
    return _OF_THREAD.detector
