"""Skin tone as the individual typology angle, from the pixels of a face's cheeks."""

import numpy as np
from numpy.typing import NDArray

from mnemo.faces import measures

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]

# CIE XYZ of sRGB's primaries (IEC 61966-2-1), each divided by that of its white, D65.
_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_XYZ /= _XYZ.sum(axis=1, keepdims=True)
# CIELAB's cube root is a line below this ratio.
_LINEAR = (6 / 29) ** 3

# Landmarks around either cheek: jaw, corner of the mouth, nostril, lower lid.
_CHEEKS = [2, 48, 31, 41], [14, 54, 35, 46]
# The cheek's polygon is shrunk around its centre to this share, off the beard, nose and eyelashes.
_SHRUNK = 0.6


def cheeks(points: Floats, image: Pixels) -> Pixels:
    """Return the pixels of a face's cheeks.

    Args:
        points: (68, 2) landmarks, as in `measures`.
        image: (height, width, 3), RGB.

    Returns:
        (n, 3), RGB; none if both cheeks lie beyond the image.
    """
    mask = np.zeros(image.shape[:2], dtype=bool)
    for cheek in _CHEEKS:
        corners = points[cheek]
        middle = corners.mean(axis=0)
        mask |= measures.polygon(middle + _SHRUNK * (corners - middle), image.shape)
    return image[mask]


def typology_angle(pixels: Pixels) -> float:
    """Compute the individual typology angle of skin (Chardon et al., 1991).

    With the medians of the pixels' L* and b* in CIELAB it is arctan((L* - 50) / b*): above 55
    degrees for very light skin, below -30 for dark skin. It depends on the light that the face is
    seen in. For skin, b* is positive; where bluish light makes it negative, the angle goes on
    beyond 90 or -90 degrees instead of jumping.

    Args:
        pixels: (n, 3), RGB of sRGB.

    Returns:
        The angle in degrees, from -180 to 180; nan of no pixel.
    """
    if not len(pixels):
        return np.nan
    lightness, _, yellow = np.median(lab(pixels), axis=0)
    return float(np.degrees(np.arctan2(lightness - 50, yellow)))


def lab(pixels: Pixels) -> Floats:
    """Convert sRGB to CIELAB with the white point D65.

    Args:
        pixels: (..., 3), RGB.

    Returns:
        (..., 3): L* from 0 to 100, a* and b*.
    """
    shares = pixels / 255
    light = np.where(shares > 0.04045, ((shares + 0.055) / 1.055) ** 2.4, shares / 12.92)
    ratios = light @ _XYZ.T
    x, y, z = np.moveaxis(
        np.where(ratios > _LINEAR, np.cbrt(ratios), ratios / (3 * _LINEAR ** (2 / 3)) + 4 / 29),
        -1,
        0,
    )
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)
