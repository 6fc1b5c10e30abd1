"""Photographs as a reference: cut to what a generator renders, and never named."""

import logging
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnemo import images
from mnemo.photos import reference
from mnemo.tables import conform


@pytest.fixture
def photographs(tmp_path: Path) -> list[Path]:
    """A wide picture, grey but for its centre, one that is no picture, and a small one."""
    wide = np.full((60, 100, 3), 128, np.uint8)
    wide[:, 20:80] = [255, 0, 0]
    for name, pixels in (("jane", wide), ("joe", wide[:8, 30:38])):
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    (tmp_path / "jim.png").write_text("no picture")
    return [tmp_path / f"{name}.png" for name in ("jane", "jim", "joe")]


def decoded(row: dict) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(row["pixels"][0]["bytes"])))


def test_a_photograph_is_its_largest_centred_part_in_the_size_of_the_generator_s_images(
    photographs: list[Path],
) -> None:
    first, _, last = reference.rows(photographs, 0, (32, 32), "png")
    for row in (first, last):
        assert decoded(row).shape == (32, 32, 3)
        # What is beside the part that is cut out reaches into its edge a little.
        assert np.abs(decoded(row) - [255.0, 0, 0]).max() < 10


def test_a_photograph_for_images_that_are_wide_is_cut_to_be_as_wide(
    photographs: list[Path],
) -> None:
    first, *_ = reference.rows(photographs, 0, (50, 30), "png")
    assert decoded(first).shape == (30, 50, 3)
    # Nothing of the grey sides was cut off.
    np.testing.assert_array_equal(
        decoded(first)[15, [0, 25, 49]], [[128] * 3, [255, 0, 0], [128] * 3]
    )


def test_one_that_can_t_be_read_is_null_and_the_log_names_its_key_alone(
    photographs: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        rows = list(reference.rows(photographs, 250, (32, 32), "png"))
    assert [row["image"] for row in rows] == [["photo-00251"], ["photo-00252"], ["photo-00253"]]
    assert [row["pixels"][0] is None for row in rows] == [False, True, False]
    told = " ".join(caplog.messages)
    assert "photo-00252 is left out" in told
    assert "3 photographs, of which 1 can't be read" in told
    written = "".join(str(conform(row, images.IMAGES).to_pylist()) for row in rows)
    for name in ("jane", "jim", "joe"):
        assert name not in told + written
