"""A student that starts from its teacher: ResMem's first layers, and a head that learns.

From a few thousand faces no network learns what ResMem's ResNet-152 learned from a million
photographs. This one keeps that network's first two stages as they are, sees a smaller image, and
learns but two dense layers, so that it is many times as fast as ResMem, and a few thousand do.
"""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torchvision.models.resnet import Bottleneck, ResNet

from mnemo import checkpoints
from mnemo.assessors import Preset
from mnemo.assessors.backbones import Layout, frozen
from mnemo.assessors.tensors import resized
from mnemo.errors import MnemoError
from mnemo.networks import Prepare

#: Height and width of the network's input.
SIZE = (96, 96)
#: Channels, rows and columns of what the first layers make of an image.
FEATURES = (512, 4, 4)
# What is behind the first dense layer: as many as a file of 1 MB holds. With 512 it ranks images no
# better.
_HIDDEN = 56
# ResMem's name for its ResNet.
_PREFIX = "features."


class Head(frozen.Head):
    """Two dense layers on the features.

    Args:
        dropout: Probability with which the first of them ignores a feature in training.
    """

    def __init__(self, dropout: float):
        width = int(np.prod(FEATURES))
        super().__init__(width)
        self.layers = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(width, _HIDDEN),
            nn.ReLU(),
            nn.Linear(_HIDDEN, 1),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Score images by their features.

        Args:
            features: (n, 512, 4, 4).

        Returns:
            (n,).
        """
        scores: Tensor = self.layers(self.standardised(features))
        return self.scaled(scores.squeeze(1))


def build(layout: Layout | None, dropout: float) -> frozen.Frozen:
    """Build the network, with random weights; see `backbones.build`.

    Its first layers are those of a ResNet-152 (He et al. 2016) up to its second stage: they map
    (n, 3, 96, 96), RGB from 0 to 1, to (n, 512, 4, 4).
    """
    # The stages after the second are not used: they are built as small as they can be.
    whole = ResNet(Bottleneck, [3, 8, 1, 1])
    names = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2")
    front = nn.Sequential(
        OrderedDict(
            **{name: getattr(whole, name) for name in names},
            pool=nn.AdaptiveAvgPool2d(FEATURES[1:]),
        )
    )
    return frozen.Frozen(front, Head(dropout), FEATURES)


def initial(path: Path | None, dropout: float) -> frozen.Frozen:
    """Make what training starts from: ResMem's first layers with a fresh head.

    Args:
        path: ResMem's weights, `model.pt` of the package resmem.
        dropout: As for `Head`.

    Returns:
        The network.

    Raises:
        MnemoError: The file is missing, damaged, or holds another network.
    """
    if path is None:
        raise MnemoError("resnet152-layer2 starts from ResMem's weights: give it `initial`")
    network = build(None, dropout)
    tensors = checkpoints.tensors(path)
    wanted = network.front.state_dict()
    checkpoints.fill(
        network.front,
        {name: tensors[_PREFIX + name] for name in wanted if _PREFIX + name in tensors},
        path,
    )
    return network


def prepare(preset: Preset) -> Prepare:
    """Choose how an image becomes its input, for which there is one way."""
    return prepare_image


def prepare_image(image: NDArray[np.uint8]) -> Tensor:
    """Prepare an image.

    Args:
        image: (h, w, 3), RGB from 0 to 255.

    Returns:
        (3, 96, 96), RGB from 0 to 1, without a mean taken off, as ResMem has it; the aspect ratio
        is lost.
    """
    resized = np.array(Image.fromarray(image).resize(SIZE), np.float32)
    return torch.from_numpy(resized / 255).permute(2, 0, 1)


def tensors(preset: Preset) -> Callable[[Tensor], Tensor]:
    """Choose how images with a gradient become its input, for which there is one way."""
    return prepare_tensors


def prepare_tensors(images: Tensor) -> Tensor:
    """Do what `prepare_image` does to a batch with a gradient.

    Args:
        images: (n, 3, h, w), RGB from 0 to 1.

    Returns:
        (n, 3, 96, 96), RGB from 0 to 1.
    """
    return resized(images, SIZE)
