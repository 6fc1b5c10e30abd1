"""Moving latents along a direction that is learned (GANalyze, equation 2 and its code)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mnemo.directions.learning.settings import Kept


class OneDirection(nn.Module):
    """One direction for all latents. GANalyze's file holds it under the same name.

    Args:
        shape: Shape of a latent.
    """

    def __init__(self, shape: Sequence[int]):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(1, *shape))

    def forward(self, classes: Tensor) -> Tensor:
        """Return the direction, (1, *shape), whatever the classes, (n,)."""
        return self.w

    def directions(self) -> Tensor:
        """Return the direction as (1, *shape)."""
        return self.w


class ClassDependent(nn.Module):
    """One direction for each class: a linear layer, with GANalyze's names, of the one-hot class.

    Args:
        dim: Dimensions of a latent.
        classes: Number of classes.
    """

    def __init__(self, dim: int, classes: int):
        super().__init__()
        self.NN_output = nn.Linear(classes, dim)
        nn.init.zeros_(self.NN_output.weight)
        nn.init.zeros_(self.NN_output.bias)

    def forward(self, classes: Tensor) -> Tensor:
        """Return the directions, (n, dim), of classes, (n,)."""
        return self.directions()[classes]

    def directions(self) -> Tensor:
        """Return the direction of each class, (classes, dim)."""
        return self.NN_output.weight.T + self.NN_output.bias


Transformer = OneDirection | ClassDependent


def moved(latents: Tensor, alphas: Tensor, thetas: Tensor, kept: Kept) -> Tensor:
    """Move latents: z + alpha * theta (GANalyze, equation 2).

    Args:
        latents: (n, ...).
        alphas: (n,), in units of the score.
        thetas: (n or 1, ...), the direction of each, of any length.
        kept: "norm" scales each moved latent back to its length, as GANalyze's TensorFlow code
            does, and "batch_norm" all of them to the length of all latents together, as its PyTorch
            code does.

    Returns:
        (n, ...).
    """
    there: Tensor = latents + alphas.view(-1, *[1] * (latents.ndim - 1)) * thetas
    if kept == "norm":
        before, after = (each.flatten(1).norm(dim=1) for each in (latents, there))
        there = there * (before / after).view(-1, *[1] * (latents.ndim - 1))
    if kept == "batch_norm":
        there = there * (latents.norm() / there.norm())
    return there
