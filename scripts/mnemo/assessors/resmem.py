"""ResMem: an image's hit rate in a memory game, as Needell & Bainbridge 2022 predict it."""

from pathlib import Path

from torchvision.models import resnet152

from mnemo import checkpoints
from mnemo.assessors.memorability import MemorabilityNetwork, NetworkScorer


def load(path: Path) -> NetworkScorer:
    """Load ResMem.

    Args:
        path: `model.pt` of the package resmem.

    Returns:
        The assessor; its scores are hit rates from 0 to 1.

    Raises:
        MnemoError: The file is missing or holds another network.
    """
    # The dense layers see the ResNet's 1000 ImageNet class scores, not its pooled features.
    network = MemorabilityNetwork(resnet152(weights=None), width=1000)
    checkpoints.fill(network, checkpoints.tensors(path), path)
    return NetworkScorer(network, "ResMem")
