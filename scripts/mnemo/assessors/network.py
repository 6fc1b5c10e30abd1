"""The assessor that scores images in batches with a network."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from mnemo import networks
from mnemo.errors import MnemoError


class Clipped(nn.Module):
    """A network whose scores are clipped, which leaves no gradient beyond the limits.

    Args:
        network: Maps images to scores.
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """Score images.

        Args:
            images: The network's input.

        Returns:
            (n,), from 0 to 1.
        """
        scores: Tensor = self.network(images)
        return scores.clamp(0, 1)


class NetworkScorer:
    """An assessor that scores with one network.

    Attributes:
        network: Maps prepared images (n, 3, height, width) to scores (n,), with gradients.
        prepare: Converts an image to the network's input.
        tensors: Converts images with a gradient to the network's input; None if there is no way.

    Args:
        network: The network, with its trained weights. It includes everything after preparation,
            such as the mean over crops or a rescaling of the output.
        prepare: Maps (h, w, 3), RGB from 0 to 255, to (3, height, width).
        label: Text of the progress bar.
        tensors: Does what `prepare` does to a batch, (n, 3, h, w), RGB from 0 to 1, without
            rounding to 8 bits.
    """

    def __init__(
        self,
        network: nn.Module,
        prepare: networks.Prepare,
        label: str,
        tensors: Callable[[Tensor], Tensor] | None = None,
    ):
        self.network = networks.ready(network)
        self.prepare = prepare
        self.label = label
        self.tensors = tensors

    def score(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Score images.

        Args:
            images: Each (height, width, 3), RGB; their sizes may differ.

        Returns:
            (n,).
        """
        return networks.apply(self.network, images, self.prepare, self.label)

    def differentiable(self, images: Tensor, clipped: bool = True) -> Tensor:
        """Compute what `score` gives without rounding images to 8 bits, with a gradient to them.

        Args:
            images: (n, 3, height, width), RGB from -1 to 1, as from a generator's `differentiable`;
                what is beyond is cut off, as in 8 bits.
            clipped: Whether the scores are clipped where those of `score` are.

        Returns:
            (n,).

        Raises:
            MnemoError: This assessor's preparation of images has no gradient.
        """
        if self.tensors is None:
            raise MnemoError(f"the assessor {self.label!r} prepares images of 8 bits alone")
        unclipped = isinstance(self.network, Clipped) and not clipped
        network = self.network.network if unclipped else self.network
        return network(self.tensors(((images + 1) / 2).clamp(0, 1)))  # type: ignore[no-any-return, operator]
