"""Loading of feature extractors, on whose features realness or identity is measured.

An extractor is one file in this package and one entry in its registry. This module imports nothing
heavy, because importing the registry, as the Snakefile does, imports this module too.
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
    """The interface of every loaded feature extractor."""

    def extract(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Extract the features of images.

        Args:
            images: Each (height, width, 3), RGB; their sizes may differ.

        Returns:
            (n, dim), with `dim` as in the extractor's registry entry. A row is nan if the extractor
            needs a face and finds none.
        """


def load(name: str, *paths: str | Path) -> Extractor:
    """Load a feature extractor.

    Args:
        name: One of `registry.EXTRACTORS`.
        paths: Its weights files, in the order of its registry entry.

    Returns:
        The extractor, on the best device of this machine.

    Raises:
        MnemoError: The name is unknown, or a file is missing, damaged or another network's.
    """
    if name not in EXTRACTORS:
        raise MnemoError(f"no feature extractor is called {name!r}; known: {', '.join(EXTRACTORS)}")
    return import_module(EXTRACTORS[name].module).load(*map(Path, paths))  # type: ignore[no-any-return]
