"""Assessors: their interface, and loading one.

An assessor is one file in this package and one entry in its registry. This module imports nothing
heavy, because importing the registry, as the Snakefile does, imports this module too.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from mnemo.assessors.registry import entry
from mnemo.errors import MnemoError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

Preset = Literal["corrected", "faithful"]


class Scorer(Protocol):
    """The interface of every loaded assessor.

    An assessor whose registry entry is differentiable is a `Differentiable` one too.
    """

    def score(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Score images.

        Args:
            images: Each (height, width, 3), RGB; their sizes may differ.

        Returns:
            (n,), each from `low` to `high` of the assessor's registry entry. An image's score does
            not depend on the other images.
        """


@runtime_checkable
class Differentiable(Scorer, Protocol):
    """An assessor whose scores have a gradient."""

    def differentiable(self, images: Tensor, clipped: bool = True) -> Tensor:
        """Compute what `score` gives without rounding images to 8 bits, with a gradient to them.

        Args:
            images: (n, 3, height, width), RGB from -1 to 1, as from a generator's `differentiable`.
            clipped: Whether the scores are clipped where those of `score` are.

        Returns:
            (n,).
        """


def load(name: str, *paths: str | Path, preset: Preset = "corrected") -> Scorer:
    """Load an assessor.

    Args:
        name: A key of `registry.ASSESSORS` whose entry has a module; any other name refers to an
            assessor trained by Mnemo.
        paths: Its weights files, in the order of its registry entry.
        preset: Which of the entry's two ways to prepare images and read the output to use.

    Returns:
        The assessor, on the best device of this machine.

    Raises:
        MnemoError: The name refers to a difference of two assessors, or a file is missing, damaged
            or another assessor's.
    """
    known = entry(name)
    if known.parts:
        minuend, subtrahend = known.parts
        raise MnemoError(
            f"{name!r} has no network of its own: subtract the scores of {subtrahend!r} from those "
            f"of {minuend!r}"
        )
    module = import_module(known.module)
    return module.load(name, tuple(map(Path, paths)), preset)  # type: ignore[no-any-return]
