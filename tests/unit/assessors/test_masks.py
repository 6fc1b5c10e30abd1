"""Size, place and roundness of masks: of drawn shapes, and against scikit-image."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import references

from mnemo.assessors import masks
from mnemo.assessors.masks import Mask


def drawn(top: int, bottom: int, left: int, right: int) -> Mask:
    """A rectangle in an image of 60 by 80 pixels."""
    mask = np.zeros((60, 80), dtype=bool)
    mask[top:bottom, left:right] = True
    return mask


def test_size_is_the_share_of_pixels() -> None:
    assert masks.size(drawn(0, 60, 0, 40)) == 0.5
    assert masks.size(drawn(0, 1, 0, 1)) == 1 / 4800


def test_an_object_is_centred_at_0_and_in_a_corner_close_to_minus_1() -> None:
    assert masks.centredness(drawn(20, 40, 30, 50)) == 0
    # Half of the diagonal is 50 pixels; the centroid is 20 to the left of the middle.
    assert masks.centredness(drawn(20, 40, 10, 30)) == pytest.approx(-20 / 50)
    assert masks.centredness(drawn(0, 1, 0, 1)) == pytest.approx(-1, abs=0.02)


def test_a_square_and_a_disc_are_square_and_a_rectangle_less_so() -> None:
    assert masks.squareness(drawn(5, 25, 40, 60)) == pytest.approx(1)
    row, column = np.ogrid[:101, :101]
    disc = (row - 50) ** 2 + (column - 50) ** 2 <= 40**2
    assert masks.squareness(disc) == pytest.approx(1)
    # The second moment of n pixels in a row is (n^2 - 1) / 12.
    assert masks.squareness(drawn(5, 25, 10, 70)) == pytest.approx(np.sqrt(399 / 3599))
    assert masks.squareness(drawn(3, 4, 10, 70)) == 0
    assert masks.squareness(drawn(3, 4, 10, 11)) == 1


def test_a_turned_ellipse_has_the_ratio_of_its_axes() -> None:
    row, column = np.ogrid[-100:101, -100:101]
    along, across = 0.8 * column + 0.6 * row, 0.6 * column - 0.8 * row
    ellipse = (along / 90) ** 2 + (across / 30) ** 2 <= 1
    assert masks.squareness(ellipse) == pytest.approx(1 / 3, abs=0.002)


@pytest.fixture(scope="module")
def regionprops() -> Callable[[Any], Any]:
    with references.scikit_image():
        from skimage import measure
    return measure.regionprops  # type: ignore[no-any-return]


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_a_mask_has_the_size_centroid_and_axes_of_scikit_image(
    regionprops: Callable[[Any], Any], seed: int
) -> None:
    random = np.random.default_rng(seed)
    mask = random.random(random.integers(3, 40, 2)) < random.random() ** 2 + 0.2
    (theirs,) = regionprops(mask.astype(int))
    assert masks.size(mask) == pytest.approx(theirs.area / mask.size)
    ratio = theirs.axis_minor_length / theirs.axis_major_length
    assert masks.squareness(mask) == pytest.approx(ratio, abs=1e-7)
    off = np.array(theirs.centroid) - (np.array(mask.shape) - 1) / 2
    half = np.hypot(*mask.shape) / 2
    assert masks.centredness(mask) == pytest.approx(-np.hypot(*off) / half)
