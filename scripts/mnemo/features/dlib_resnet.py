"""dlib's ResNet of 29 layers for faces, in PyTorch.

King, `dlib_face_recognition_resnet_model_v1`, dlib-models, 2017: a ResNet-34 (He et al., "Deep
residual learning for image recognition", CVPR 2016) with fewer layers and half as many filters,
whose architecture is in dlib's `tools/python/src/face_recognition.cpp`. It differs from usual
ResNets where it makes an image smaller: its convolutions have no padding there, and its shortcuts
are average pooling. As these and the convolutions then differ in shape, the smaller one is filled
up with zeros at its end.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mnemo import checkpoints, networks
from mnemo.checkpoints import dlib_networks
from mnemo.checkpoints.dlib_networks import TAG
from mnemo.errors import AGAIN, MnemoError

#: Side in pixels of the network's input, and numbers of its output.
SIZE = 150
DIM = 128
#: Mean of the network's input, RGB from 0 to 255, which it gets less this and divided by `SCALE`.
MEAN = (122.782, 117.001, 104.298)
SCALE = 256

# A layer's kind, settings and number of weights.
_Described: TypeAlias = tuple[str, tuple[float, ...], int]
_RELU: _Described = ("relu_", (), 0)
_TAGGED: _Described = (TAG, (), 0)
# dlib's `FC_NO_BIAS` and `CONV_MODE`.
_WITHOUT_BIAS = 1
_BY_CHANNEL = 0

_STEM = 32
# Filters of each residual block; it makes the image smaller where there are more than before, and
# the last one does too.
_FILTERS = (*[32] * 3, *[64] * 4, *[128] * 3, *[256] * 4)


class Resnet(nn.Module):
    """The network, its affine layers folded into the convolutions before them."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, _STEM, 7, 2)
        widths = list(pairwise((_STEM, *_FILTERS)))
        last = len(widths) - 1
        self.blocks = nn.Sequential(
            *(_Block(*width, width[0] < width[1] or i == last) for i, width in enumerate(widths))
        )
        self.head = nn.Linear(_FILTERS[-1], DIM, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        """Embed faces.

        Args:
            images: (n, 3, SIZE, SIZE), RGB, less `MEAN` and divided by `SCALE`.

        Returns:
            (n, DIM).
        """
        small = functional.max_pool2d(functional.relu_(self.stem(images)), 3, 2)
        return self.head(self.blocks(small).mean((2, 3)))  # type: ignore[no-any-return]


class _Block(nn.Module):
    def __init__(self, before: int, filters: int, smaller: bool):
        super().__init__()
        stride, padding = (2, 0) if smaller else (1, 1)
        self.first = nn.Conv2d(before, filters, 3, stride, padding)
        self.second = nn.Conv2d(filters, filters, 3, padding=1)
        self.smaller = smaller

    def forward(self, images: Tensor) -> Tensor:
        found = self.second(functional.relu_(self.first(images)))
        if self.smaller:
            images = functional.avg_pool2d(images, 2)
            rest = images.shape[-1] - found.shape[-1]
            found = functional.pad(found, (0, rest, 0, rest))
            images = functional.pad(images, (0, 0, 0, 0, 0, found.shape[1] - images.shape[1]))
        return functional.relu_(found.add_(images))


def load(path: Path) -> nn.Module:
    """Read the network with its weights.

    Args:
        path: dlib's `dlib_face_recognition_resnet_model_v1.dat`.

    Returns:
        A `Resnet`, on the CPU.

    Raises:
        MnemoError: The file is missing or damaged, or holds another network.
    """
    layers = dlib_networks.load(path)
    network = networks.unfilled(Resnet)
    stored = [(layer.kind, layer.settings, layer.weights.size) for layer in layers]
    if stored != list(_expected(network)):
        raise MnemoError(f"{path} holds another network than dlib's ResNet for faces. {AGAIN}")
    weights = iter(
        torch.from_numpy(layer.weights.astype(np.float64)) for layer in layers if layer.weights.size
    )
    state = {}
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            filters, bias = next(weights).tensor_split([module.weight.numel()])
            scale, shift = next(weights).tensor_split(2)
            filters = filters.reshape(module.weight.shape) * scale[:, None, None, None]
            state[f"{name}.weight"] = filters
            state[f"{name}.bias"] = scale * bias + shift
    state["head.weight"] = next(weights).reshape(-1, DIM).T
    checkpoints.fill(network, state, path)
    return network


def _expected(network: nn.Module) -> Iterator[_Described]:
    """Describe the layers of dlib's file."""
    stem, *_ = (each for each in network.modules() if isinstance(each, nn.Conv2d))
    blocks = (each for each in network.modules() if isinstance(each, _Block))
    yield "input_rgb_image_sized", (*np.array(MEAN, np.float32).tolist(), SIZE, SIZE), 0
    yield from _convolution(stem)
    yield _RELU
    yield "max_pool_2", (3, 3, 2, 2, 0, 0), 0
    for block in blocks:
        yield _TAGGED
        yield from _convolution(block.first)
        yield _RELU
        yield from _convolution(block.second)
        if block.smaller:
            yield from (_TAGGED, _TAGGED)
            yield "avg_pool_2", (2, 2, 2, 2, 0, 0), 0
        yield "add_prev_", (), 0
        yield _RELU
    yield "avg_pool_2", (0, 0, 1, 1, 0, 0), 0
    yield "fc_2", (DIM, _FILTERS[-1], _WITHOUT_BIAS), DIM * _FILTERS[-1]
    yield "loss_metric_2", (), 0


def _convolution(layer: nn.Conv2d) -> Iterator[_Described]:
    """Describe a convolution and the affine layer after it."""
    settings = (layer.out_channels, *layer.kernel_size, *layer.stride, *layer.padding)
    yield "con_4", settings, layer.weight.numel() + layer.out_channels
    yield "affine_", (_BY_CHANNEL,), 2 * layer.out_channels
