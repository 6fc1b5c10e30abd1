"""The noise maps of a StyleGAN2, optimised with the latent as in NVIDIA's projector.

Karras et al. 2020, appendix D; NVlabs/stylegan2-ada-pytorch, projector.py.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

#: Weight of the maps' autocorrelation in the loss.
WEIGHT = 1e5
#: Height and width of the smallest maps whose autocorrelation counts, in pixels.
SMALLEST = 8


def autocorrelation(maps: Sequence[Tensor]) -> Tensor:
    """Sum the squared autocorrelations of noise maps at a lag of one pixel, over their pyramids.

    A map is compared with itself one pixel to the right and one pixel below, around its edges; then
    each 2x2 of its pixels are averaged, down to 8x8 pixels. Detail of the image,
    which the noise is not to hold, would be correlated at some size.

    Args:
        maps: Each (n, 1, r, r), with r a power of two.

    Returns:
        (n,), at least 0.
    """
    total = maps[0].new_zeros(len(maps[0]))
    for level in maps:
        while True:
            for axis in (2, 3):
                lagged = level.roll(1, dims=axis)
                total = total + (level * lagged).mean(dim=(1, 2, 3)).square()
            if level.shape[2] <= SMALLEST:
                break
            level = F.avg_pool2d(level, 2)
    return total


@torch.no_grad()
def normalise(maps: Sequence[Tensor]) -> None:
    """Scale noise maps, in place, to a mean of 0 and a mean square of 1.

    Args:
        maps: Each (1, r, r) or (r, r), of one image.
    """
    for each in maps:
        each.sub_(each.mean())
        each.mul_(each.square().mean().rsqrt())
