"""Several factors from one look at an image, which may lack some of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from mnemo import images, scores, tables
from mnemo.assessors import measuring
from mnemo.assessors.object_shape import MEASURES, ObjectMeasurer

Pixels = NDArray[np.uint8]


class Painted(torch.nn.Module):
    """Finds the white pixels of an image, as Mask R-CNN finds an object."""

    def __init__(self) -> None:
        super().__init__()
        self.bias = torch.nn.Parameter(torch.zeros(1))

    def forward(self, given: Sequence[torch.Tensor]) -> list[dict[str, torch.Tensor]]:
        masks = given[0][:1][None]
        return [{"masks": masks if (masks > 0.5).any() else masks[:0]}]


def painted(left: int, right: int) -> Pixels:
    """A white rectangle in an image of 60 by 80 pixels."""
    image = np.zeros((60, 80, 3), np.uint8)
    image[20:40, left:right] = 255
    return image


def test_an_object_has_the_place_and_shape_of_its_mask() -> None:
    measurer = ObjectMeasurer(Painted())
    assert measurer.measure(painted(30, 50), list(MEASURES)) == pytest.approx([0, 1])
    off, square = measurer.measure(painted(10, 70), list(MEASURES))
    assert (off, square) == pytest.approx((0, np.sqrt(399 / 3599)))
    assert measurer.measure(painted(10, 30), ["object-centredness"]) == pytest.approx([-0.4])


def test_an_image_without_an_object_has_no_place_or_shape() -> None:
    assert np.isnan(ObjectMeasurer(Painted()).measure(painted(0, 0), list(MEASURES))).all()


def test_an_image_that_lacks_a_factor_has_no_row_in_its_scores(tmp_path: Path) -> None:
    shown = [painted(30, 50), painted(0, 0), painted(10, 30)]
    keys = [f"{number:07d}" for number in range(3)]
    columns = {
        "set": ["fit"] * 3,
        "edit": [None] * 3,
        "alpha": [None] * 3,
        "image": keys,
        "pixels": [images.encode(image, key) for image, key in zip(shown, keys, strict=True)],
    }
    path = tmp_path / "00000.parquet"
    tables.write(path, images.IMAGES, columns, tables.Provenance("study", "rule", {}, {}))
    factors = ["object-squareness", "object-centredness"]
    shards = measuring.measured([path], ObjectMeasurer(Painted()), factors)
    (rows,) = measuring.rows(shards, 1, "object-centredness", "square")
    table = tables.conform(rows, scores.SCORES).to_pandas()
    assert table["image"].tolist() == [keys[0], keys[2]]
    assert set(table["assessor"]) == {"object-centredness"}
    np.testing.assert_allclose(table["score"], [0, -0.4], atol=1e-6)
