"""How a batch of images that have a gradient becomes the input of an assessor's network.

Each step is that of an 8-bit image without its rounding, so that a score differs by no more than
rounding makes it.
"""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

#: Number of grey levels above black.
LEVELS = 255


def resized(
    images: Tensor, size: tuple[int, int], mode: Literal["bilinear", "bicubic"] = "bicubic"
) -> Tensor:
    """Resize images as Pillow does, which averages over all pixels that contribute to one.

    Args:
        images: (n, 3, h, w), from 0 to 1.
        size: Height and width of the result; the aspect ratio is not kept.
        mode: Pillow's resampling filter.

    Returns:
        (n, 3, *size), from 0 to 1.
    """
    # Pillow resizes the rows first, and cuts off what overshoots before it resizes the columns.
    rows = F.interpolate(images, (images.shape[2], size[1]), mode=mode, antialias=True).clamp(0, 1)
    return F.interpolate(rows, size, mode=mode, antialias=True).clamp(0, 1)


def resized_by_tensorflow_1(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize images as TensorFlow 1's `resize_images` does; see `caffenet`.

    Args:
        images: (n, 3, h, w).
        size: Height and width of the result; the aspect ratio is not kept.

    Returns:
        (n, 3, *size).
    """
    for axis, wanted in zip((2, 3), size, strict=True):
        length = images.shape[axis]
        places = torch.arange(wanted, device=images.device, dtype=images.dtype) * (length / wanted)
        before = places.long()
        after = (before + 1).clamp(max=length - 1)
        share = (places - before).view(-1, *[1] * (3 - axis))
        images = torch.lerp(
            images.index_select(axis, before), images.index_select(axis, after), share
        )
    return images
