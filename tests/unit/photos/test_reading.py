"""Whatever a file is, it is read as an upright picture in sRGB, or reported as unreadable."""

import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

from mnemo.photos import reading
from mnemo.photos.reading import Photo

Pixels = NDArray[np.uint8]
#: What no reason may repeat.
NAME = "grandmother"


def picture(height: int = 40, width: int = 60) -> Pixels:
    """A smooth picture that no turn and no mirror leaves as it is."""
    rows, columns = np.mgrid[:height, :width]
    red, green = columns * 255 // (width - 1), rows * 255 // (height - 1)
    return np.stack([red, green, (red + 2 * green) // 3], axis=-1).astype(np.uint8)


def written(content: bytes, folder: Path, suffix: str = ".jpg") -> Path:
    path = folder / f"{NAME}{suffix}"
    path.write_bytes(content)
    return path


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=format, **options)
    return buffer.getvalue()


def read(content: bytes, folder: Path) -> Photo:
    return reading.read(written(content, folder))


def png(rows: NDArray[np.uint16], colour: int, size: tuple[int, int] | None = None) -> bytes:
    """Write a PNG of 16 bits per channel by hand, as Pillow does not (ISO/IEC 15948)."""
    height, width = rows.shape[:2]

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    lines = b"".join(b"\0" + row.astype(">u2").tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", *(size or (width, height)), 16, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(lines)), chunk(b"IEND", b"")]
    )


def tiff(values: NDArray[np.generic], kind: int = 1, order: str = "<", purpose: int = 0) -> bytes:
    """Write a TIFF of one strip by hand (TIFF 6.0): 1 for whole numbers, 3 for floating point."""
    height, width, *more = values.shape
    channels = more[0] if more else 1
    data = values.astype(values.dtype.newbyteorder(order)).tobytes()
    tags = {
        254: purpose,
        256: width,
        257: height,
        258: 8 * values.dtype.itemsize,
        259: 1,
        262: 2 if channels == 3 else 1,
        273: 8,
        277: channels,
        278: height,
        279: len(data),
        339: kind,
    }
    directory = 8 + len(data)
    behind = directory + 2 + 12 * len(tags) + 4
    entries = b""
    for tag, value in tags.items():
        if tag in (258, 339) and channels == 3:
            entries += struct.pack(f"{order}HHII", tag, 3, 3, behind + (6 if tag == 339 else 0))
        elif tag in (258, 259, 262, 277, 339):
            entries += struct.pack(f"{order}HHIHH", tag, 3, 1, value, 0)
        else:
            entries += struct.pack(f"{order}HHII", tag, 4, 1, value)
    mark = b"II" if order == "<" else b"MM"
    header = mark + struct.pack(f"{order}HI", 42, directory)
    same = struct.pack(f"{order}6H", *[tags[258]] * 3, *[kind] * 3)
    start = struct.pack(f"{order}H", len(tags))
    return header + data + start + entries + struct.pack(f"{order}I", 0) + same


LOSSLESS: dict[str, dict[str, object]] = {
    "PNG": {},
    "WEBP": {"lossless": True, "exact": True},
    "TIFF": {},
    "BMP": {},
    "JPEG2000": {},
}
LOSSY: dict[str, dict[str, object]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "AVIF": {"quality": 95, "subsampling": "4:4:4"},
}


@pytest.mark.parametrize("format", [*LOSSLESS, *LOSSY])
def test_a_photograph_is_read_as_it_is(format: str, tmp_path: Path) -> None:
    options = {**LOSSLESS, **LOSSY}[format]
    photo = read(saved(Image.fromarray(picture()), format, **options), tmp_path)
    assert (photo.status, photo.reason, photo.width, photo.height) == ("read", None, 60, 40)
    assert photo.pixels is not None
    assert photo.pixels.dtype == np.uint8
    off = np.abs(photo.pixels.astype(int) - picture())
    assert off.max() <= (0 if format in LOSSLESS else 8)


#: For each of EXIF's orientations, what is stored of an upright picture: EXIF 2.3 says on which
#: side of the picture the first row lies, and on which the first column.
STORED: dict[int, Callable[[Pixels], Pixels]] = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: upright[:, ::-1].swapaxes(0, 1),
    7: lambda upright: upright[::-1, ::-1].swapaxes(0, 1),
    8: lambda upright: upright[::-1].swapaxes(0, 1),
}


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF", "JPEG", "AVIF"])
@pytest.mark.parametrize("orientation", STORED)
def test_a_photograph_is_upright_whatever_way_the_camera_was_held(
    orientation: int, format: str, tmp_path: Path
) -> None:
    stored = np.ascontiguousarray(STORED[orientation](picture()))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    options = {**LOSSLESS, **LOSSY}[format]
    photo = read(saved(Image.fromarray(stored), format, exif=exif, **options), tmp_path)
    assert (photo.width, photo.height, photo.reason) == (60, 40, None)
    off = np.abs(photo.pixels.astype(int) - picture())
    assert off.max() <= (0 if format in LOSSLESS else 8)


