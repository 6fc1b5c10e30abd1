"""Inception's logits for the Inception Score, computed exactly as in torch-fidelity.

They are no function of the features for the FID: clean-fid resizes images bicubically, and the
Inception Score is by convention that of images resized as TensorFlow 1 did. The logits are without
the classifier's bias, as in the score's first implementation (Salimans et al., "Improved Techniques
for Training GANs", NeurIPS 2016).
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from mnemo import devices, networks
from mnemo.assessors.tensors import resized_by_tensorflow_1
from mnemo.errors import AGAIN, MnemoError
from mnemo.features import inception

#: Number of logits: 1,000 classes of ImageNet, and 8 without a meaning.
CLASSES = 1008

_SIZE = 299


class Classifier(nn.Module):
    """Inception from images to logits.

    Args:
        features: Maps (n, 3, 299, 299), RGB from 0 to 255, to (n, 2048).
        weight: (1008, 2048) weights of its classifier.
    """

    def __init__(self, features: nn.Module, weight: Tensor):
        super().__init__()
        self.features = features
        self.weight = nn.Parameter(weight, requires_grad=False)

    def forward(self, images: Tensor) -> Tensor:
        """Compute the (n, 1008) logits of (n, 3, 299, 299) images."""
        return functional.linear(self.features(images), self.weight)


class LogitExtractor:
    """An extractor of logits.

    Args:
        classifier: The network, ready for inference.
    """

    def __init__(self, classifier: Classifier):
        self.classifier = classifier

    def extract(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Extract the logits of images.

        Args:
            images: Each (height, width, 3), RGB; their sizes may differ.

        Returns:
            (n, 1008).
        """
        return networks.apply(self.classifier, images, resize, "Inception", (CLASSES,))


def load(path: Path) -> LogitExtractor:
    """Load the extractor.

    Args:
        path: NVIDIA's TorchScript file of Inception, with its original file name.

    Returns:
        The extractor, on the best device.

    Raises:
        MnemoError: The file is missing, has another name, or holds another network.
    """
    features = inception.load(path).module
    try:
        weight = features.base.output.weight  # type: ignore[union-attr]
    except AttributeError:
        weight = None
    if not isinstance(weight, Tensor) or len(weight) != CLASSES:
        raise MnemoError(f"{path} has no classifier of {CLASSES:,} classes. {AGAIN}")
    return LogitExtractor(Classifier(features, weight.float()).eval().to(devices.best()))


def resize(image: NDArray[np.uint8]) -> Tensor:
    """Resize an image to Inception's input as TensorFlow 1's `resize_bilinear` does.

    It interpolates between the pixels whose upper left corners, not centres, are nearest, and does
    not smooth an image that it makes smaller.

    Args:
        image: (height, width, 3), RGB.

    Returns:
        (3, 299, 299), RGB from 0 to 255, float32.
    """
    pixels = torch.tensor(image).permute(2, 0, 1)[None].float()
    return resized_by_tensorflow_1(pixels, (_SIZE, _SIZE))[0]
