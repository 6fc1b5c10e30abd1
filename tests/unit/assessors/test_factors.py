"""Visual factors of images whose factors are known."""

import colorsys

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import signal

from mnemo import assessors
from mnemo.assessors import factors

Pixels = NDArray[np.uint8]
GREY = np.array([0.299, 0.587, 0.114])


def plain(*colour: int) -> Pixels:
    return np.full((32, 48, 3), colour, np.uint8)


@pytest.fixture
def noise() -> Pixels:
    return np.random.default_rng(0).integers(256, size=(40, 30, 3), dtype=np.uint8)


def test_brightness_is_that_of_the_grey_levels_from_black_to_white() -> None:
    assert factors.brightness(plain(0, 0, 0)) == 0
    assert factors.brightness(plain(255, 255, 255)) == pytest.approx(1)
    assert factors.brightness(plain(0, 255, 0)) == pytest.approx(0.587)


def test_contrast_is_half_of_white_for_black_beside_white() -> None:
    image = plain(0, 0, 0)
    assert factors.contrast(image) == 0
    image[:16] = 255
    assert factors.contrast(image) == pytest.approx(0.5)


def test_colourfulness_of_grey_is_0_and_that_of_a_colour_its_distance_from_grey() -> None:
    assert factors.colourfulness(plain(90, 90, 90)) == 0
    # Pure red: red - green is 255, and yellow - blue is 127.5.
    assert factors.colourfulness(plain(255, 0, 0)) == pytest.approx(0.3 * np.hypot(255, 127.5))


def test_colourfulness_is_the_published_formula(noise: Pixels) -> None:
    red, green, blue = (noise[..., place].astype(float).ravel() for place in range(3))
    first, second = red - green, 0.5 * (red + green) - blue
    spread = np.sqrt(np.var(first) + np.var(second))
    mean = np.sqrt(np.mean(first) ** 2 + np.mean(second) ** 2)
    assert factors.colourfulness(noise) == pytest.approx(spread + 0.3 * mean)


def test_sharpness_is_the_variance_of_the_convolution_with_a_laplacian(noise: Pixels) -> None:
    kernel = [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
    mirrored = np.pad(noise @ GREY, 1, mode="reflect")
    expected = signal.convolve2d(mirrored, kernel, mode="valid").var()
    assert factors.sharpness(noise) == pytest.approx(expected)
    assert factors.sharpness(plain(7, 8, 9)) == pytest.approx(0)


def test_redness_is_the_share_of_pixels_that_are_neither_orange_nor_pale_nor_dark() -> None:
    image = plain(200, 20, 20)
    assert factors.redness(image) == 1
    image[:, :12] = (30, 60, 200)
    assert factors.redness(image) == 0.75
    others = [(230, 140, 20), (220, 20, 120), (240, 170, 170), (40, 0, 0), (0, 0, 0), (90, 90, 90)]
    assert [factors.redness(plain(*colour)) for colour in others] == [0] * 6


def test_redness_has_its_thresholds_in_the_hue_saturation_and_value_of_pythons_colorsys(
    noise: Pixels,
) -> None:
    noise[:20, :, 1:] //= 3
    hue, saturation, value = np.transpose(
        [colorsys.rgb_to_hsv(*pixel) for pixel in (noise.reshape(-1, 3) / 255).tolist()]
    )
    red = (np.abs((hue * 360 + 180) % 360 - 180) <= 20) & (saturation >= 0.5) & (value >= 0.2)
    assert 0.1 < red.mean() < 0.9
    assert factors.redness(noise) == pytest.approx(red.mean())


def test_entropy_counts_the_bits_of_equally_frequent_grey_levels() -> None:
    assert factors.entropy(plain(7, 8, 9)) == 0
    image = plain(0, 0, 0)
    image[:16] = 255
    assert factors.entropy(image) == pytest.approx(1)
    every = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    assert factors.entropy(every) == pytest.approx(8)


def test_a_factor_is_an_assessor_like_any_other(noise: Pixels) -> None:
    images = [noise, plain(255, 255, 255)]
    for name, measure in factors.MEASURES.items():
        scores = assessors.load(name).score(images)
        assert scores.dtype == np.float32
        np.testing.assert_allclose(scores, [measure(image) for image in images], rtol=1e-6)
    assert factors.measure(noise, ["sharpness", "contrast"]) == [
        factors.sharpness(noise),
        factors.contrast(noise),
    ]
