"""The up-sampling filters, against scipy.signal."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import signal

from mnemo.generators import filters

TAPS = st.lists(st.floats(0.125, 8, width=32), min_size=4, max_size=4)


def impulse(size: int) -> NDArray[np.float64]:
    image = np.zeros((size, size))
    image[size // 2, size // 3] = 1
    return image


def noise(size: int) -> NDArray[np.float64]:
    return np.random.default_rng(0).standard_normal((size, size))


def tensor(image: NDArray[np.float64]) -> torch.Tensor:
    """(1, 2, height, width): two channels, so that one which leaks into the other is seen."""
    return torch.from_numpy(np.stack([image, -2 * image])[None]).float()


@pytest.mark.parametrize("image", [impulse(7), noise(8)], ids=["impulse", "noise"])
@given(taps=TAPS)
def test_upsampling_equals_scipy(image: NDArray[np.float64], taps: list[float]) -> None:
    line = 2 * np.array(taps) / sum(taps)
    rows = signal.upfirdn(line, image, up=2, axis=0)
    expected = signal.upfirdn(line, rows, up=2, axis=1)[1:-1, 1:-1]
    made = filters.upsample(tensor(image), filters.kernel(taps, gain=4))
    assert made.shape == (1, 2, 2 * len(image), 2 * len(image))
    np.testing.assert_allclose(made[0, 0], expected, atol=1e-5)
    np.testing.assert_allclose(made[0, 1], -2 * expected, atol=2e-5)


@pytest.mark.parametrize("image", [impulse(9), noise(8)], ids=["impulse", "noise"])
@given(taps=TAPS)
def test_blurring_equals_scipy(image: NDArray[np.float64], taps: list[float]) -> None:
    line = np.array(taps) / sum(taps)
    expected = signal.convolve2d(image, np.outer(line, line), mode="valid")
    made = filters.blur(tensor(image), filters.kernel(taps))
    np.testing.assert_allclose(made[0, 0], expected, atol=1e-5)
    np.testing.assert_allclose(made[0, 1], -2 * expected, atol=2e-5)


def test_upsampling_keeps_a_grey_image_grey_but_at_its_border() -> None:
    made = filters.upsample(torch.ones(1, 3, 8, 8), filters.kernel([1, 3, 3, 1], gain=4))
    assert torch.equal(made[..., 1:-1, 1:-1], torch.ones(1, 3, 14, 14))
