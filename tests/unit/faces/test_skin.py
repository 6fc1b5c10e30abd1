"""Skin tone of painted patches, whose CIELAB is known, and against scikit-image."""

import numpy as np
import pytest
from tests.support import references

from mnemo.faces import skin


def patch(*colour: int):
    return np.full((50, 3), colour, np.uint8)


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        # Published CIELAB of sRGB: white, mid grey, red, blue.
        ((255, 255, 255), (100, 0, 0)),
        ((119, 119, 119), (50.03, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((0, 0, 0), (0, 0, 0)),
    ],
)
def test_colours_have_their_published_cielab(colour, expected):
    np.testing.assert_allclose(skin.lab(np.array(colour)), expected, atol=0.02)


def test_colours_have_the_cielab_of_scikit_image():
    with references.scikit_image():
        from skimage.color import rgb2lab
    colours = np.random.default_rng(0).integers(256, size=(500, 3), dtype=np.uint8)
    np.testing.assert_allclose(skin.lab(colours), rgb2lab(colours), atol=0.02)


@pytest.mark.parametrize(
    ("colour", "group"),
    # Very light, light, intermediate or tan, brown and dark skin, with the groups of Chardon et al.
    [
        ((244, 223, 205), (55, 90)),
        ((205, 160, 130), (41, 55)),
        ((190, 140, 105), (10, 41)),
        ((170, 120, 85), (-30, 10)),
        ((90, 58, 40), (-90, -30)),
    ],
)
def test_skin_has_the_angle_of_its_group(colour, group):
    lightness, _, yellow = skin.lab(np.array(colour))
    angle = skin.typology_angle(patch(*colour))
    assert angle == pytest.approx(np.degrees(np.arctan((lightness - 50) / yellow)))
    assert group[0] < angle < group[1]


def test_the_angle_goes_on_where_bluish_light_makes_b_negative():
    assert skin.typology_angle(patch(200, 200, 210)) > 90
    assert skin.typology_angle(patch(60, 60, 70)) < -90


def test_the_angle_is_that_of_the_medians_and_a_few_bright_pixels_do_not_change_it():
    pixels = np.concatenate([patch(205, 160, 130), np.full((20, 3), 255, np.uint8)])
    assert skin.typology_angle(pixels) == skin.typology_angle(patch(205, 160, 130))
    assert np.isnan(skin.typology_angle(pixels[:0]))


def test_the_cheeks_are_skin_between_eye_nose_mouth_and_jaw():
    face = np.full((68, 2), 100.0)
    # Jaw, corner of the mouth, nostril and lower lid, on either side.
    face[[2, 48, 31, 41]] = [(35, 115), (80, 150), (90, 128), (75, 98)]
    face[[14, 54, 35, 46]] = [(165, 115), (120, 150), (110, 128), (125, 98)]
    image = np.zeros((200, 200, 3), np.uint8)
    image[101:149, :90] = (205, 160, 130)
    image[101:149, 111:] = (170, 120, 85)
    found = skin.cheeks(face, image)
    colours, counts = np.unique(found, axis=0, return_counts=True)
    assert colours.tolist() == [[170, 120, 85], [205, 160, 130]]
    assert counts.min() > 200
    np.testing.assert_allclose(counts[0], counts[1], rtol=0.1)
