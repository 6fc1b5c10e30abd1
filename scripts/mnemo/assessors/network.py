"""What assessors that are networks share: images in, batches through the network, scores out."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import nn

from mnemo import networks


class NetworkScorer:
    """An assessor that scores with one network.

    Attributes:
        network: Maps (n, 3, height, width), prepared images, to (n,) scores, with gradients.
        prepare: Makes the network's input of an image.

    Args:
        network: The network, with its trained weights. What follows its layers, such as crops and
            their mean or a rescaling of the output, is part of it.
        prepare: Maps (h, w, 3), RGB from 0 to 255, to (3, height, width).
        label: What the progress bar calls it.
    """

    def __init__(self, network: nn.Module, prepare: networks.Prepare, label: str):
        self.network = networks.ready(network)
        self.prepare = prepare
        self.label = label

    def score(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Score images.

        Args:
            images: Each (height, width, 3), RGB; they may differ in size.

        Returns:
            (n,).
        """
        return networks.apply(self.network, images, self.prepare, self.label)
