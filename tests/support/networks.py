"""Small generators of random weights, few of whose pixels are black or white."""

from collections.abc import Sequence

import numpy as np
import torch
from tests.data import stylegan2_layouts

from mnemo.generators import stylegan2
from mnemo.generators.styled import Styled


def small_stylegan2(channels: Sequence[int] = (16, 16, 12, 8), seed: int = 0) -> Styled:
    """Make a StyleGAN2 with few channels.

    Args:
        channels: At 4, 8, ... pixels.
        seed: Seed of its weights.

    Returns:
        The generator.
    """
    made = stylegan2_layouts.network(channels, z_dim=16, w_dim=16, mapping_layers=2, seed=seed)
    tensors = {name: torch.from_numpy(np.array(value)) for name, value in made.tensors.items()}
    for name, tensor in tensors.items():
        if name.endswith("torgb.weight"):
            tensor.mul_(0.1)
    return stylegan2.build(made.settings, tensors, "random")
