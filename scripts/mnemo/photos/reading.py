"""Reading of photographs of a person's own, whatever the files hold.

A file that is no photograph is reported, not raised, so that one never stops the others. What is
reported is about the picture alone, and never names the file.
"""

import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, ImageFile, UnidentifiedImageError

Pixels = NDArray[np.uint8]

#: Formats of photographs that are read, as Pillow names them. Pillow's other formats are left out:
#: their files run programs, hold other files, or have no photographs.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "TIFF", "GIF", "BMP", "JPEG2000")
#: Pixels of the largest photograph that is read in full: more than cameras of medium format take.
LARGEST = 120_000_000
#: Pixels of the largest JPEG, which is reduced while it is decoded; phones take 200 megapixels.
LARGEST_JPEG = 250_000_000
#: Bytes of the largest file: `LARGEST` pixels of 16 bits and four channels, not compressed.
LARGEST_FILE = 8 * LARGEST

# Photographs with 16 bits of grey. Pillow itself scales 16 bits of colour to 8.
_DEEP = ("I;16", "I;16L", "I;16B", "I;16N")
_MODES = ("1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV")
# How an image is to be turned for each value of EXIF's tag Orientation (JEITA CP-3451, 4.6.4).
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Kinds of HEIF (ISO/IEC 23008-12, annex B) by the brand at the beginning of the file.
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_AVIF = (b"avif", b"avis")
_JPEGS = ("JPEG", "MPO")


@dataclass(frozen=True)
class Photo:
    """A photograph, or why there is none.

    Args:
        status: "read" or "unreadable".
        reason: Why it is unreadable, or what was done to it in reading, in words that don't name
            the file; None if nothing is to be said.
        pixels: (height, width, 3), RGB in the colour space sRGB, upright; None if it is unreadable.
        width: Its width in pixels as shown, before any reduction; None if it is not known.
        height: Its height, likewise.
    """

    status: Literal["read", "unreadable"]
    reason: str | None
    pixels: Pixels | None = None
    width: int | None = None
    height: int | None = None


class _UnreadableError(Exception):
    """A file is no photograph that is read, for a reason; its size may be known."""

    def __init__(self, reason: str, size: tuple[int | None, int | None] = (None, None)):
        super().__init__(reason)
        self.reason = reason
        self.size = size


def read(path: str | Path) -> Photo:
    """Read a photograph: upright, in sRGB, on white where it is transparent.

    Its orientation in EXIF is applied, and its colour profile. Of several frames, the first is
    read. A JPEG of more than `LARGEST` pixels is read at half its width and height.

    Args:
        path: Any path, of a photograph or not.

    Returns:
        The photograph. Nothing is raised for a file that is missing, unreadable, damaged or no
        photograph at all: its status is "unreadable", with the reason.
    """
    try:
        with _opened(Path(path)) as stream, warnings.catch_warnings():
            # Pillow warns of metadata that it doesn't understand, none of which is used.
            warnings.simplefilter("ignore")
            return _decode(stream)
    except _UnreadableError as why:
        return Photo("unreadable", why.reason, None, *why.size)
    except MemoryError:
        return Photo("unreadable", "there is too little memory to read it")
    # Pillow's readers raise nearly any kind of error for a damaged file.
    except Exception as why:
        if isinstance(why, OSError) and why.errno and why.strerror:
            return Photo("unreadable", f"the file can't be read: {why.strerror.lower()}")
        return Photo("unreadable", "the file is damaged or cut short")


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file that may be a photograph; opening a pipe would wait for whoever writes to it."""
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise _UnreadableError("it is a folder")
    if not stat.S_ISREG(found.st_mode):
        raise _UnreadableError("it is a pipe, a socket or a device, not a file")
    if not found.st_size:
        raise _UnreadableError("the file is empty")
    if found.st_size > LARGEST_FILE:
        raise _UnreadableError(f"the file is larger than {LARGEST_FILE / 1e6:,.0f} MB")
    with path.open("rb") as stream:
        yield stream


def _decode(stream: BinaryIO) -> Photo:
    image = _identify(stream)
    size, notes = image.size, []
    if size[0] * size[1] > LARGEST:
        notes.append(_reduce(image))
    image.load()
    if not notes:
        # Pillow turns a TIFF upright when it loads it.
        size = image.size
    orientation = _orientation(image)
    rgb = _in_srgb(image, notes)
    # Later frames may be damaged.
    with suppress(Exception):
        if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
            notes.append("it has several frames, of which the first is used")
    if orientation in _TURNS:
        rgb = rgb.transpose(_TURNS[orientation])
    width, height = size[::-1] if orientation >= 5 else size
    return Photo("read", "; ".join(notes) or None, np.array(rgb), width, height)


def _identify(stream: BinaryIO) -> ImageFile.ImageFile:
    """Read what a file says about its picture, without decoding it."""
    # A large photograph is judged here, after its size is known, instead of by Pillow.
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        image = Image.open(stream, formats=FORMATS)
    except UnidentifiedImageError:
        raise _UnreadableError(_unknown(stream)) from None
    finally:
        Image.MAX_IMAGE_PIXELS = limit
    # In a TIFF, this tag marks a reduced picture (TIFF 6.0, section 8), and a camera's raw file is
    # a TIFF that has one in front.
    if image.format == "TIFF" and image.getexif().get(ExifTags.Base.NewSubfileType, 0) & 1:
        raise _UnreadableError(
            "only a preview can be read, as of a camera's raw file: export it as a JPEG or PNG"
        )
    return image


def _unknown(stream: BinaryIO) -> str:
    """Describe a file that Pillow doesn't read."""
    stream.seek(4)
    kind, brand = stream.read(4), stream.read(4)
    if kind == b"ftyp" and brand in (*_HEIC, *_AVIF):
        name = "HEIC" if brand in _HEIC else "this kind of AVIF"
        return (
            f"{name} is not read: convert it to JPEG, for example with `heif-convert` of libheif, "
            "with macOS's Preview, or by letting the phone take its photographs as JPEG"
        )
    return (
        "it is no picture in a format that is read (JPEG, PNG, WebP, AVIF, TIFF, GIF, BMP, "
        "JPEG 2000), or its beginning is damaged"
    )


