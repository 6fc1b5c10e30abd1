"""Cutting out of each photograph what a generator renders: the face as in FFHQ, or the centre."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from mnemo.errors import MnemoError
from mnemo.faces import alignment, ovals
from mnemo.images import Format, encode
from mnemo.photos import reading
from mnemo.photos.table import THUMBNAIL

LOGGER = logging.getLogger(__name__)

Pixels = NDArray[np.uint8]

# MTCNN gets a photograph at most this many times as wide as high, for the memory that it takes.
_WIDEST = 8
# The shorter side of the smallest photograph in which a face could be aligned.
_SHORTEST = 2 * alignment.SMALLEST


@dataclass(frozen=True)
class Aligned:
    """What became of a photograph.

    Args:
        status: As in the column `status` of `table.PHOTO`.
        reason: As in its column `reason`.
        faces: Number of faces that MTCNN found; None if it was not asked.
        photo: The photograph as it was read.
        pixels: (resolution or fewer, resolution, 3), RGB; None if the photograph can't be used.
    """

    status: Literal["found", "several", "none", "small", "unreadable"]
    reason: str | None
    faces: int | None
    photo: reading.Photo
    pixels: Pixels | None


def align(
    path: str | Path,
    landmarks: alignment.Landmarks | None,
    resolution: int,
    detection_height: int = 256,
    rows: tuple[int, int] | None = None,
) -> Aligned:
    """Read a photograph, and cut out of it what a generator renders.

    Args:
        path: Any path; one of no photograph is reported, not raised.
        landmarks: Detects the landmarks by which the largest face is aligned as in FFHQ; None to
            cut out the centre.
        resolution: Side in pixels of what is cut out.
        detection_height: Height in pixels at which MTCNN looks for faces, as for `ovals.detect`.
        rows: Rows that are kept of the generator's images: the first, and the end; None for all.

    Returns:
        What became of it.
    """
    photo = reading.read(path)
    if photo.pixels is None:
        return Aligned("unreadable", photo.reason, None, photo, None)
    if landmarks is None:
        high = resolution if rows is None else rows[1] - rows[0]
        middle = alignment.centre(photo.pixels, resolution, high)
        return Aligned("found", photo.reason, None, photo, middle)

    height, width = photo.pixels.shape[:2]
    if min(height, width) < _SHORTEST:
        reason = _joined(photo.reason, f"it has {width} x {height} pixels")
        return Aligned("small", reason, None, photo, None)
    detected_at = max(1, round(detection_height * min(1, _WIDEST * height / width)))
    face = ovals.find(photo.pixels, detected_at)
    if face.box is None:
        # MTCNN finds faces of at least 20 pixels.
        least = -(-20 * height // detected_at)
        reason = _joined(photo.reason, f"no face of {least} pixels or more is found")
        return Aligned("none", reason, 0, photo, None)
    found = landmarks.detect(photo.pixels, face.box)
    if (apart := alignment.eye_distance(found)) < alignment.SMALLEST:
        few = f"the eyes are {apart:.0f} pixels apart, and {alignment.SMALLEST:.0f} are needed"
        return Aligned("small", _joined(photo.reason, few), face.faces, photo, None)
    several = f"{face.faces} faces are found, of which the largest is used"
    reason = _joined(photo.reason, several if face.faces > 1 else None)
    pixels = alignment.cut(photo.pixels, alignment.corners(found), resolution)
    pixels = pixels[slice(*rows or (0, resolution))]
    return Aligned(face.status, reason, face.faces, photo, pixels)


def _joined(*reasons: str | None) -> str | None:
    return "; ".join(filter(None, reasons)) or None


def rows(
    paths: Sequence[str | Path],
    keys: Iterable[str],
    landmarks: alignment.Landmarks | None,
    resolution: int,
    detection_height: int,
    format: Format,
    kept: tuple[int, int] | None = None,
) -> Iterator[dict[str, list[Any]]]:
    """Cut out what a generator renders of each photograph, with one in memory at a time.

    Args:
        paths: The photographs.
        keys: What each is called in results and logs, in place of its file's name.
        landmarks: As for `align`.
        resolution: As for `align`.
        detection_height: As for `align`.
        format: Encoding of the images, as for `images.encode`.
        kept: As `rows` for `align`.

    Yields:
        The columns of `table.ALIGNED` for each photograph, in order.
    """
    bar = tqdm(paths, desc="photographs", unit=" photographs", mininterval=5)
    for path, key in zip(bar, keys, strict=True):
        found = align(path, landmarks, resolution, detection_height, kept)
        LOGGER.info("%s: %s", key, _joined(found.status, found.reason))
        whole = found.photo.pixels
        row = {
            "set": "originals",
            "edit": None,
            "alpha": None,
            "image": key,
            "pixels": None if found.pixels is None else encode(found.pixels, key, format),
            "original": None if whole is None else encode(_small(whole), f"{key}-original", format),
            "photo": key,
            "status": found.status,
            "reason": found.reason,
            "faces": found.faces,
            "width": found.photo.width,
            "height": found.photo.height,
        }
        yield {column: [value] for column, value in row.items()}


def some(rows: Iterator[dict[str, list[Any]]]) -> Iterator[dict[str, list[Any]]]:
    """Pass on what `rows` yields, and make sure that some of the photographs can be used.

    Raises:
        MnemoError: None of them can.
    """
    usable, reasons = False, []
    for row in rows:
        usable = usable or row["pixels"] != [None]
        reasons.append(f"  {row['photo'][0]}: {row['status'][0]}; {row['reason'][0]}")
        yield row
    if not usable:
        more = f"\n  and {len(reasons) - 10} others" if len(reasons) > 10 else ""
        raise MnemoError(
            "\n".join(["none of the photographs can be used:", *reasons[:10]])
            + f"{more}\nprivate/photos.csv in the results says which file each is."
        )


def _small(image: Pixels) -> Pixels:
    """Reduce a picture to a thumbnail, if it is higher."""
    height, width = image.shape[:2]
    if height <= THUMBNAIL:
        return image
    size = max(1, round(width * THUMBNAIL / height)), THUMBNAIL
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))
