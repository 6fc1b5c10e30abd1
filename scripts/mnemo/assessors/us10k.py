"""VGG16, ResNet50 and SENet50 fine-tuned on the 10k US Adult Faces, as paper 1 scores with them."""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import cast

from mnemo import checkpoints
from mnemo.assessors import Preset, backbones, trained
from mnemo.assessors.backbones import Architecture, Layout, layouts
from mnemo.assessors.backbones.regressor import Regressor
from mnemo.assessors.network import NetworkScorer
from mnemo.checkpoints import Hdf5, Safetensors
from mnemo.errors import MnemoError

LOGGER = logging.getLogger(__name__)
_DROPOUT = 0.5


def load(name: str, paths: Sequence[Path], preset: Preset) -> NetworkScorer:
    """Load the authors' network, or one that Mnemo trained in its place.

    Args:
        name: Its name in the registry: the architecture, then "-us10k".
        paths: The authors' Keras `.h5`, of a whole model or of weights; or Mnemo's safetensors.
        preset: Makes no difference: a network sees what it was trained on.

    Returns:
        The assessor; its scores are hit rates, or these minus false-alarm rates, whichever the
        file was trained on. Nothing bounds them.

    Raises:
        MnemoError: The file is missing, damaged, or holds another network.
    """
    path = paths[0]
    architecture = cast(Architecture, name.removesuffix("-us10k"))
    content = checkpoints.read(path)
    if isinstance(content, Safetensors):
        if (found := trained.card(path).architecture) != architecture:
            raise MnemoError(f"{path} holds a {found}, and {name} is a {architecture}")
        return trained.load(name, paths, preset)
    if not isinstance(content, Hdf5):
        raise MnemoError(
            f"{path} is neither the authors' Keras file (.h5) nor one that Mnemo trained "
            "(.safetensors): `snakemake train` makes an assessor of a face-recognition network"
        )
    network = backbones.build(architecture, "keras", _DROPOUT)
    try:
        parts = layouts.keras(architecture, content)
        head = layouts.head(parts, network.head.in_features)
    except MnemoError as why:
        raise MnemoError(
            f"{path} is not the authors' {architecture}: {why}. docs/weights.md says how to get it."
        ) from why
    checkpoints.fill(network.backbone, parts.backbone, path)
    checkpoints.fill(network.head, head, path)
    _tell(path, parts.unused)
    return NetworkScorer(network, backbones.prepare(architecture, "faithful"), name)


def initial(architecture: Architecture, path: str | Path, dropout: float = _DROPOUT) -> Regressor:
    """Make what training starts from: a network that recognises faces, with a fresh head.

    Args:
        architecture: Which network.
        path: Its weights: keras-vggface's `.h5`, for VGG16 with its classifier, on whose logits
            the head sits; or VGGFace2-pytorch's `.pkl`.
        dropout: Probability with which the head ignores each of its inputs in training.

    Returns:
        The network, built for the layout of its file.

    Raises:
        MnemoError: The file is missing, damaged, or holds another network.
    """
    content = checkpoints.read(path)
    try:
        state, unused = layouts.recognition(architecture, content)
    except MnemoError as why:
        raise MnemoError(
            f"{path} can't be what a {architecture} starts from: {why}. Use keras-vggface's .h5, "
            "of a vgg16 the one with its classifier, or VGGFace2-pytorch's .pkl"
        ) from why
    layout: Layout = "keras" if isinstance(content, Hdf5) else "caffe"
    network = backbones.build(architecture, layout, dropout)
    checkpoints.fill(network.backbone, state, path)
    _tell(path, unused)
    return network


def _tell(path: str | Path, unused: Iterable[str]) -> None:
    if names := ", ".join(unused):
        LOGGER.info("%s has tensors that are not needed: %s", path, names)
