"""Assessors: what each can do, and how to load one.

An assessor is one file in this package and one entry in its registry.
This module imports nothing heavy, because it comes with the registry, which the Snakefile reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mnemo.assessors.registry import ASSESSORS
from mnemo.errors import MnemoError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Scorer(Protocol):
    """What every loaded assessor can do."""

    def score(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Score images.

        Args:
            images: Each (height, width, 3), RGB; they may differ in size.

        Returns:
            (n,), each from `low` to `high` of the assessor's entry in the registry. An image's
            score does not depend on the images beside it.
        """


def load(name: str, path: str | Path) -> Scorer:
    """Load an assessor.

    Args:
        name: One of `registry.ASSESSORS` that has a module.
        path: Its weights file.

    Returns:
        The assessor, on the best device of this machine.

    Raises:
        MnemoError: The name is unknown or that of a difference, or the file is not that
            assessor's.
    """
    loadable = [known for known, entry in ASSESSORS.items() if entry.module]
    if name not in ASSESSORS:
        raise MnemoError(f"no assessor is called {name!r}; known: {', '.join(ASSESSORS)}")
    if name not in loadable:
        minuend, subtrahend = ASSESSORS[name].parts or ("", "")
        raise MnemoError(
            f"{name!r} has no network of its own: score with {minuend!r} and {subtrahend!r}, and "
            "subtract"
        )
    return import_module(ASSESSORS[name].module).load(Path(path))  # type: ignore[no-any-return]
