"""Where the main object lies in an image and how square it is, as in GANalyze (section 3.2).

The main object is that of `object_size`, in the same mask of Mask R-CNN.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torchvision.transforms.functional import to_tensor

from mnemo.assessors import Preset, masks, object_size
from mnemo.assessors.measuring import FactorScorer

MEASURES = {"object-centredness": masks.centredness, "object-squareness": masks.squareness}


class ObjectMeasurer:
    """Measures the mask of the main object of an image.

    Args:
        network: As for `object_size.ObjectSizeScorer`.
    """

    def __init__(self, network: nn.Module):
        self.network = network

    def measure(self, image: NDArray[np.uint8], factors: Sequence[str]) -> list[float]:
        """Measure factors of the main object.

        Args:
            image: (height, width, 3), RGB.
            factors: Keys of `MEASURES`.

        Returns:
            The factors, in their order; nan where no object is found.
        """
        mask = self.mask(image)
        return [MEASURES[factor](mask) if mask.any() else np.nan for factor in factors]

    def mask(self, image: NDArray[np.uint8]) -> masks.Mask:
        """Find the main object of an image.

        Args:
            image: (height, width, 3), RGB.

        Returns:
            (height, width), true within the object; nowhere if none is found.
        """
        device = next(self.network.parameters()).device
        with torch.inference_mode():
            (found,) = self.network([to_tensor(np.array(image)).to(device)])
        first = found["masks"][:1, 0] > 0.5
        mask: masks.Mask = first.any(dim=0).cpu().numpy()
        return mask


def open_measurer(path: Path) -> ObjectMeasurer:
    """Load the network that finds objects.

    Args:
        path: As for `object_size.load`.

    Returns:
        What measures them.

    Raises:
        MnemoError: The file is missing or holds another network.
    """
    return ObjectMeasurer(object_size.load("object-size", [path], "corrected").network)


def load(name: str, paths: Sequence[Path], preset: Preset) -> FactorScorer:
    """Load the measure of an object's place or shape.

    Args:
        name: A key of `MEASURES`.
        paths: As for `object_size.load`.
        preset: Has no effect.

    Returns:
        The assessor.

    Raises:
        MnemoError: The file is missing or holds another network.
    """
    return FactorScorer(name, open_measurer(paths[0]))
