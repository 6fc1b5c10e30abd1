"""The layouts in which users hold face-recognition networks, brought to the backbones' own names.

Keras's layers are named in rcmalli/keras-vggface (models.py), and how Keras lists them in a file in
keras-team/keras (legacy/saving/legacy_h5_format.py); cydonia's tensors in
cydonia999/VGGFace2-pytorch (models/resnet.py, models/senet.py).
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

import numpy as np
import torch
from torch import Tensor

from mnemo.checkpoints import Hdf5
from mnemo.errors import MnemoError

LOGGER = logging.getLogger(__name__)
# What each of a layer's tensors is in PyTorch, in Keras's order: of a convolution or dense layer
# the first two, of a batch norm all.
_TENSORS = ("weight", "bias", "running_mean", "running_var")
#: The layer that tells identities apart, which only recognition needs.
_CLASSIFIER = "classifier"


class Flattened(NamedTuple):
    """A dense layer whose inputs are the places and channels of a convolution's output.

    Attributes:
        layer: Keras's name of it.
        weight: The backbone's own name of its weight.
        channels: The convolution's channels.
        side: Its rows, and its columns.
    """

    layer: str
    weight: str
    channels: int
    side: int


class Names(NamedTuple):
    """How published files name what is in a face-recognition network.

    Attributes:
        architecture: The network.
        keras: The backbone's own name of each layer with weights, by keras-vggface's.
        cydonia: Maps VGGFace2-pytorch's name of a tensor to the backbone's own; None where that
            project has no such network.
        flattened: Its first dense layer, if it has one before its end.
    """

    architecture: str
    keras: Mapping[str, str]
    cydonia: Callable[[str], str] | None
    flattened: Flattened | None = None


class KerasParts(NamedTuple):
    """What a Keras file holds of a backbone, and beside it.

    Attributes:
        backbone: Tensors by the backbone's own names.
        others: By layer, the tensors of layers that the backbone has not, in their order.
        unused: Names in the file of what no score depends on, such as an optimizer's state.
    """

    backbone: Mapping[str, Tensor]
    others: Mapping[str, tuple[Tensor, ...]]
    unused: tuple[str, ...]


def keras(published: Names, content: Hdf5) -> KerasParts:
    """Take a Keras file apart, of a whole model (`model.save`) or of weights (`save_weights`).

    Args:
        published: The names of the backbone that it must hold.
        content: The file's content.

    Returns:
        Its parts.

    Raises:
        MnemoError: It is no Keras file, a layer of the backbone is missing, or there is an array
            that belongs to no layer. The message lacks the file's path.
    """
    root = "model_weights" if "model_weights" in content.attributes else ""
    layers = {layer: _tensors(content, root, layer) for layer in _listed(content, root)}
    layers = {layer: tensors for layer, tensors in layers.items() if tensors}
    names = published.keras
    if missing := names.keys() - layers.keys():
        raise MnemoError(f"it lacks the layers {_few(missing)} of a {published.architecture}")
    used = {name for tensors in layers.values() for name in tensors}
    left = content.arrays.keys() - used
    unused = sorted(name for name in left if name.startswith("optimizer_weights/"))
    if unknown := left - set(unused):
        raise MnemoError(f"it has arrays of no layer: {_few(unknown)}")
    backbone = {
        f"{own}.{part}": tensor
        for layer, own in names.items()
        for part, tensor in zip(_parts(layer, layers[layer]), layers[layer].values(), strict=True)
    }
    if dense := published.flattened:
        backbone[dense.weight] = _channels_first(backbone[dense.weight], dense)
    others = {layer: tuple(layers[layer].values()) for layer in layers if layer not in names}
    return KerasParts(backbone, others, tuple(unused))


def head(parts: KerasParts, width: int) -> dict[str, Tensor]:
    """Find the dense layer that gives the score, whatever it is called.

    Args:
        parts: Of the file.
        width: The number of the backbone's outputs.

    Returns:
        Its `weight`, (1, width), and `bias`, (1,).

    Raises:
        MnemoError: The file has no such layer, or more layers beside the backbone. The message
            lacks the file's path.
    """
    shapes = {
        layer: [tuple(tensor.shape) for tensor in tensors]
        for layer, tensors in parts.others.items()
    }
    if list(shapes.values()) != [[(1, width), (1,)]]:
        raise MnemoError(
            f"beside its backbone it has {_few(shapes) or 'no layer'}, in place of one dense "
            f"layer with {width} inputs and one output"
        )
    (tensors,) = parts.others.values()
    return dict(zip(_TENSORS, tensors, strict=False))


def recognition(published: Names, content: Any) -> tuple[Mapping[str, Tensor], tuple[str, ...]]:
    """Take a published face-recognition network apart: keras-vggface's `.h5`, or cydonia's `.pkl`.

    Args:
        published: The names of the backbone that it must hold.
        content: The file's content.

    Returns:
        Tensors by the backbone's own names, and the file's names of what is not needed.

    Raises:
        MnemoError: It is neither, or is damaged. The message lacks the file's path.
    """
    if isinstance(content, Hdf5):
        parts = keras(published, content)
        if beyond := parts.others.keys() - {_CLASSIFIER}:
            raise MnemoError(
                f"it has the layers {_few(beyond)}, which no published network has: initial "
                "weights come from one that recognises faces"
            )
        return parts.backbone, (*parts.others, *parts.unused)
    if not is_cydonia(content):
        raise MnemoError("it is neither keras-vggface's .h5 nor VGGFace2-pytorch's .pkl")
    if published.cydonia is None:
        raise MnemoError(f"VGGFace2-pytorch has no {published.architecture}: use keras-vggface's")
    unused = tuple(name for name in content if name.startswith("fc."))
    tensors = {
        published.cydonia(name): torch.from_numpy(value).float()
        for name, value in content.items()
        if name not in unused
    }
    return tensors, unused


def is_cydonia(content: Any) -> TypeGuard[Mapping[str, np.ndarray[Any, Any]]]:
    """Return whether the content of a file is a dict of arrays, as VGGFace2-pytorch's are."""
    return isinstance(content, dict) and all(
        isinstance(name, str) and isinstance(value, np.ndarray) for name, value in content.items()
    )


