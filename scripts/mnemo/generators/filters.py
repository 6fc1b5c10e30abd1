"""Up-sampling with a low-pass filter, for images and within StyleGAN2's convolutions."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def kernel(taps: Sequence[float], gain: float = 1.0) -> Tensor:
    """Return the two-dimensional form of a separable filter.

    Args:
        taps: The filter along one axis; its scale is irrelevant.
        gain: Sum of the two-dimensional filter.

    Returns:
        (taps, taps), float32.
    """
    line = torch.tensor(taps, dtype=torch.float64)
    return (gain * torch.outer(line, line) / line.sum() ** 2).float()


def upsample(x: Tensor, filter_: Tensor) -> Tensor:
    """Double the height and width of images by inserting zeros and applying a low-pass filter.

    Args:
        x: (n, channels, height, width); beyond its border, it counts as 0.
        filter_: (4, 4) with sum 4, which preserves brightness (see `kernel`).

    Returns:
        (n, channels, 2 * height, 2 * width).
    """
    channels = x.shape[1]
    weight = filter_.expand(channels, 1, *filter_.shape)
    return F.conv_transpose2d(x, weight, stride=2, padding=1, groups=channels)


def blur(x: Tensor, filter_: Tensor) -> Tensor:
    """Convolve each channel with a filter, without padding.

    Args:
        x: (n, channels, height, width).
        filter_: (k, k).

    Returns:
        (n, channels, height - k + 1, width - k + 1).
    """
    channels = x.shape[1]
    # PyTorch's convolutions do not flip their kernel.
    weight = filter_.flip(0, 1).expand(channels, 1, *filter_.shape)
    return F.conv2d(x, weight, groups=channels)
