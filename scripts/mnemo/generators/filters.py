"""Up-sampling with a low-pass filter: of images, and within StyleGAN2's convolutions."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def kernel(taps: Sequence[float], gain: float = 1.0) -> Tensor:
    """Make the two-dimensional filter of a separable one.

    Args:
        taps: The filter along one axis; its scale doesn't matter.
        gain: The sum of the two-dimensional filter.

    Returns:
        (taps, taps), float32.
    """
    line = torch.tensor(taps, dtype=torch.float64)
    return (gain * torch.outer(line, line) / line.sum() ** 2).float()


def upsample(x: Tensor, filter_: Tensor) -> Tensor:
    """Double the height and width of images: zeros between the pixels, then a low-pass filter.

    Args:
        x: (n, channels, height, width).
        filter_: (4, 4) of sum 4, so that brightness stays (see `kernel`).

    Returns:
        (n, channels, 2 * height, 2 * width). Beyond the border, x counts as 0.
    """
    channels = x.shape[1]
    weight = filter_.expand(channels, 1, *filter_.shape)
    return F.conv_transpose2d(x, weight, stride=2, padding=1, groups=channels)


def blur(x: Tensor, filter_: Tensor) -> Tensor:
    """Convolve each channel with a filter, where the filter lies within the image.

    Args:
        x: (n, channels, height, width).
        filter_: (k, k).

    Returns:
        (n, channels, height - k + 1, width - k + 1).
    """
    channels = x.shape[1]
    # PyTorch's convolutions don't flip their kernel.
    weight = filter_.flip(0, 1).expand(channels, 1, *filter_.shape)
    return F.conv2d(x, weight, groups=channels)
