"""Generators: what each can do, and how to load one from any file that holds its weights.

```python
from mnemo import generators

generator = generators.load("stylegan2-ffhq-config-f.pkl")  # in any layout, told by its content
z = generator.sample(seeds=[0, 42])  # (2, z_dim) float32
w = generator.map(z, psi=0.5)  # (2, w_dim); BigGAN has no map, and its render takes classes
images = generator.render(w, noise="const")  # (2, height, width, 3) uint8
```

An architecture is one module in this package and one entry in `ARCHITECTURES`; a generator that a
study can name is one entry in the registry. This module imports nothing heavy, because it comes
with the registry, which the Snakefile reads: `load`, `parts` and `convert` are those of `loading`,
which is imported when one of them is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: What is added to the activations of a StyleGAN: the noise maps that came with the weights, maps
#: drawn anew for each image, or none.
Noise = Literal["const", "random", "none"]


class Sampled(Protocol):
    """What every generator can do.

    Attributes:
        resolution: Height and width of its images, in pixels.
    """

    resolution: int

    def sample(self, seeds: Sequence[int], psi: float = 1.0) -> NDArray[np.float32]:
        """Draw a latent for each seed.

        Args:
            seeds: Each latent depends on its own seed alone.
            psi: Truncation; 1 is none. A generator that truncates in w ignores it here.

        Returns:
            (n, z_dim).
        """


class Generator(Sampled, Protocol):
    """A generator that renders what it samples."""

    def render(self, latents: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Make the image of each latent.

        Args:
            latents: (n, z_dim).

        Returns:
            (n, height, width, 3), RGB.
        """


@runtime_checkable
class Mapped(Sampled, Protocol):
    """A generator that maps z to the intermediate latent space w before it renders.

    Attributes:
        layers: Layers of its synthesis network; each takes a w of its own.
    """

    layers: int

    def map(
        self, z: NDArray[np.float32], psi: float = 1.0, cutoff: int | None = None
    ) -> NDArray[np.float32]:
        """Map latents to w and truncate them there.

        Args:
            z: (n, z_dim).
            psi: Truncation psi: w becomes mean(w) + psi * (w - mean(w)).
            cutoff: Layers that are truncated, the first ones; all when None.

        Returns:
            (n, w_dim), a row that all layers share; with a cutoff (n, layers, w_dim).
        """

    def render(
        self,
        latents: NDArray[np.float32],
        *,
        noise: Noise = "const",
        seeds: Sequence[int] | None = None,
    ) -> NDArray[np.uint8]:
        """Make the image of each latent.

        Args:
            latents: (n, w_dim), or (n, layers, w_dim) with a w for each layer.
            noise: What is added to the activations.
            seeds: With `noise="random"`, the seed of each image's noise; fresh noise when None.

        Returns:
            (n, height, width, 3), RGB.
        """


@runtime_checkable
class Conditional(Sampled, Protocol):
    """A generator that makes images of a class, and truncates when it renders too.

    Attributes:
        classes: Number of its classes.
    """

    classes: int

    def render(
        self, latents: NDArray[np.float32], *, classes: Sequence[int], psi: float = 1.0
    ) -> NDArray[np.uint8]:
        """Make the image of each latent.

        Args:
            latents: (n, z_dim).
            classes: (n,) index of each image's class, in ImageNet's order.
            psi: The truncation that the latents were drawn with, by which BigGAN-deep chooses its
                batch norms' statistics.

        Returns:
            (n, height, width, 3), RGB.
        """


def __getattr__(name: str) -> Any:
    if name in ("load", "parts", "convert"):
        return getattr(import_module("mnemo.generators.loading"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
