"""Winograd's convolutions, against PyTorch's in float64."""

import pytest
import torch
import torch.nn.functional as F

from mnemo.generators import winograd


@pytest.mark.parametrize(
    ("images", "inputs", "outputs", "height", "width"),
    [(1, 1, 1, 4, 4), (2, 3, 5, 8, 4), (1, 130, 70, 4, 12), (1, 512, 512, 16, 16)],
)
def test_a_convolution_equals_the_definition(
    images: int, inputs: int, outputs: int, height: int, width: int
) -> None:
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(images, inputs, height + 2, width + 2, generator=draw)
    weight = torch.randn(outputs, inputs, 3, 3, generator=draw) / (9 * inputs) ** 0.5
    made = winograd.convolve(x, winograd.kernel(weight))
    expected = F.conv2d(x.double(), weight.double())
    assert made.shape == expected.shape
    assert (made - expected).abs().max() < 1e-4
