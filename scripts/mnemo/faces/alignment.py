"""Alignment of faces as in FFHQ, the photographs that StyleGAN was trained on.

A generator of faces renders all of them in one pose: the eyes and the mouth are always in about the
same place. A photograph has to be cut out in the same way before the generator can come near it.
This is the recipe of FFHQ (Karras et al., 2019, appendix A), which its authors published as
`recreate_aligned_images` in NVlabs/ffhq-dataset, download_ffhq.py. `corners` places an oriented
square by a face's landmarks, and `cut` resamples the photograph in that square.
"""

from pathlib import Path

import dlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from mnemo.errors import AGAIN, MnemoError
from mnemo.faces import detection
from mnemo.faces.landmarks import load

Pixels = NDArray[np.uint8]
Points = NDArray[np.float64]
Box = tuple[int, int, int, int]

#: Side of FFHQ's images in pixels. Each is drawn at `_DRAWN` and reduced to it.
SIDE = 1024
_DRAWN = 4096
#: The smallest distance between the eyes, in pixels, of a face that can be aligned. At this size a
#: landmark, which is a whole pixel, may be off by 4 % of the distance, and FFHQ's square of 1024
#: pixels has been enlarged about 20 times.
SMALLEST = 12.0

# The points in dlib's order (that of iBUG 300-W): outline of either eye, and corners of the mouth.
_POINTS = 68
_LEFT_EYE, _RIGHT_EYE = slice(36, 42), slice(42, 48)
_MOUTH = [48, 54]

# dlib's detector looks at the surroundings of MTCNN's box: at half of its height on each side, at a
# scale at which the box has this height.
_AROUND = 0.5
_HEIGHT = 200
# dlib's box relative to MTCNN's, in heights of MTCNN's box: its side, and how far its centre lies
# below. Medians of 117 faces: 73 of the embedded generator, and 44 pictures of six photographs
# turned by up to 25 degrees and scaled; 90 % of the sides are 0.75 to 1.0, and of the centres 0.0
# to 0.13. The square that comes of this box has its corners within 10 of 1024 pixels of those that
# come of dlib's box on the whole photograph for half of the faces; dlib's own boxes at two scales
# differ as much, by 8.
_SIDE = 0.81
_BELOW = 0.065


class Landmarks:
    """Detects the 68 landmarks of a face by dlib (Kazemi & Sullivan, 2014), as FFHQ's authors did.

    Args:
        path: `shape_predictor_68_face_landmarks.dat` of dlib-models.

    Raises:
        MnemoError: The file is missing or damaged, or holds another model.
    """

    def __init__(self, path: str | Path):
        self._predictor = load(dlib.shape_predictor, path)
        points = self._predictor(np.zeros((8, 8, 3), np.uint8), dlib.rectangle(0, 0, 7, 7))
        if points.num_parts != _POINTS:
            raise MnemoError(
                f"{path} detects {points.num_parts} landmarks instead of {_POINTS}: it is another "
                f"model. {AGAIN}"
            )

    def detect(self, image: Pixels, box: Box) -> Points:
        """Detect the landmarks of a face that MTCNN has found.

        dlib looks for landmarks in the box of its own detector. That is drawn here around the face
        in a reduced copy of its surroundings, which takes the same time in any photograph. If
        dlib's detector does not find the face, the box is derived from MTCNN's. The landmarks are
        detected in the photograph itself, whose size costs no time.

        Args:
            image: (height, width, 3), RGB.
            box: Left, top, width and height of MTCNN's box in pixels, as in `ovals.Face`.

        Returns:
            (68, 2), x and y in pixels of the image.
        """
        points = self._predictor(image, own_box(image, box) or derived_box(box))
        return np.array([(point.x, point.y) for point in points.parts()], dtype=float)


def own_box(image: Pixels, box: Box) -> dlib.rectangle | None:
    """Return the box that dlib's own detector draws around a face that MTCNN has found.

    Args:
        image: (height, width, 3), RGB.
        box: As for `Landmarks.detect`.

    Returns:
        The box in pixels of the image; None if dlib's detector finds no face there.
    """
    left, top, width, height = box
    centre = np.array([left + width / 2, top + height / 2])
    reach = height * (0.5 + _AROUND)
    start = np.maximum(np.rint(centre - reach), 0).astype(int)
    end = np.minimum(np.rint(centre + reach), image.shape[1::-1]).astype(int)
    if (end <= start).any():
        return None
    around = Image.fromarray(image[start[1] : end[1], start[0] : end[0]])
    size = np.maximum(np.rint((end - start) * _HEIGHT / height), 1).astype(int)
    around = around.resize(tuple(size.tolist()), Image.Resampling.BICUBIC)
    found = detection.largest(np.asarray(around))
    if found is None:
        return None
    scale = np.tile((end - start) / size, 2)
    sides = [found.left(), found.top(), found.right(), found.bottom()]
    drawn = dlib.rectangle(*np.rint(sides * scale + np.tile(start, 2)).astype(int).tolist())
    return drawn if drawn.contains(*np.rint(centre).astype(int).tolist()) else None


def derived_box(box: Box) -> dlib.rectangle:
    """Return about the box that dlib's own detector would draw around a face that MTCNN has found.

    Args:
        box: As for `Landmarks.detect`.

    Returns:
        The box, as far below MTCNN's and as large as dlib's are on average.
    """
    left, top, width, height = box
    x, y, half = left + width / 2, top + height / 2 + _BELOW * height, _SIDE * height / 2
    return dlib.rectangle(round(x - half), round(y - half), round(x + half), round(y + half))


