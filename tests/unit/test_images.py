"""Encoding keeps every pixel but in JPEG, and decodes as Hugging Face datasets would."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from sklearn.datasets import load_sample_images

from mnemo import images, tables
from mnemo.errors import MnemoError

FORMATS = ("png", "webp", "jpeg")


@pytest.fixture(scope="module")
def photograph() -> np.ndarray:
    return load_sample_images().images[0][:256, :256]


def decoded(encoded: dict[str, bytes | str]) -> np.ndarray:
    with Image.open(BytesIO(encoded["bytes"])) as image:
        return np.asarray(image)


@pytest.mark.parametrize("format", ["png", "webp"])
@settings(deadline=None)
@given(
    image=arrays(
        np.uint8,
        st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)),
        elements=st.integers(0, 255),
    )
)
def test_png_and_webp_keep_every_pixel(format: images.Format, image: np.ndarray) -> None:
    np.testing.assert_array_equal(decoded(images.encode(image, "0000042", format)), image)


@pytest.mark.parametrize("format", ["png", "webp"])
def test_png_and_webp_keep_every_pixel_of_a_photograph(
    format: images.Format, photograph: np.ndarray
) -> None:
    np.testing.assert_array_equal(decoded(images.encode(photograph, "0000042", format)), photograph)


def test_jpeg_keeps_a_photograph_but_for_a_few_grey_levels(photograph: np.ndarray) -> None:
    difference = decoded(images.encode(photograph, "0000042", "jpeg")) - photograph.astype(float)
    assert 0 < np.sqrt((difference**2).mean()) < 3
    assert np.abs(difference.mean(axis=(0, 1))).max() < 0.2


def test_jpeg_keeps_the_colours_of_single_pixels() -> None:
    # Colours at half the resolution would blend the lines to one grey.
    stripes = np.zeros((16, 16, 3), np.uint8)
    stripes[:, ::2, 0] = 200
    stripes[:, 1::2, 2] = 200
    assert np.abs(decoded(images.encode(stripes, "a", "jpeg")) - stripes.astype(float)).max() < 20


@pytest.mark.parametrize("format", FORMATS)
def test_the_files_are_of_the_format_and_named_after_it(
    format: images.Format, photograph: np.ndarray
) -> None:
    encoded = images.encode(photograph, "0000042", format)
    assert encoded["path"] == f"0000042.{format}"
    with Image.open(BytesIO(encoded["bytes"])) as image:
        assert image.format == format.upper()


@pytest.mark.parametrize("format", FORMATS)
def test_an_image_has_the_same_bytes_each_time(
    format: images.Format, photograph: np.ndarray
) -> None:
    assert images.encode(photograph, "a", format) == images.encode(photograph.copy(), "a", format)


def test_webp_is_smaller_than_png_and_png_than_zlibs_fastest(photograph: np.ndarray) -> None:
    fastest = BytesIO()
    Image.fromarray(photograph).save(fastest, format="png", compress_level=1)
    sizes = {name: len(images.encode(photograph, "a", name)["bytes"]) for name in FORMATS}
    assert sizes["jpeg"] < sizes["webp"] < sizes["png"] < len(fastest.getvalue())


@pytest.mark.parametrize("format", FORMATS)
def test_a_shard_of_any_format_is_read(
    format: images.Format, photograph: np.ndarray, tmp_path: Path
) -> None:
    encoded = images.encode(photograph, "0000042", format)
    columns = {
        "set": ["fit"],
        "edit": [None],
        "alpha": [None],
        "image": ["0000042"],
        "pixels": [encoded],
    }
    writer = tables.Provenance("demo", "render_images", {}, {})
    tables.write(tmp_path / "shard.parquet", images.IMAGES, columns, writer)
    _, shard = images.read(tmp_path / "shard.parquet")
    np.testing.assert_array_equal(shard[0], decoded(encoded))


@pytest.fixture
def shard(tmp_path: Path) -> tuple[Path, np.ndarray]:
    """A shard of 11 images in three row groups, without images 0, 4, 5 and 10."""
    drawn = np.random.default_rng(0).integers(0, 256, (11, 8, 8, 3), np.uint8)
    keys = [f"{number:07d}" for number in range(11)]
    encoded = [
        None if number in (0, 4, 5, 10) else images.encode(image, key)
        for number, (image, key) in enumerate(zip(drawn, keys, strict=True))
    ]
    parts = (
        {**tables.place(part(keys[rows])), "pixels": encoded[rows]}
        for rows in (slice(0, 4), slice(4, 6), slice(6, 11))
    )
    writer = tables.Provenance("demo", "ovalize_images", {}, {})
    tables.write_parts(tmp_path / "shard.parquet", images.IMAGES, parts, writer)
    return tmp_path / "shard.parquet", drawn


def test_images_are_read_from_any_row_group_in_any_order(
    shard: tuple[Path, np.ndarray],
) -> None:
    path, drawn = shard
    rows, pixels = images.read(path)
    there = [1, 2, 3, 6, 7, 8, 9]
    assert rows["image"].to_pylist() == [f"{number:07d}" for number in there]
    np.testing.assert_array_equal(list(pixels), drawn[there])
    np.testing.assert_array_equal(pixels[::-2], drawn[there][::-2])
    np.testing.assert_array_equal(pixels[-1], drawn[9])
    with pytest.raises(IndexError):
        pixels[7]


def test_a_shard_larger_than_memory_is_read_a_row_group_at_a_time_and_each_once(
    shard: tuple[Path, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    real = pq.ParquetFile.read_row_group

    def watched(file: pq.ParquetFile, number: int, columns: Sequence[str]) -> pa.Table:
        asked.extend([number] if "pixels" in columns else [])
        return real(file, number, columns)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", watched)
    monkeypatch.delattr(pq.ParquetFile, "read")
    _, pixels = images.read(shard[0])
    assert asked == []
    for start in range(0, len(pixels), 3):
        assert pixels[start : start + 3]
    # No image of the second row group is there.
    assert asked == [0, 2]


def test_an_image_that_pillow_cannot_decode_is_named_and_not_at_once_called_damaged(
    tmp_path: Path,
) -> None:
    columns = {**tables.place(part(["0000042"])), "pixels": [{"bytes": b"?", "path": "a.webp"}]}
    writer = tables.Provenance("demo", "render_images", {}, {})
    tables.write(tmp_path / "shard.parquet", images.IMAGES, columns, writer)
    _, pixels = images.read(tmp_path / "shard.parquet")
    with pytest.raises(MnemoError, match="0000042 of .*Pillow.*Install the version"):
        pixels[0]


def part(keys: Sequence[str]) -> pa.Table:
    """Make the rows of some images, without their pixels."""
    nulls = pa.nulls(len(keys))
    return pa.table({"set": ["fit"] * len(keys), "edit": nulls, "alpha": nulls, "image": keys})


def test_images_are_encoded_in_threads_to_the_same_bytes_and_in_order() -> None:
    drawn = np.random.default_rng(0).integers(0, 256, (10, 16, 16, 3), np.uint8)
    keys = [f"{number:07d}" for number in range(10)]
    parts = [slice(start, start + 4) for start in (0, 4, 8)]
    rendered = ((part(keys[rows]), drawn[rows]) for rows in parts)
    columns = list(images.encode_while_rendering(rendered, "webp", threads=3))
    assert [image for each in columns for image in each["pixels"]] == [
        images.encode(image, key, "webp") for image, key in zip(drawn, keys, strict=True)
    ]
    assert [key for each in columns for key in each["image"].to_pylist()] == keys


def test_the_next_images_are_rendered_while_the_last_are_encoded() -> None:
    asked = []

    def render() -> Iterator[tuple[pa.Table, np.ndarray]]:
        for number in range(3):
            asked.append(number)
            yield part([str(number)]), np.zeros((1, 8, 8, 3), np.uint8)

    encoded = images.encode_while_rendering(render(), "webp", threads=1)
    assert next(encoded)["pixels"][0]["path"] == "0.webp"
    assert asked == [0, 1]
