"""Feature extractors, on whose features realness or identity is measured, and how to load one.

An extractor is one file in this package and one entry in its registry.
This module imports nothing heavy, because it comes with the registry, which the Snakefile reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mnemo.errors import MnemoError
from mnemo.features.registry import EXTRACTORS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Extractor(Protocol):
    """What every loaded feature extractor can do."""

    def extract(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Extract the features of images.

        Args:
            images: Each (height, width, 3), RGB; they may differ in size.

        Returns:
            (n, dim), with `dim` of the extractor's entry in the registry; a row of nan where it
            needs a face and finds none.
        """


def load(name: str, *paths: str | Path) -> Extractor:
    """Load a feature extractor.

    Args:
        name: One of `registry.EXTRACTORS`.
        paths: Its weights files, in the order of its entry.

    Returns:
        The extractor, on the best device of this machine.

    Raises:
        MnemoError: The name is unknown, or the file is not that extractor's.
    """
    if name not in EXTRACTORS:
        raise MnemoError(f"no feature extractor is called {name!r}; known: {', '.join(EXTRACTORS)}")
    return import_module(EXTRACTORS[name].module).load(*map(Path, paths))  # type: ignore[no-any-return]
