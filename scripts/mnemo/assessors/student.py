"""The student: what ResMem says of a generated face, said many times as fast.

Its first layers are ResMem's; its head, which `studies/student.yaml` trains, comes with Mnemo.
"""

from collections.abc import Sequence
from pathlib import Path

from mnemo.assessors import Preset, trained
from mnemo.assessors.network import NetworkScorer


def load(name: str, paths: Sequence[Path], preset: Preset) -> NetworkScorer:
    """Load the student, or one that a study trained in its place.

    Args:
        name: Its name in the registry.
        paths: Its head's weights; and ResMem's, `model.pt` of the package resmem.
        preset: Makes no difference.

    Returns:
        The assessor; its scores are ResMem's hit rates, as far as it can predict them. Nothing
        bounds them.

    Raises:
        MnemoError: A file is missing, damaged, or holds another network.
    """
    return trained.load(name, paths, preset, "resnet152-layer2")
