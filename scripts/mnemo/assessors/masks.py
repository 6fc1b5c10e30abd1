"""Where an object lies in an image and how round it is, measured from its mask.

They are the object size, centredness and shape of GANalyze (section 3.2), which took the masks from
Mask R-CNN; a face's mask is the hull of its landmarks.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def size(mask: Mask) -> float:
    """Compute the share of the image that an object covers.

    Args:
        mask: (height, width), true within the object, of at least one pixel.

    Returns:
        The share, above 0 and at most 1.
    """
    return float(mask.mean())


def centredness(mask: Mask) -> float:
    """Compute how close an object is to the middle of the image.

    The paper's measure is the distance of the object's centroid from the middle. It is negated
    here, so that a larger value is more centred, and divided by half of the image's diagonal.

    Args:
        mask: As for `size`.

    Returns:
        From -1, in a corner, to 0, in the middle.
    """
    middle = (np.array(mask.shape) - 1) / 2
    off = np.argwhere(mask).mean(axis=0) - middle
    return float(-np.hypot(*off) / (np.hypot(*mask.shape) / 2))


def squareness(mask: Mask) -> float:
    """Compute how square or circular an object is: as long as it is wide.

    It is the length of the minor axis divided by that of the major axis of the ellipse that has the
    same second central moments as the mask, as in scikit-image's `regionprops`.

    Args:
        mask: As for `size`.

    Returns:
        From 0, for a line one pixel wide, to 1, for a square or a circle, or a single pixel.
    """
    places = np.argwhere(mask)
    minor, major = np.linalg.eigvalsh(np.cov(places, rowvar=False, ddof=0))
    # Rounding may leave a line's minor axis a little below 0.
    return float(np.sqrt(max(minor, 0.0) / major)) if major > 0 else 1.0


MEASURES: dict[str, Callable[[Mask], float]] = {
    "size": size,
    "centredness": centredness,
    "squareness": squareness,
}
