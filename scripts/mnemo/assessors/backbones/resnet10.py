"""A small residual network, which learns a larger assessor's scores from random weights."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from mnemo.assessors import Preset
from mnemo.assessors.backbones import Layout
from mnemo.assessors.backbones.centred import Centred
from mnemo.assessors.tensors import LEVELS, resized
from mnemo.networks import Prepare

#: Height and width of the network's input.
SIZE = (64, 64)
_WIDTHS = (16, 32, 64, 128)


class ResNet10(Centred):
    """A residual network (He et al. 2016) of ten layers.

    Args:
        dropout: Probability with which the last layer ignores one of its inputs in training.
    """

    def __init__(self, dropout: float):
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, _WIDTHS[0], 5, stride=2, padding=2, bias=False)]
        layers += [nn.BatchNorm2d(_WIDTHS[0]), nn.ReLU()]
        for before, width in zip((_WIDTHS[0], *_WIDTHS), _WIDTHS, strict=False):
            layers.append(_Block(before, width, stride=1 if before == width else 2))
        self.backbone = nn.Sequential(*layers)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(_WIDTHS[-1], 1)

    def forward(self, images: Tensor) -> Tensor:
        """Score images.

        Args:
            images: (n, 3, 64, 64), RGB from 0 to 255.

        Returns:
            (n,), in the unit of what the network was trained on.
        """
        features = self.backbone((images - 127.5) / 64).mean((2, 3))
        scores: Tensor = self.head(self.dropout(features)).squeeze(1)
        return self.scaled(scores)


class _Block(nn.Module):
    """Two convolutions and what they add to."""

    def __init__(self, before: int, width: int, stride: int):
        super().__init__()
        self.added = nn.Sequential(
            nn.Conv2d(before, width, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )
        self.kept = nn.Sequential()
        if before != width:
            self.kept.append(nn.Conv2d(before, width, 1, stride, bias=False))
            self.kept.append(nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.added(x) + self.kept(x))


def build(layout: Layout | None, dropout: float) -> ResNet10:
    """Build the network, with random weights; see `backbones.build`."""
    return ResNet10(dropout)


def initial(path: Path | None, dropout: float) -> ResNet10:
    """Make what training starts from, which is nothing; see `backbones.initial`."""
    return ResNet10(dropout)


def prepare(preset: Preset) -> Prepare:
    """Choose how an image becomes its input, for which there is one way."""
    return prepare_image


def prepare_image(image: NDArray[np.uint8]) -> Tensor:
    """Prepare an image.

    Args:
        image: (h, w, 3), RGB from 0 to 255.

    Returns:
        (3, 64, 64), RGB from 0 to 255; the aspect ratio is lost.
    """
    resized = np.array(Image.fromarray(image).resize(SIZE), np.float32)
    return torch.from_numpy(resized).permute(2, 0, 1)


def tensors(preset: Preset) -> Callable[[Tensor], Tensor]:
    """Choose how images with a gradient become its input, for which there is one way."""
    return prepare_tensors


def prepare_tensors(images: Tensor) -> Tensor:
    """Do what `prepare_image` does to a batch with a gradient.

    Args:
        images: (n, 3, h, w), RGB from 0 to 1.

    Returns:
        (n, 3, 64, 64), RGB from 0 to 255.
    """
    return LEVELS * resized(images, SIZE)
