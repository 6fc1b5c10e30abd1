"""Backbones: the face-recognition networks that the papers' assessors are fine-tuned from.

This module imports nothing heavy, so that whoever only names an architecture needs no PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from mnemo.assessors import Preset
    from mnemo.assessors.backbones.regressor import Regressor

Architecture = Literal["vgg16", "resnet50", "senet50"]
#: Whose conversion of the published Caffe networks a file is of, rcmalli/keras-vggface or
#: cydonia999/VGGFace2-pytorch, which is true to Caffe. The same tensors give other numbers in the
#: other's network.
Layout = Literal["keras", "caffe"]


def build(architecture: Architecture, layout: Layout, dropout: float) -> Regressor:
    """Build a backbone with a head that gives one score, with random weights.

    Args:
        architecture: VGG16 of VGGFace, or ResNet50 or SENet50 of VGGFace2.
        layout: Whose network it is, down to its padding, pooling and batch norms; it makes no
            difference to VGG16.
        dropout: Probability with which the head ignores each of the backbone's outputs in training.

    Returns:
        The network, which maps (n, 3, 224, 224), from `prepare`, to (n,).
    """
    module = import_module(f"{__name__}.{architecture}")
    regressor = import_module(f"{__name__}.regressor")
    return regressor.Regressor(  # type: ignore[no-any-return]
        module.build(layout), module.WIDTH, architecture, layout, dropout
    )


def prepare(architecture: Architecture, preset: Preset) -> Callable[[NDArray[np.uint8]], Tensor]:
    """Tell how an image becomes a backbone's input.

    Args:
        architecture: The backbone.
        preset: `faithful` for what paper 1's authors gave it, RGB from 0 to 255; `corrected` for
            what it was trained on to recognise faces, BGR less the mean colour.

    Returns:
        What maps an image, (h, w, 3), RGB from 0 to 255, to (3, 224, 224), float32.
    """
    preparation = import_module(f"{__name__}.preparation")
    return preparation.preparation(architecture, preset)  # type: ignore[no-any-return]
