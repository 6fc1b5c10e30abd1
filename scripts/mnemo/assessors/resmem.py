"""ResMem: an image's hit rate in a memory game, predicted as in Needell & Bainbridge 2022."""

from collections.abc import Sequence
from pathlib import Path

from torchvision.models import resnet152

from mnemo import checkpoints, networks
from mnemo.assessors import Preset
from mnemo.assessors.memorability import MemorabilityNetwork, placed, prepare
from mnemo.assessors.network import NetworkScorer


def load(name: str, paths: Sequence[Path], preset: Preset) -> NetworkScorer:
    """Load ResMem.

    Args:
        name: Its name in the registry.
        paths: `model.pt` of the package resmem.
        preset: Has no effect.

    Returns:
        The assessor; its scores are hit rates from 0 to 1.

    Raises:
        MnemoError: The file is missing or holds another network.
    """
    # The dense layers receive the ResNet's 1000 ImageNet class scores, not its pooled features.
    network = networks.unfilled(lambda: MemorabilityNetwork(resnet152(weights=None), width=1000))
    checkpoints.fill(network, checkpoints.tensors(paths[0]), paths[0])
    return NetworkScorer(network, prepare, "ResMem", placed)
