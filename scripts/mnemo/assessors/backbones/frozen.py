"""Networks whose first layers training leaves alone, followed by a head that learns."""

import torch
from torch import Tensor, nn

from mnemo.assessors.backbones.centred import Centred

# In standard deviations. Without it, the score of an image that differs from all trained on in what
# hardly differs among them would depend on nothing else.
_LARGEST = 5.0


class Head(Centred):
    """Layers that learn, on standardised features, none of which counts beyond five deviations.

    Attributes:
        mean: (width,); of each feature, over the images trained on.
        deviation: (width,); its standard deviation over them.

    Args:
        width: Number of the features.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, width: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("deviation", torch.ones(width))

    def standardise(self, features: Tensor) -> None:
        """Take the mean and the deviation of each feature from those of the images trained on.

        Args:
            features: (n, …), `width` to an image.
        """
        self.mean.copy_(features.flatten(1).mean(0))
        # In the white corners of ovals, some features never differ.
        self.deviation.copy_(features.flatten(1).std(0).clamp(min=1e-6))

    def standardised(self, features: Tensor) -> Tensor:
        """Standardise features, (n, …), to (n, width)."""
        standard = (features.flatten(1) - self.mean) / self.deviation
        return standard.clamp(-_LARGEST, _LARGEST)


class Frozen(nn.Module):
    """Layers that are another network's, then a head that learns.

    The file of a trained one holds its head alone.

    Attributes:
        front: The layers that training leaves alone: maps (n, 3, height, width) to (n, *shape).
        head: The layers that learn: maps (n, *shape) to (n,).
        shape: Shape of what the first layers make of an image.

    Args:
        front: Those layers.
        head: Those layers.
        shape: That shape.
    """

    def __init__(self, front: nn.Module, head: Head, shape: tuple[int, ...]):
        super().__init__()
        self.front = front
        self.head = head
        self.shape = shape

    def forward(self, images: Tensor) -> Tensor:
        """Score images.

        Args:
            images: (n, 3, height, width), as the network's module prepares them.

        Returns:
            (n,), in the unit of what the network was trained on.
        """
        scores: Tensor = self.head(self.front(images))
        return scores
