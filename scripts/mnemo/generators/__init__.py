"""Generators: their interfaces, and loading one from any file that holds its weights.

```python
from mnemo import generators

generator = generators.load("stylegan2-ffhq-config-f.pkl")  # any layout, detected from the content
z = generator.sample(seeds=[0, 42])  # (2, z_dim) float32
w = generator.map(z, psi=0.5)  # (2, w_dim); BigGAN has no `map`, and its `render` needs classes
images = generator.render(w, noise="const")  # (2, height, width, 3) uint8
made = generator.differentiable(torch.from_numpy(w).requires_grad_())  # (2, 3, height, width)
found = generator.invert(images)  # latents that render these images, and a record of the loss
```

An architecture is one module in this package and one entry in `ARCHITECTURES`; a generator that a
study can use is one entry in the registry. This module imports nothing heavy, because importing the
registry, as the Snakefile does, imports this module too. `load`, `parts` and `convert` come from
the module `loading`, which is imported only when one of them is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

#: Noise added to the activations of a StyleGAN: the noise maps that came with the weights, newly
#: drawn maps for each image, or none.
Noise = Literal["const", "random", "none"]


class Sampled(Protocol):
    """The interface that every generator has.

    Attributes:
        resolution: Height and width of its images, in pixels.
    """

    resolution: int

    def sample(self, seeds: Sequence[int], psi: float = 1.0) -> NDArray[np.float32]:
        """Draw a latent for each seed.

        Args:
            seeds: Seeds; each latent depends only on its own seed.
            psi: Truncation; 1 is none. Ignored here by a generator that truncates in w.

        Returns:
            (n, z_dim).
        """


class Generator(Sampled, Protocol):
    """A generator that renders its sampled latents directly."""

    def render(self, latents: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Render an image for each latent.

        Args:
            latents: (n, z_dim).

        Returns:
            (n, height, width, 3), RGB.
        """

    def differentiable(self, latents: Tensor) -> Tensor:
        """Compute what `render` rounds to 8 bits, with a gradient to the latents.

        Args:
            latents: (n, z_dim).

        Returns:
            (n, 3, height, width), RGB, from -1 to 1.
        """


@runtime_checkable
class Mapped(Sampled, Protocol):
    """A generator that maps z to the intermediate latent space w before it renders.

    Attributes:
        layers: Number of layers of its synthesis network; each receives its own w.
    """

    layers: int

    def map(
        self, z: NDArray[np.float32], psi: float = 1.0, cutoff: int | None = None
    ) -> NDArray[np.float32]:
        """Map latents to w and truncate them there.

        Args:
            z: (n, z_dim).
            psi: Truncation psi: w becomes mean(w) + psi * (w - mean(w)).
            cutoff: Number of layers to truncate, counted from the first; None for all.

        Returns:
            (n, w_dim), one w shared by all layers; with a cutoff, (n, layers, w_dim).
        """

    def render(
        self,
        latents: NDArray[np.float32],
        *,
        noise: Noise = "const",
        seeds: Sequence[int] | None = None,
    ) -> NDArray[np.uint8]:
        """Render an image for each latent.

        Args:
            latents: (n, w_dim), or (n, layers, w_dim) with one w per layer.
            noise: Noise added to the activations.
            seeds: With `noise="random"`, the seed of each image's noise; None for fresh noise.

        Returns:
            (n, height, width, 3), RGB.
        """

    def differentiable(
        self,
        latents: Tensor,
        *,
        noise: Noise | Sequence[Tensor] = "const",
        seeds: Sequence[int] | None = None,
    ) -> Tensor:
        """Compute what `render` rounds to 8 bits, with a gradient to the latents.

        Args:
            latents: (n, w_dim), or (n, layers, w_dim) with one w per layer.
            noise: As for `render`, or the noise map of each layer, (n or 1, 1, r, r), which gets a
                gradient too.
            seeds: As for `render`.

        Returns:
            (n, 3, height, width), RGB, from -1 to 1 and slightly beyond.
        """


@runtime_checkable
class Conditional(Sampled, Protocol):
    """A generator of images of a given class, which also uses the truncation when it renders.

    Attributes:
        classes: Number of classes.
    """

    classes: int

    def render(
        self, latents: NDArray[np.float32], *, classes: Sequence[int], psi: float = 1.0
    ) -> NDArray[np.uint8]:
        """Render an image for each latent.

        Args:
            latents: (n, z_dim).
            classes: (n,) index of each image's class.
            psi: The truncation with which the latents were drawn; BigGAN-deep chooses the
                statistics of its batch norms by it.

        Returns:
            (n, height, width, 3), RGB.
        """

    def differentiable(
        self, latents: Tensor, *, classes: Sequence[int], psi: float = 1.0
    ) -> Tensor:
        """Compute what `render` rounds to 8 bits, with a gradient to the latents.

        Args:
            latents: (n, z_dim).
            classes: As for `render`.
            psi: As for `render`.

        Returns:
            (n, 3, height, width), RGB, from -1 to 1.
        """


def __getattr__(name: str) -> Any:
    if name in ("load", "parts", "convert"):
        return getattr(import_module("mnemo.generators.loading"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
