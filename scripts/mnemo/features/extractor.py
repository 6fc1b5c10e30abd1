"""A feature extractor made of a network and a function that resizes its input."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mnemo import networks


class NetworkExtractor:
    """An extractor of a network's pooled features.

    Attributes:
        module: Maps (n, 3, height, width), RGB from 0 to 255, to (n, 2048).

    Args:
        module: The network, with its trained weights, ready for inference.
        resize: Resizes (h, w, 3) from 0 to 255 to (height, width, 3), float32.
        label: Text of the progress bar.
    """

    def __init__(
        self,
        module: nn.Module,
        resize: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
        label: str,
    ):
        self.module = module
        self.resize = resize
        self.label = label

    def extract(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Extract the features of images.

        Args:
            images: Each (height, width, 3), RGB; their sizes may differ.

        Returns:
            (n, 2048).
        """
        return networks.apply(self.module, images, self._prepare, self.label, (2048,))

    def _prepare(self, image: NDArray[np.uint8]) -> Tensor:
        return torch.from_numpy(self.resize(image)).permute(2, 0, 1)