@pytest.mark.parametrize("exif", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b"\0" * 20])
def test_damaged_metadata_does_not_matter(exif: bytes, tmp_path: Path) -> None:
    photo = read(saved(Image.fromarray(picture()), "JPEG", exif=exif), tmp_path)
    assert (photo.status, photo.width, photo.height) == ("read", 60, 40)


def test_grey_and_black_and_white_photographs_are_grey_in_rgb(tmp_path: Path) -> None:
    grey = picture()[..., 2]
    for format in ("PNG", "JPEG", "TIFF"):
        photo = read(saved(Image.fromarray(grey), format), tmp_path)
        assert photo.pixels.shape == (40, 60, 3)
        assert np.abs(photo.pixels.astype(int) - grey[..., None]).max() <= 8
    photo = read(saved(Image.fromarray(grey > 100), "PNG"), tmp_path)
    np.testing.assert_array_equal(photo.pixels, np.where(grey > 100, 255, 0)[..., None] * [1, 1, 1])


@pytest.mark.parametrize("format", ["PNG", "GIF", "BMP", "TIFF"])
def test_a_palette_becomes_its_colours(format: str, tmp_path: Path) -> None:
    indexed = Image.fromarray(picture()).quantize(16)
    photo = read(saved(indexed, format), tmp_path)
    np.testing.assert_array_equal(photo.pixels, np.asarray(indexed.convert("RGB")))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF"])
def test_what_is_transparent_is_shown_on_white(format: str, mode: str, tmp_path: Path) -> None:
    alpha = np.tile(np.linspace(0, 255, 60).astype(np.uint8), (40, 1))
    colour = picture() if mode == "RGBA" else picture()[..., :1]
    image = Image.fromarray(np.dstack([colour, alpha]))
    photo = read(saved(image, format, **LOSSLESS[format]), tmp_path)
    share = alpha[..., None] / 255
    expected = np.broadcast_to(colour * share + 255 * (1 - share), (40, 60, 3))
    assert np.abs(photo.pixels - expected).max() <= 1
    assert "white" in photo.reason


def test_one_transparent_colour_is_shown_on_white(tmp_path: Path) -> None:
    indexed = Image.fromarray(np.repeat([[0, 1]], 4, axis=0).astype(np.uint8), mode="P")
    indexed.putpalette([10, 20, 30, 40, 50, 60])
    photo = read(saved(indexed, "GIF", transparency=1), tmp_path)
    assert photo.pixels[0].tolist() == [[10, 20, 30], [255, 255, 255]]


def test_an_alpha_channel_without_transparency_says_nothing(tmp_path: Path) -> None:
    photo = read(saved(Image.fromarray(picture()).convert("RGBA"), "PNG"), tmp_path)
    assert photo.reason is None
    np.testing.assert_array_equal(photo.pixels, picture())


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_cmyk_becomes_rgb(format: str, tmp_path: Path) -> None:
    printed = Image.fromarray(picture()).convert("CMYK")
    photo = read(saved(printed, format, **LOSSY.get(format, {})), tmp_path)
    assert np.abs(photo.pixels.astype(int) - picture()).max() <= 12


RAMP = np.linspace(0, 65535, 40 * 60).astype(np.uint16).reshape(40, 60)
RAMPS = np.stack([RAMP, RAMP[::-1], RAMP[:, ::-1]], axis=-1)


@pytest.mark.parametrize(
    ("content", "values"),
    [
        (png(RAMP, colour=0), RAMP),
        (saved(Image.fromarray(RAMP), "JPEG2000"), RAMP),
        (tiff(RAMP), RAMP),
        (tiff(RAMP, order=">"), RAMP),
        (png(RAMPS, colour=2), RAMPS),
        (tiff(RAMPS), RAMPS),
        (tiff(RAMPS, order=">"), RAMPS),
    ],
    ids=["png", "jpeg 2000", "tiff", "big-endian tiff", "rgb png", "rgb tiff", "big-endian rgb"],
)
def test_16_bits_are_scaled_to_8(
    content: bytes, values: NDArray[np.uint16], tmp_path: Path
) -> None:
    photo = read(content, tmp_path)
    expected = values if values.ndim == 3 else np.dstack([values] * 3)
    assert np.abs(photo.pixels - expected / 257).max() <= 1
    assert (photo.pixels.min(), photo.pixels.max(), photo.reason) == (0, 255, None)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
