"""Assessors: what each can do, and how to load one.

An assessor is one file in this package and one entry in its registry.
This module imports nothing heavy, because it comes with the registry, which the Snakefile reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from mnemo.assessors.registry import entry
from mnemo.errors import MnemoError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Preset = Literal["corrected", "faithful"]


class Scorer(Protocol):
    """What every loaded assessor can do.

    One whose entry in the registry is differentiable is an `assessors.network.NetworkScorer`, whose
    network gives scores with gradients.
    """

    def score(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Score images.

        Args:
            images: Each (height, width, 3), RGB; they may differ in size.

        Returns:
            (n,), each from `low` to `high` of the assessor's entry in the registry. An image's
            score does not depend on the images beside it.
        """


def load(name: str, *paths: str | Path, preset: Preset = "corrected") -> Scorer:
    """Load an assessor.

    Args:
        name: One of `registry.ASSESSORS` that has a module; any other name is that of an assessor
            that Mnemo trained.
        paths: Its weights files, in the order of its entry.
        preset: Which of the entry's two ways to prepare images and read the output.

    Returns:
        The assessor, on the best device of this machine.

    Raises:
        MnemoError: The name is that of a difference, or a file is not that assessor's.
    """
    known = entry(name)
    if known.parts:
        minuend, subtrahend = known.parts
        raise MnemoError(
            f"{name!r} has no network of its own: score with {minuend!r} and {subtrahend!r}, and "
            "subtract"
        )
    module = import_module(known.module)
    return module.load(name, tuple(map(Path, paths)), preset)  # type: ignore[no-any-return]