def _reduce(image: ImageFile.ImageFile) -> str:
    """Have a large JPEG decoded at half its width and height, and return a note of that."""
    width, height = image.size
    megapixels = f"it has {width * height / 1e6:,.0f} megapixels"
    if image.format not in _JPEGS or width * height > LARGEST_JPEG:
        most = (LARGEST_JPEG if image.format in _JPEGS else LARGEST) / 1e6
        raise _UnreadableError(f"{megapixels}, and at most {most:,.0f} are read", image.size)
    image.draft(None, (width // 2, height // 2))
    return f"{megapixels}, and is read at half its width and height"


def _orientation(image: Image.Image) -> int:
    """Return EXIF's orientation, 1 for upright; 1 too if the metadata is damaged."""
    with suppress(Exception):
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    return 1


def _in_srgb(image: Image.Image, notes: list[str]) -> Image.Image:
    """Convert a picture to sRGB on white, and add to the notes what should be known of that."""
    profile = image.info.get("icc_profile")
    if image.mode in _DEEP:
        # 65535 becomes 255, where Pillow would clip.
        image = Image.fromarray(((np.asarray(image).astype(np.uint32) + 128) // 257).astype("u1"))
    if image.mode not in _MODES:
        raise _UnreadableError(
            "its pixels are floating-point numbers, 32-bit integers or in another colour space "
            "than RGB, CMYK and grey: save it as a JPEG or PNG",
            image.size,
        )
    alpha = None
    if image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
    if image.mode not in ("L", "CMYK"):
        image = image.convert("RGB")
    if profile:
        image = _by_profile(image, profile, notes)
    image = image.convert("RGB")
    if alpha is not None and alpha.getextrema() != (255, 255):
        notes.append("it is shown on white where it is transparent")
        image, above = Image.new("RGB", image.size, "white"), image
        image.paste(above, mask=alpha)
    return image


def _by_profile(image: Image.Image, content: bytes, notes: list[str]) -> Image.Image:
    """Convert a picture from the colour space that its ICC profile describes to sRGB."""
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(content))
        # Most photographs are in sRGB, and stay as they are to the last bit.
        if "srgb" in ImageCms.getProfileDescription(profile).lower() and image.mode == "RGB":
            return image
        converted = ImageCms.profileToProfile(
            image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        notes.append("its colour profile is damaged or another picture's, and is not used")
        return image
    return converted if converted is not None else image