def eye_distance(landmarks: Points) -> float:
    """Return the distance between the centres of the eyes.

    Args:
        landmarks: (68, 2), in dlib's order.

    Returns:
        The distance in the unit of the landmarks.
    """
    left, right = landmarks[_LEFT_EYE].mean(axis=0), landmarks[_RIGHT_EYE].mean(axis=0)
    return float(np.hypot(*(right - left)))


def corners(landmarks: Points) -> Points:
    """Place FFHQ's oriented square by the landmarks of a face.

    With e the mean of both eyes' centres, u from the left to the right eye's centre in the picture,
    v from e to the mean of the mouth's corners, and R a quarter turn (a, b) -> (-b, a):

        x = s (u - R v) / |u - R v|,  s = max(2 |u|, 1.8 |v|)
        y = R x
        c = e + 0.1 v

    The square has its centre at c, and x and y are half of its sides.

    Args:
        landmarks: (68, 2), x and y in pixels, in dlib's order.

    Returns:
        (4, 2), the square's upper left, lower left, lower right and upper right corner, as seen
        upright.
    """
    left, right = landmarks[_LEFT_EYE].mean(axis=0), landmarks[_RIGHT_EYE].mean(axis=0)
    eyes, across = (left + right) / 2, right - left
    down = landmarks[_MOUTH].mean(axis=0) - eyes
    x = across - _quarter_turn(down)
    x *= max(2 * np.hypot(*across), 1.8 * np.hypot(*down)) / np.hypot(*x)
    y = _quarter_turn(x)
    centre = eyes + 0.1 * down
    return np.stack([centre - x - y, centre - x + y, centre + x + y, centre + x - y])


def _quarter_turn(vector: Points) -> Points:
    return np.array([-vector[1], vector[0]])


def cut(image: Pixels, square: Points, resolution: int) -> Pixels:
    """Cut an oriented square out of a photograph, as FFHQ's images were cut.

    The photograph is reduced by a whole number if the square is larger than 4096 pixels, cropped
    around the square, and continued beyond its border by reflection, which is blurred and fades to
    the median colour. The square is drawn at 4096 pixels by bilinear interpolation, and reduced to
    FFHQ's 1024 and then to the generator's resolution with Lanczos filters.

    Args:
        image: (height, width, 3), RGB.
        square: (4, 2), from `corners`.
        resolution: Side of the result in pixels.

    Returns:
        (resolution, resolution, 3), RGB.
    """
    picture, square = Image.fromarray(image), square.copy()
    side = float(np.hypot(*(square[3] - square[0])))
    if (shrink := int(side / SIDE / 2)) > 1:
        width, height = np.rint(np.array(picture.size) / shrink).astype(int).tolist()
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
        square /= shrink
        side /= shrink

    border = max(round(side * 0.1), 3)
    low, high = np.floor(square.min(axis=0)).astype(int), np.ceil(square.max(axis=0)).astype(int)
    start = np.maximum(low - border, 0)
    end = np.minimum(high + border, picture.size)
    picture = picture.crop((*start.tolist(), *end.tolist()))
    square -= start

    before = np.maximum(start - low + border, 0)
    after = np.maximum(high - start - picture.size + border, 0)
    if max(*before, *after) > border - 4:
        margin = round(side * 0.3)
        before, after = np.maximum(before, margin), np.maximum(after, margin)
        picture = _continue(picture, before, after, blur=side * 0.02)
        square += before

    drawn = picture.transform(
        (_DRAWN, _DRAWN),
        Image.Transform.QUAD,
        (square + 0.5).ravel().tolist(),
        Image.Resampling.BILINEAR,
    )
    drawn = drawn.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return np.asarray(drawn.resize((resolution, resolution), Image.Resampling.LANCZOS))


def _continue(
    picture: Image.Image, before: NDArray[np.int64], after: NDArray[np.int64], blur: float
) -> Image.Image:
    """Continue a picture beyond its border.

    Args:
        picture: RGB.
        before: Pixels to add on the left and at the top, at least 1.
        after: Pixels to add on the right and at the bottom, at least 1.
        blur: Standard deviation in pixels of the blur.

    Returns:
        The larger picture.
    """
    (left, top), (right, bottom) = before.tolist(), after.tolist()
    width, height = picture.width + left + right, picture.height + top + bottom
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    # 1 at the new border, 0 at the picture's own, and negative within it.
    beyond = 1 - np.minimum(
        np.minimum(x / left, (width - 1 - x) / right),
        np.minimum(y / top, (height - 1 - y) / bottom),
    )
    blurred, faded = np.clip(3 * beyond + 1, 0, 1), np.clip(beyond, 0, 1)
    channels = []
    # One channel at a time, for large photographs.
    for channel in picture.split():
        wide = np.pad(np.float32(channel), ((top, bottom), (left, right)), "reflect")
        wide += (ndimage.gaussian_filter(wide, blur) - wide) * blurred
        wide += (np.median(wide) - wide) * faded
        channels.append(Image.fromarray(np.clip(np.rint(wide), 0, 255).astype(np.uint8)))
    return Image.merge("RGB", channels)


def centre(image: Pixels, resolution: int) -> Pixels:
    """Cut the largest centred square out of a photograph, as NVIDIA's projector does.

    For generators of other things than faces.

    Args:
        image: (height, width, 3), RGB.
        resolution: Side of the result in pixels.

    Returns:
        (resolution, resolution, 3), RGB.
    """
    height, width = image.shape[:2]
    side = min(height, width)
    left, top = (width - side) // 2, (height - side) // 2
    square = Image.fromarray(image[top : top + side, left : left + side])
    return np.asarray(square.resize((resolution, resolution), Image.Resampling.LANCZOS))
