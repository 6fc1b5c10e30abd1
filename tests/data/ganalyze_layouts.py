"""Write GANalyze's assessors with random weights, as their publishers' files have them.

Names and shapes are described in LoreGoetschalckx/GANalyze (tensorflow/assessors/memnet.py and
aestheticsnet.py, pytorch/assessors/emonet.py) and in andrewrkeyes/Memnet-Pytorch (models.py and
main.py).
"""

import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.io import savemat
from torch import Tensor
from torchvision.models import resnet50

State = dict[str, Tensor]
Shapes = dict[str, tuple[int, ...]]

#: Outputs of each dense layer of the published networks.
WIDTH = 4096
_CONVOLUTIONS = {
    "conv1": (96, 3, 11, 11),
    "conv2": (256, 48, 5, 5),
    "conv3": (384, 256, 3, 3),
    "conv4": (384, 192, 3, 3),
    "conv5": (256, 192, 3, 3),
}
_ATTRIBUTES = (
    "BalancingElement",
    "ColorHarmony",
    "Content",
    "DoF",
    "Light",
    "MotionBlur",
    "Object",
    "Repetition",
    "RuleOfThirds",
    "Symmetry",
    "VividColor",
)


def memnet_shapes(width: int = WIDTH) -> Shapes:
    """List the shapes of MemNet's weights, by GANalyze's names; biases are as long as the first."""
    return {**_trunk(width), "fc8": (1, width)}


def aestheticsnet_shapes(width: int = WIDTH) -> Shapes:
    """List the shapes of AestheticsNet's weights; biases are as long as the first."""
    shapes = {**_trunk(width), "fc8_new": (512, width)}
    for attribute in _ATTRIBUTES:
        shapes[f"fc8_{attribute}"] = (256, width)
        shapes[f"fc9_{attribute}"] = (1, 256)
    return {**shapes, "fc10_Merge": (128, 3328), "fc11_score": (1, 128)}


def memnet(width: int, seed: int = 0) -> State:
    """Draw MemNet's tensors, by GANalyze's names.

    Args:
        width: Outputs of each dense layer.
        seed: Of all values.

    Returns:
        The tensors; they keep activations at the size of their input, and scores near MemNet's
        mean of 0.76.
    """
    state = _drawn(memnet_shapes(width), seed)
    state["fc8.weight"] /= 1000
    state["fc8.bias"][:] = 0.76
    return state


def aestheticsnet(width: int, seed: int = 0) -> State:
    """Draw AestheticsNet's tensors.

    Args:
        width: Outputs of each dense layer of the trunk.
        seed: Of all values.

    Returns:
        The tensors by name.
    """
    return _drawn(aestheticsnet_shapes(width), seed)


def emonet(seed: int = 0) -> State:
    """Draw EmoNet's tensors, by torchvision's names.

    Args:
        seed: Of all values.

    Returns:
        The tensors.
    """
    random = torch.Generator().manual_seed(seed)
    state = resnet50(weights=None, num_classes=1).state_dict()
    for name, tensor in state.items():
        if tensor.ndim > 1:
            fan_in = tensor[0].numel()
            tensor.normal_(0, (2 / fan_in) ** 0.5, generator=random)
        elif name.endswith("running_var"):
            tensor.uniform_(0.5, 2, generator=random)
        elif name.endswith(("bias", "running_mean")):
            tensor.normal_(0, 0.1, generator=random)
        elif name.endswith("bn3.weight"):
            tensor.fill_(0.3)  # or the sums over blocks would grow
    return state


def write_ganalyze(path: Path, state: State) -> Path:
    """Write a pickle of tensors by name as torch of before 1.0 did, a number at a time.

    That is what the published files' sizes say: 9 bytes a number and 2 a thousand.

    Args:
        path: Where it goes.
        state: The tensors.

    Returns:
        The path.
    """
    with path.open("wb") as file:
        pickle.dump({name: _Old(tensor) for name, tensor in state.items()}, file, protocol=2)
    return path


def write_memnet_pytorch(path: Path, state: State) -> Path:
    """Write andrewrkeyes's checkpoint of MemNet.

    Args:
        path: Where it goes.
        state: MemNet's tensors, by GANalyze's names.

    Returns:
        The path.
    """
    renamed = {name.replace("fc8.", "fc8_euclidean."): tensor for name, tensor in state.items()}
    torch.save({"state_dict": renamed}, path, _use_new_zipfile_serialization=False)
    return path


def write_emonet(path: Path, state: State) -> Path:
    """Write EmoNet's checkpoint, of a network in two wrappers.

    Args:
        path: Where it goes.
        state: The tensors, by torchvision's names.

    Returns:
        The path.
    """
    wrapped = {
        f"module.model.{name.replace('fc.', 'last_linear.')}": tensor
        for name, tensor in state.items()
    }
    content = {"epoch": 5, "arch": "resnet50", "state_dict": wrapped, "best_prec1": torch.ones(1)}
    torch.save(content, path, _use_new_zipfile_serialization=False)
    return path


def mean_image(seed: int = 0) -> NDArray[np.float32]:
    """Draw a mean image whose every number matters.

    Args:
        seed: Of all values.

    Returns:
        (256, 256, 3), BGR from 0 to 255; channels differ as MemNet's do.
    """
    noise = np.random.default_rng(seed).normal(size=(256, 256, 3), scale=10)
    return (noise + np.array([104.917, 114.780, 118.355])).astype(np.float32)


def write_mean_mat(path: Path, mean: NDArray[np.float32]) -> Path:
    """Write a mean image as GANalyze's `memnet_mean.mat`.

    Args:
        path: Where it goes.
        mean: The image.

    Returns:
        The path.
    """
    savemat(path, {"image_mean": mean}, do_compression=True)
    return path


class _Old:
    def __init__(self, tensor: Tensor):
        self.tensor = tensor

    def __reduce__(self) -> tuple[Any, ...]:
        storage = _OldStorage(self.tensor.flatten().tolist())
        view = (0, tuple(self.tensor.shape), self.tensor.stride())
        return torch._utils._rebuild_tensor_v2, (storage, *view, False, OrderedDict())


class _OldStorage:
    def __init__(self, numbers: list[float]):
        self.numbers = numbers

    def __reduce__(self) -> tuple[Any, ...]:
        return torch.FloatStorage, (self.numbers,)


def _trunk(width: int) -> Shapes:
    return {**_CONVOLUTIONS, "fc6": (width, 9216), "fc7": (width, width)}


def _drawn(shapes: Shapes, seed: int) -> State:
    random = torch.Generator().manual_seed(seed)
    state = {}
    for name, shape in shapes.items():
        fan_in = int(np.prod(shape[1:]))
        state[f"{name}.weight"] = torch.randn(shape, generator=random) * (2 / fan_in) ** 0.5
        state[f"{name}.bias"] = torch.randn(shape[0], generator=random)
    return state
