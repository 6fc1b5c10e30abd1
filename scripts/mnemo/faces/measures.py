"""What the 68 landmarks of a face show: its size, its pose, and how open eyes and mouth are.

Landmarks are (68, 2), x and y in pixels from the upper left, in dlib's order (iBUG 300-W). Left and
right are those of the picture. All measures but the hull's are ratios of distances, which do not
depend on the face's size or on its rotation in the picture.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.spatial import ConvexHull

Points = NDArray[np.float64]

# Each eye's landmarks: outer or inner corner, two on the upper lid, the other corner, and two on
# the lower lid, below the upper ones in reverse order.
_EYES = slice(36, 42), slice(42, 48)
_OUTER_CORNERS = 36, 45
_NOSE = 30
_MOUTH_CORNERS = 48, 54
# The inner edge of the lips: left corner, three above, right corner, three below from the right.
_INNER_LIPS = slice(60, 68)


def eye_opening(points: Points) -> float:
    """Compute the eye aspect ratio, the mean of both eyes (Soukupová and Čech, CVWW 2016).

    It is the mean height of an eye between its lids divided by its width between the corners.

    Args:
        points: (68, 2) landmarks.

    Returns:
        0 for closed eyes, about 0.3 for open ones.
    """
    return float(np.mean([_aspect(points[eye]) for eye in _EYES]))


def mouth_opening(points: Points) -> float:
    """Compute the mouth aspect ratio: mean height between the lips' inner edges over their width.

    Args:
        points: (68, 2) landmarks.

    Returns:
        0 for a closed mouth, 1 for one that is as high as it is wide.
    """
    return _aspect(points[_INNER_LIPS])


def _aspect(outline: Points) -> float:
    """Return the mean height of an outline, given from corner over corner to corner, by its width.

    Args:
        outline: (2 + 2 k, 2): a corner, k points above, the other corner, and k points below.
    """
    across = len(outline) // 2
    above, below = outline[1:across], outline[across + 1 :][::-1]
    return float(_distance(above, below).mean() / _distance(outline[0], outline[across]))


def smile_width(points: Points) -> float:
    """Compute the distance between the mouth's corners over that between the eyes' outer corners.

    A smile draws the corners apart. Turning the head shortens both distances.

    Args:
        points: (68, 2) landmarks.

    Returns:
        The ratio, about 0.6 for a mouth at rest.
    """
    left, right = (points[list(pair)] for pair in (_MOUTH_CORNERS, _OUTER_CORNERS))
    return float(_distance(*left) / _distance(*right))


def yaw(points: Points) -> float:
    """Compute how far the head is turned, from how far its nose lies from the middle of the eyes.

    The distance is measured along the line of the eyes' outer corners, and divided by theirs. Seen
    from afar, it is the tangent of the angle times a number that depends on the face: how far the
    tip of the nose stands out before the eyes, as a share of their distance.

    Args:
        points: (68, 2) landmarks.

    Returns:
        0 for a face seen from the front, positive for one that looks to the right of the picture.
    """
    left, right = points[list(_OUTER_CORNERS)]
    across = right - left
    off = points[_NOSE] - (left + right) / 2
    return float(off @ across / (across @ across))


def hull(points: Points, size: Sequence[int]) -> NDArray[np.bool_]:
    """Return the mask of a face: the convex hull of its landmarks, from brows to chin.

    Args:
        points: (68, 2) landmarks.
        size: Height and width of the image.

    Returns:
        (height, width), true within the hull.
    """
    corners = points[ConvexHull(points).vertices]
    return polygon(corners, size)


def polygon(corners: Points, size: Sequence[int]) -> NDArray[np.bool_]:
    """Return the mask of a polygon.

    Args:
        corners: (n, 2), x and y in pixels.
        size: Height and width of the image.

    Returns:
        (height, width), true within the polygon and on its edge.
    """
    mask = Image.new("1", (size[1], size[0]))
    ImageDraw.Draw(mask).polygon([tuple(corner) for corner in corners.tolist()], fill=1)
    return np.asarray(mask)


def _distance(a: Points, b: Points) -> Points:
    return np.asarray(np.linalg.norm(a - b, axis=-1))
