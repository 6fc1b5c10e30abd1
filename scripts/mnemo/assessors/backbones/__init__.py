"""Backbones: the networks that a study can train, each in a file of its own.

This module imports nothing heavy, because it comes with the registry, which the Snakefile reads.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mnemo.assessors.backbones.registry import NETWORKS

if TYPE_CHECKING:
    from torch import Tensor, nn

    from mnemo.assessors import Preset
    from mnemo.networks import Prepare

#: Whose conversion of the published Caffe networks a file is of, rcmalli/keras-vggface or
#: cydonia999/VGGFace2-pytorch, which is true to Caffe. The same tensors give other numbers in the
#: other's network.
Layout = Literal["keras", "caffe"]


def build(architecture: str, layout: Layout | None = None, dropout: float = 0.0) -> nn.Module:
    """Build a network with a head that gives one score, with random weights.

    Args:
        architecture: One of `registry.NETWORKS`.
        layout: Whose a face-recognition network is, down to its padding, pooling and batch norms;
            it makes no difference to VGG16. None for the other networks.
        dropout: Probability with which the head ignores each of its inputs in training.

    Returns:
        The network, which maps (n, 3, height, width), from `prepare`, to (n,).

    Raises:
        ValueError: A face-recognition network comes without its layout.
    """
    return module(architecture).build(layout, dropout)  # type: ignore[no-any-return]


def prepare(architecture: str, preset: Preset) -> Prepare:
    """Choose how an image becomes a network's input.

    Args:
        architecture: One of `registry.NETWORKS`.
        preset: For a face-recognition network, `faithful` for what paper 1's authors gave it, RGB
            from 0 to 255; `corrected` for what it was trained on to recognise faces, BGR less the
            mean colour. The others have one way.

    Returns:
        What maps an image, (h, w, 3), RGB from 0 to 255, to (3, height, width), float32.
    """
    return module(architecture).prepare(preset)  # type: ignore[no-any-return]


def tensors(architecture: str, preset: Preset) -> Callable[[Tensor], Tensor]:
    """Choose how images with a gradient become a network's input.

    Args:
        architecture: One of `registry.NETWORKS`.
        preset: As for `prepare`.

    Returns:
        What maps images, (n, 3, h, w), RGB from 0 to 1, to what `prepare` makes of each, without
        rounding to 8 bits.
    """
    return module(architecture).tensors(preset)  # type: ignore[no-any-return]


def initial(architecture: str, path: Path | None, dropout: float = 0.0) -> nn.Module:
    """Make what training starts from: a network with a fresh head.

    Args:
        architecture: One of `registry.NETWORKS`.
        path: The weights that it starts from; None for a network that starts from nothing.
        dropout: As for `build`.

    Returns:
        The network.

    Raises:
        MnemoError: The file is missing, damaged, or holds another network.
    """
    return module(architecture).initial(path, dropout)  # type: ignore[no-any-return]


def module(architecture: str) -> Any:
    """Import the file of a network.

    Args:
        architecture: One of `registry.NETWORKS`.

    Returns:
        The module.
    """
    return import_module(NETWORKS[architecture].module)
