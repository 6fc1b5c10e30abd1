"""A student that starts from its teacher: ResMem's first layers, and a head that learns.

From a few thousand faces no network learns what ResMem's ResNet-152 learned from a million
photographs. This one keeps that network's first two stages as they are, sees a smaller image, and
learns but two dense layers, so that it is many times as fast as ResMem, and a few thousand do.
"""

from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torchvision.models.resnet import Bottleneck, ResNet

from mnemo import checkpoints

#: Height and width of the network's input.
SIZE = (96, 96)
#: Channels, rows and columns of what the first layers make of an image.
FEATURES = (512, 4, 4)
_HIDDEN = 512
# In standard deviations. Of a square, whose corners are not white as those of all ovals trained on,
# the score would else hang on nothing but what hardly differs in them.
_LARGEST = 5.0
# ResMem's name for its ResNet.
_PREFIX = "features."


class FirstLayers(nn.Module):
    """A ResNet-152 (He et al. 2016) up to its second stage, then two dense layers.

    Attributes:
        front: The layers that are ResMem's, which training leaves alone: maps (n, 3, 96, 96), RGB
            from 0 to 1, to (n, 512, 4, 4).
        head: The layers that learn: maps (n, 512, 4, 4) to (n,).

    Args:
        dropout: Probability with which each dense layer ignores one of its inputs in training.
    """

    def __init__(self, dropout: float):
        super().__init__()
        # The stages after the second are not used: they are built as small as they can be.
        whole = ResNet(Bottleneck, [3, 8, 1, 1])
        names = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2")
        self.front = nn.Sequential(
            OrderedDict(
                **{name: getattr(whole, name) for name in names},
                pool=nn.AdaptiveAvgPool2d(FEATURES[1:]),
            )
        )
        self.head = Head(dropout)

    def forward(self, images: Tensor) -> Tensor:
        """Score images.

        Args:
            images: (n, 3, 96, 96), RGB from 0 to 1.

        Returns:
            (n,), in the unit of what the network was trained on.
        """
        scores: Tensor = self.head(self.front(images))
        return scores


class Head(nn.Module):
    """Two dense layers on standardised features, none of which counts beyond five deviations.

    Attributes:
        mean: (8192,); of each feature, over the images trained on.
        deviation: (8192,); its standard deviation over them.
        centre: What the head says where its last layer says 0.
        spread: What one unit of that layer is worth.

    Args:
        dropout: Probability with which each layer ignores one of its inputs in training.
    """

    mean: Tensor
    deviation: Tensor
    centre: Tensor
    spread: Tensor

    def __init__(self, dropout: float):
        super().__init__()
        width = int(np.prod(FEATURES))
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("deviation", torch.ones(width))
        self.register_buffer("centre", torch.zeros(()))
        self.register_buffer("spread", torch.ones(()))
        self.layers = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(width, _HIDDEN),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(_HIDDEN, 1),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Score images by their features.

        Args:
            features: (n, 512, 4, 4).

        Returns:
            (n,).
        """
        standard = (features.flatten(1) - self.mean) / self.deviation
        scores: Tensor = self.layers(standard.clamp(-_LARGEST, _LARGEST)).squeeze(1)
        return self.centre + self.spread * scores.float()

    def standardise(self, features: Tensor) -> None:
        """Take the mean and the deviation of each feature from those of the images trained on.

        Args:
            features: (n, 512, 4, 4).
        """
        self.mean.copy_(features.flatten(1).mean(0))
        # In the white corners of ovals, some features never differ.
        self.deviation.copy_(features.flatten(1).std(0).clamp(min=1e-6))


def initial(path: str | Path, dropout: float) -> FirstLayers:
    """Make what training starts from: ResMem's first layers with a fresh head.

    Args:
        path: ResMem's weights, `model.pt` of the package resmem.
        dropout: As `FirstLayers` has it.

    Returns:
        The network.

    Raises:
        MnemoError: The file is missing, damaged, or holds another network.
    """
    network = FirstLayers(dropout)
    tensors = checkpoints.tensors(path)
    wanted = network.front.state_dict()
    checkpoints.fill(
        network.front,
        {name: tensors[_PREFIX + name] for name in wanted if _PREFIX + name in tensors},
        path,
    )
    return network


def prepare(image: NDArray[np.uint8]) -> Tensor:
    """Prepare an image.

    Args:
        image: (h, w, 3), RGB from 0 to 255.

    Returns:
        (3, 96, 96), RGB from 0 to 1, without a mean taken off, as ResMem has it; the aspect ratio
        is lost.
    """
    resized = np.array(Image.fromarray(image).resize(SIZE), np.float32)
    return torch.from_numpy(resized / 255).permute(2, 0, 1)