def test_of_several_frames_the_first_is_used_and_that_is_said(format: str, tmp_path: Path) -> None:
    frames = [Image.new("RGB", (60, 40), colour) for colour in ("red", "lime", "blue")]
    content = saved(frames[0], format, save_all=True, append_images=frames[1:])
    photo = read(content, tmp_path)
    assert np.abs(photo.pixels.astype(int) - [255, 0, 0]).max() <= 3
    assert "frames" in photo.reason


def test_the_second_picture_of_a_phone_s_jpeg_is_not_worth_a_word(tmp_path: Path) -> None:
    first, second = (Image.fromarray(each) for each in (picture(), picture()[::-1]))
    photo = read(saved(first, "MPO", save_all=True, append_images=[second]), tmp_path)
    assert (photo.status, photo.reason) == ("read", None)


def swapped() -> bytes:
    """A colour profile in which the numbers of red are those of sRGB's green."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace("sRGB".encode("utf-16-be"), "Swap".encode("utf-16-be"))
    return profile.replace(b"rXYZ", b"xXYZ").replace(b"gXYZ", b"rXYZ").replace(b"xXYZ", b"gXYZ")


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_colours_are_those_that_the_profile_means(tmp_path: Path) -> None:
    red = Image.new("RGB", (60, 40), (255, 0, 0))
    for mode in ("RGB", "RGBA"):
        photo = read(saved(red.convert(mode), "PNG", icc_profile=swapped()), tmp_path)
        assert np.abs(photo.pixels.astype(int) - [0, 255, 0]).max() <= 2
        assert photo.reason is None


def test_srgb_stays_as_it_is(tmp_path: Path) -> None:
    photo = read(saved(Image.fromarray(picture()), "PNG", icc_profile=SRGB), tmp_path)
    np.testing.assert_array_equal(photo.pixels, picture())
    assert photo.reason is None


@pytest.mark.parametrize(
    ("image", "profile"),
    [
        (Image.fromarray(picture()), b"garbage"),
        (Image.fromarray(picture()), swapped()[:300]),
        (Image.fromarray(picture()).convert("L"), swapped()),
    ],
    ids=["garbage", "cut short", "of another kind"],
)
def test_a_profile_that_is_of_no_use_is_ignored_and_that_is_said(
    image: Image.Image, profile: bytes, tmp_path: Path
) -> None:
    photo = read(saved(image, "PNG", icc_profile=profile), tmp_path)
    np.testing.assert_array_equal(photo.pixels, np.asarray(image.convert("RGB")))
    assert "profile" in photo.reason


def test_a_large_jpeg_is_reduced_while_it_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LARGEST", 2000)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    photo = read(saved(Image.fromarray(picture()), "JPEG", exif=exif, quality=95), tmp_path)
    assert photo.pixels.shape == (30, 20, 3)
    assert (photo.status, photo.width, photo.height) == ("read", 40, 60)
    assert "half" in photo.reason
    upright = Image.fromarray(np.ascontiguousarray(np.rot90(picture(), -1)))
    half = np.asarray(upright.resize((20, 30), Image.Resampling.BOX)).astype(int)
    assert np.abs(photo.pixels - half).max() <= 12


def bomb(format: str) -> bytes:
    """A small file that says that its picture is huge."""
    if format == "PNG":
        return png(RAMP, colour=0, size=(60_000, 60_000))
    content = bytearray(saved(Image.fromarray(picture()), format))
    if format == "JPEG":
        frame = content.index(b"\xff\xc0")
        content[frame + 5 : frame + 9] = struct.pack(">HH", 65_000, 65_000)
    elif format == "GIF":
        content[6:10] = struct.pack("<HH", 65_000, 65_000)
    elif format == "BMP":
        content[18:26] = struct.pack("<ii", 60_000, 60_000)
    return bytes(content)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "GIF", "BMP"])
def test_a_picture_too_large_for_the_memory_is_refused_with_its_size(
    format: str, tmp_path: Path
) -> None:
    photo = read(bomb(format), tmp_path)
    assert (photo.status, photo.pixels) == ("unreadable", None)
    assert "megapixels" in photo.reason
    assert photo.width == photo.height >= 60_000


def test_too_little_memory_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Image.Image, "convert", fail)
    photo = read(saved(Image.fromarray(picture()), "PNG"), tmp_path)
    assert (photo.status, photo.reason) == ("unreadable", "there is too little memory to read it")


def test_a_single_pixel_is_read(tmp_path: Path) -> None:
    photo = read(saved(Image.new("RGB", (1, 1), "red"), "PNG"), tmp_path)
    assert photo.pixels.tolist() == [[[255, 0, 0]]]


def heif(brand: bytes) -> bytes:
    return struct.pack(">I4s4sI4s", 20, b"ftyp", brand, 0, b"mif1") + bytes(100)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"Dear diary, this is no photograph.\n" * 9, "no picture"),
        (b"", "empty"),
        (b"\xff", "no picture"),
        (heif(b"heic"), "convert it to JPEG"),
        (heif(b"mif1"), "convert it to JPEG"),
        (heif(b"avif"), "AVIF"),
        (b"%PDF-1.7\n" + bytes(100), "no picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no picture"),
        (tiff(RAMP.astype(np.float32), kind=3), "floating-point"),
        (tiff(RAMP.astype(np.int32), kind=2), "32-bit"),
        (tiff(RAMPS, purpose=1), "preview"),
        (saved(Image.fromarray(picture()), "PNG").replace(b"IDAT", b"iDAT"), "damaged"),
    ],
    ids=[
        *("text", "empty", "one byte", "heic", "heif", "broken avif", "pdf", "postscript"),
        *("floats", "32 bits", "raw", "png without pixels"),
    ],
)
def test_what_is_no_photograph_is_reported_in_words_that_do_not_name_it(
    content: bytes, word: str, tmp_path: Path
) -> None:
    photo = read(content, tmp_path)
    assert (photo.status, photo.pixels) == ("unreadable", None)
    assert word in photo.reason
    assert NAME not in photo.reason


def test_what_is_no_file_is_reported(tmp_path: Path) -> None:
    folder, pipe, link = (tmp_path / f"{NAME}.{kind}" for kind in ("folder", "pipe", "link"))
    folder.mkdir()
    os.mkfifo(pipe)
    link.symlink_to(tmp_path / "nowhere")
    zeros, nothing = Path("/dev/zero"), Path(f"{tmp_path}/\0{NAME}")
    for path, word in [
        *((folder, "folder"), (pipe, "pipe"), (link, "no such file")),
        *((zeros, "device"), (nothing, "damaged")),
    ]:
        photo = reading.read(path)
        assert (photo.status, photo.pixels) == ("unreadable", None)
        assert word in photo.reason
        assert NAME not in photo.reason


def test_a_file_that_may_not_be_read_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    path = written(saved(Image.fromarray(picture()), "PNG"), tmp_path)
    monkeypatch.setattr(Path, "open", refuse)  # as root may read everything
    photo = reading.read(path)
    assert photo.reason == "the file can't be read: permission denied"


def test_a_huge_file_is_not_even_opened(tmp_path: Path) -> None:
    path = tmp_path / f"{NAME}.webp"
    with path.open("wb") as file:
        file.truncate(reading.LARGEST_FILE + 1)
    assert "larger than" in reading.read(path).reason


#: Contents of photographs, for cutting them short and damaging them.
WHOLE = {
    format: saved(Image.fromarray(np.random.default_rng(0).permuted(picture(80, 90))), format)
    for format in reading.FORMATS
}


@pytest.mark.parametrize("format", WHOLE)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_a_photograph_cut_short_is_refused(format: str, share: float, tmp_path: Path) -> None:
    content = WHOLE[format]
    photo = read(content[: int(share * len(content))], tmp_path)
    assert (photo.status, photo.pixels) == ("unreadable", None)
    assert NAME not in photo.reason


@pytest.mark.parametrize("format", WHOLE)
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_damage_makes_reading_fail(format: str, data: st.DataObject, tmp_path: Path) -> None:
    content = bytearray(WHOLE[format])
    # Most of what a reader depends on is at the beginning.
    places = st.one_of(st.integers(0, 120), st.integers(0, len(content) - 1))
    for place in data.draw(st.lists(places, min_size=1, max_size=6)):
        content[place % len(content)] = data.draw(st.integers(0, 255))
    photo = read(bytes(content), tmp_path)
    assert (photo.status == "read") == (photo.pixels is not None)
    assert NAME not in (photo.reason or "")


def test_comments_in_a_photograph_do_not_matter(tmp_path: Path) -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "x" * 100, zip=True)
    photo = read(saved(Image.fromarray(picture()), "PNG", pnginfo=notes), tmp_path)
    np.testing.assert_array_equal(photo.pixels, picture())
    assert photo.reason is None
