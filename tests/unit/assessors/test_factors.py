"""Visual factors of images whose factors are known."""

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
