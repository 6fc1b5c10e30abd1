"""Detection of faces by MTCNN, and cutting them out as ovals on white, as in 10k US Adult Faces."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from tqdm import tqdm

from mnemo import images, tables
from mnemo.images import Format, encode

FACE = (
    tables.field(
        "status",
        pa.string(),
        "whether MTCNN found one face, several or none",
        limits="found, several, none",
    ),
    tables.field("faces", pa.int64(), "number of faces that MTCNN found"),
    tables.field("left", pa.int64(), "left edge of the face's box", unit="pixel", nullable=True),
    tables.field("top", pa.int64(), "top edge of the face's box", unit="pixel", nullable=True),
    tables.field("width", pa.int64(), "width of the face's box", unit="pixel", nullable=True),
    tables.field("height", pa.int64(), "height of the face's box", unit="pixel", nullable=True),
    tables.field(
        "confidence",
        pa.float64(),
        "MTCNN's confidence that this is a face",
        limits="0 to 1",
        nullable=True,
    ),
    tables.field("clamped", pa.bool_(), "whether the box with its margin extends beyond the image"),
)
OVALS = images.for_datasets(
    tables.define("Oval images, one shard", *tables.PLACE, images.PIXELS, *FACE)
)
FACES = tables.define("Faces that MTCNN found in the images cut to ovals", *tables.PLACE, *FACE)

Pixels = NDArray[np.uint8]
Preset = Literal["corrected", "faithful"]

#: Width of the margin around a face's box, as a share of the image's height. The code of the
#: paper's authors adds 75 pixels to images of 1024 pixels.
MARGIN = 75 / 1024


@dataclass(frozen=True)
class Face:
    """The result of MTCNN's detection in one image.

    Args:
        status: "found" for one face, "several" or "none".
        faces: Number of faces found.
        box: Left, top, width and height of the chosen face in pixels of the image, without the
            margin; None if there is no face.
        confidence: MTCNN's confidence in the chosen face, 0 to 1; None if there is no face.
        clamped: Whether the box with its margin extends beyond the image.
    """

    status: Literal["found", "several", "none"]
    faces: int
    box: tuple[int, int, int, int] | None
    confidence: float | None
    clamped: bool


def detect(
    images: Iterable[Pixels], detection_height: int = 256, preset: Preset = "corrected"
) -> list[Face]:
    """Detect the face in each image with MTCNN (Zhang et al., 2016; paper, section 2.2).

    MTCNN processes one image at a time. In a batch, ties between candidate boxes and the last bits
    of their scores would depend on the other images, which moves some boxes by several pixels: an
    image's oval would depend on its shard.

    Args:
        images: Each (height, width, 3), RGB.
        detection_height: Height in pixels to which images are resized for MTCNN, which finds faces
            of at least 20 pixels. At the images' own height, the boxes are the ones that the
            package `mtcnn` returns by default.
        preset: Which of several faces to choose. "corrected": the largest. "faithful": the first,
            in which MTCNN has the most confidence, like the code of the paper's authors.

    Returns:
        One result per image.
    """
    bar = tqdm(images, desc="MTCNN", unit=" images", mininterval=5)
    return [find(image, detection_height, preset) for image in bar]


def find(image: Pixels, detection_height: int = 256, preset: Preset = "corrected") -> Face:
    """Detect the face in one image, as `detect` does in each of several.

    Args:
        image: (height, width, 3), RGB.
        detection_height: As for `detect`.
        preset: As for `detect`.

    Returns:
        The result.
    """
    # Reading the tables of ovals does not need PyTorch.
    from mnemo.faces import mtcnn

    height, width = image.shape[:2]
    size = max(1, round(width * detection_height / height)), detection_height
    resized = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))
    boxes, confidences = mtcnn.find(resized)
    if len(boxes) == 0:
        return Face("none", 0, None, None, clamped=False)
    chosen = 0 if preset == "faithful" else int(np.argmax(boxes[:, 2] * boxes[:, 3]))
    scale = np.tile([width / size[0], height / size[1]], 2)
    # The package would round at the detection size.
    left, top, box_width, box_height = np.rint(boxes[chosen] * scale).astype(int).tolist()
    box = (left, top, box_width, box_height)
    left, top, right, bottom = _with_margin(box, height)
    return Face(
        "found" if len(boxes) == 1 else "several",
        len(boxes),
        box,
        float(confidences[chosen]),
        clamped=left < 0 or top < 0 or right > width or bottom > height,
    )


def _with_margin(box: tuple[int, int, int, int], image_height: int) -> tuple[int, int, int, int]:
    """Return the left, top, right and bottom of a box with its margin, not clipped to the image."""
    left, top, width, height = box
    margin = round(MARGIN * image_height)
    return left - margin, top - margin, left + width + margin, top + height + margin


def ovalize(
    image: Pixels, face: Face, *, preset: Preset = "corrected", height: int = 256
) -> Pixels | None:
    """Cut a face out as an oval on white, in the shape of the 10k US Adult Faces (section 2.2).

    The box is cut out with a margin of 75/1024 of the image's height, and everything outside the
    ellipse inscribed in that rectangle becomes white.

    Args:
        image: (height, width, 3), RGB.
        face: The result of `detect` for this image with the same preset.
        preset: "corrected": a margin that extends beyond the image is clipped there, the crop is
            resized with a Lanczos filter, and then the ellipse is drawn. "faithful": as in the
            function `ovalize_new` of the authors' notebook (mamyou96/FaceMem): the crop is not
            clipped, so an edge at a negative index counts from the opposite side of the image; the
            ellipse is drawn before resizing by nearest neighbour; and an image without a face
            becomes an oval as a whole.
        height: Height of the oval in pixels; the width follows from the crop's aspect ratio.

    Returns:
        (height, any, 3), RGB; None if there is no oval: without a face in preset "corrected", or
        for an empty slice in "faithful", at which the authors' code stops with an error.
    """
    faithful = preset == "faithful"
    if face.box is not None:
        left, top, right, bottom = _with_margin(face.box, image.shape[0])
        if not faithful:
            left, top = max(left, 0), max(top, 0)
        # Slicing clips at the image's right and bottom border by itself.
        image = image[top:bottom, left:right]
    elif not faithful:
        return None
    if image.size == 0:
        return None
    crop_height, crop_width = image.shape[:2]
    if faithful:
        # OpenCV places an ellipse's centre on an integer pixel, (width // 2, height // 2).
        image = _inscribe(image, 2 * (crop_width // 2), 2 * (crop_height // 2))
        width = int(crop_width * (height / crop_height))
        return _resize(image, width, height, Image.Resampling.NEAREST)
    width = round(crop_width * height / crop_height)
    image = _resize(image, width, height, Image.Resampling.LANCZOS)
    return _inscribe(image, image.shape[1] - 1, image.shape[0] - 1)


def _resize(image: Pixels, width: int, height: int, how: Image.Resampling) -> Pixels:
    return np.asarray(Image.fromarray(image).resize((max(1, width), height), how))


def _inscribe(image: Pixels, right: int, bottom: int) -> Pixels:
    """Make the image white outside the ellipse from pixel (0, 0) to pixel (right, bottom)."""
    mask = Image.new("1", (image.shape[1], image.shape[0]))
    ImageDraw.Draw(mask).ellipse((0, 0, right, bottom), fill=1)
    return np.where(np.asarray(mask)[..., None], image, np.uint8(255))


def parts(
    shard: pa.Table,
    faces: Sequence[Face],
    ovals: Iterable[Pixels | None],
    format: Format = "webp",
) -> Iterator[dict[str, Any]]:
    """Lay a shard's ovals out as the columns of `OVALS`, with one part in memory at a time.

    Args:
        shard: The square images, with the columns `tables.PLACE`.
        faces: The face detected in each image.
        ovals: The oval cut out of each image; None becomes null. They may be cut when they are
            requested.
        format: Encoding of the ovals, as for `images.encode`.

    Yields:
        The columns of each part of `tables.parts`, in order.
    """
    remaining, boxed = iter(ovals), iter(faces)
    for part in tables.parts(shard):
        names, found = part["image"].to_pylist(), list(islice(boxed, len(part)))
        cut = islice(remaining, len(part))
        sides = zip(*(face.box or (None,) * 4 for face in found), strict=True)
        yield {
            **tables.place(part),
            "pixels": [
                oval if oval is None else encode(oval, name, format)
                for oval, name in zip(cut, names, strict=True)
            ],
            **dict(zip(("left", "top", "width", "height"), sides, strict=True)),
            **{
                column: [getattr(face, column) for face in found]
                for column in ("status", "faces", "confidence", "clamped")
            },
        }