def log_unused(path: str | Path, unused: Iterable[str]) -> None:
    """Log which tensors of a file no score depends on.

    Args:
        path: The file.
        unused: Their names in it.
    """
    if names := ", ".join(unused):
        LOGGER.info("%s has tensors that are not needed: %s", path, names)


def _listed(content: Hdf5, root: str) -> list[str]:
    """List the names of a Keras file's layers."""
    try:
        return content.attributes[root]["layer_names"]
    except KeyError:
        raise MnemoError("it has no list of layers (layer_names), as Keras writes it") from None


def _tensors(content: Hdf5, root: str, layer: str) -> dict[str, Tensor]:
    """Give a layer's tensors by their names in the file, turned as PyTorch has them."""
    group = f"{root}/{layer}".lstrip("/")
    names = content.attributes.get(group, {}).get("weight_names", [])
    paths = [f"{group}/{name}" for name in names]
    if missing := set(paths) - content.arrays.keys():
        raise MnemoError(f"it lacks {_few(missing)}, which it lists")
    return {path: _turned(torch.from_numpy(content.arrays[path]).float()) for path in paths}


def _turned(value: Tensor) -> Tensor:
    """Put dimensions in PyTorch's order: Keras has inputs, then outputs, after height and width."""
    order = {2: (1, 0), 4: (3, 2, 0, 1)}.get(value.ndim)
    return value if order is None else value.permute(order).contiguous()


def _channels_first(weight: Tensor, dense: Flattened) -> Tensor:
    """Sort the inputs of a dense layer as PyTorch flattens what comes before it."""
    inputs = dense.channels * dense.side**2
    if weight.ndim != 2 or weight.shape[1] != inputs:
        raise MnemoError(f"its layer {dense.layer} is not one of {inputs} inputs")
    by_place = weight.view(-1, dense.side, dense.side, dense.channels)
    return by_place.permute(0, 3, 1, 2).reshape(-1, inputs)


def _parts(layer: str, tensors: Mapping[str, Tensor]) -> tuple[str, ...]:
    """Return names for a layer's tensors as PyTorch does."""
    if len(tensors) > len(_TENSORS):
        raise MnemoError(f"its layer {layer} has {len(tensors)} arrays: {_few(tensors)}")
    return _TENSORS[: len(tensors)]


def _few(names: Any) -> str:
    """List names, the first of them if they are many."""
    listed = sorted(names)
    return ", ".join(listed[:5]) + (f" and {len(listed) - 5} more" if len(listed) > 5 else "")
