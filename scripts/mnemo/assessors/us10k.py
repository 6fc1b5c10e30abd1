"""VGG16, ResNet50 and SENet50 fine-tuned on the 10k US Adult Faces, as paper 1 scores with them."""

from collections.abc import Sequence
from pathlib import Path

from mnemo import checkpoints
from mnemo.assessors import Preset, backbones, trained
from mnemo.assessors.backbones import layouts
from mnemo.assessors.network import NetworkScorer
from mnemo.checkpoints import Hdf5, Safetensors
from mnemo.errors import MnemoError

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
    architecture = name.removesuffix("-us10k")
    content = checkpoints.read(path)
    if isinstance(content, Safetensors):
        return trained.load(name, paths, preset, architecture)
    if not isinstance(content, Hdf5):
        raise MnemoError(
            f"{path} is neither the authors' Keras file (.h5) nor one that Mnemo trained "
            "(.safetensors): `snakemake train` makes an assessor of a face-recognition network"
        )
    published = backbones.module(architecture).NETWORK
    network = published.build("keras", _DROPOUT)
    try:
        parts = layouts.keras(published.names, content)
        head = layouts.head(parts, network.head.in_features)
    except MnemoError as why:
        raise MnemoError(
            f"{path} is not the authors' {architecture}: {why}. docs/weights.md says how to get it."
        ) from why
    checkpoints.fill(network.backbone, parts.backbone, path)
    checkpoints.fill(network.head, head, path)
    layouts.log_unused(path, parts.unused)
    prepare = backbones.prepare(architecture, "faithful")
    return NetworkScorer(network, prepare, name, backbones.tensors(architecture, "faithful"))
