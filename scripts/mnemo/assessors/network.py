"""The assessor that scores images in batches with a network."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import nn

from mnemo import networks


class NetworkScorer:
    """An assessor that scores with one network.

    Attributes:
        network: Maps prepared images (n, 3, height, width) to scores (n,), with gradients.
        prepare: Converts an image to the network's input.

    Args:
        network: The network, with its trained weights. It includes everything after preparation,
            such as the mean over crops or a rescaling of the output.
        prepare: Maps (h, w, 3), RGB from 0 to 255, to (3, height, width).
        label: Text of the progress bar.
    """

    def __init__(self, network: nn.Module, prepare: networks.Prepare, label: str):
        self.network = networks.ready(network)
        self.prepare = prepare
        self.label = label

    def score(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Score images.

        Args:
            images: Each (height, width, 3), RGB; their sizes may differ.

        Returns:
            (n,).
        """
        return networks.apply(self.network, images, self.prepare, self.label)
