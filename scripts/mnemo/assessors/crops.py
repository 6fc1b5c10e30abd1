"""The mean of a network's scores over crops of an image."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def corners_and_centre(edge: int, size: int, centre: int) -> list[tuple[int, int]]:
    """Return the positions of five crops: the corners and the centre.

    Args:
        edge: Height and width of the image, in pixels.
        size: Height and width of a crop.
        centre: First row and column of the centre crop.

    Returns:
        First row and first column of each crop.
    """
    last = edge - size
    return [(0, 0), (0, last), (last, 0), (last, last), (centre, centre)]


class MeanOverCrops(nn.Module):
    """A network's mean score over crops of an image.

    Args:
        network: Maps (n, 3, size, size) to (n,).
        size: Height and width of a crop, in pixels.
        starts: First row and first column of each crop.
        mirrored: Whether the mean includes the left-right mirror image of each crop.
    """

    def __init__(
        self, network: nn.Module, size: int, starts: Sequence[tuple[int, int]], mirrored: bool
    ):
        super().__init__()
        self.network = network
        self.size = size
        self.starts = starts
        self.mirrored = mirrored

    def forward(self, images: Tensor) -> Tensor:
        """Score images.

        Args:
            images: (n, 3, height, width).

        Returns:
            (n,).
        """
        crops = [
            images[..., row : row + self.size, column : column + self.size]
            for row, column in self.starts
        ]
        if self.mirrored:
            crops += [crop.flip(-1) for crop in crops]
        scores: Tensor = self.network(torch.cat(crops))
        return scores.view(len(crops), len(images)).mean(dim=0)
