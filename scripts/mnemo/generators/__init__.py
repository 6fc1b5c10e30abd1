"""Generators: what each can do, and how to load one.

A generator is one file in this package and one entry in its registry.
This module imports nothing heavy, because it comes with the registry, which the Snakefile reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from mnemo.errors import MnemoError
from mnemo.generators.registry import GENERATORS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Generator(Protocol):
    """What every generator can do."""

    def sample(self, seeds: Sequence[int], psi: float = 1.0) -> NDArray[np.float32]:
        """Draw a latent for each seed.

        Args:
            seeds: Each latent depends on its own seed alone.
            psi: Truncation; 1 is none. A generator that truncates in w ignores it here.

        Returns:
            (n, z_dim).
        """

    def render(self, latents: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Make the image of each latent.

        Args:
            latents: (n, z_dim), or (n, w_dim) for a generator with a `w` space.

        Returns:
            (n, height, width, 3), RGB.
        """


@runtime_checkable
class Mapped(Generator, Protocol):
    """A generator that maps z to the intermediate latent space w before it renders."""

    def map(self, z: NDArray[np.float32], psi: float = 1.0) -> NDArray[np.float32]:
        """Map latents to w and truncate them there.

        Args:
            z: (n, z_dim).
            psi: Truncation psi: w becomes mean(w) + psi * (w - mean(w)).

        Returns:
            (n, w_dim).
        """


def load(name: str, path: str | Path) -> Generator:
    """Load a generator.

    Args:
        name: One of `registry.GENERATORS`.
        path: Its weights file.

    Returns:
        The generator, on the best device of this machine.

    Raises:
        MnemoError: The name is unknown, or the file is not that generator's.
    """
    if name not in GENERATORS:
        raise MnemoError(f"no generator is called {name!r}; known: {', '.join(GENERATORS)}")
    return import_module(GENERATORS[name].module).load(Path(path))  # type: ignore[no-any-return]
