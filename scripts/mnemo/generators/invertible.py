"""The inversion of images, which every generator offers."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mnemo.inversion.invert import Inversion


class Invertible:
    """A generator whose images can be inverted."""

    def invert(
        self,
        images: NDArray[np.uint8],
        space: Literal["w", "w_plus", "z"] | None = None,
        steps: int = 1000,
        seed: int = 0,
        **options: Any,
    ) -> Inversion:
        """Find latents whose images are the most like given ones.

        Args:
            images: (n, resolution, resolution, 3), RGB.
            space: The space to search; None for w, or for z of a generator without w.
            steps: The largest number of steps.
            seed: Seed of all that is drawn at random.
            options: The other arguments of `mnemo.inversion.invert.invert`.

        Returns:
            The latents, and a record of the loss.

        Raises:
            MnemoError: As for `mnemo.inversion.invert.invert`.
        """
        # Imported by name, so that a better inversion renders nothing anew.
        module = import_module("mnemo.inversion.invert")
        return module.invert(self, images, space, steps, seed, **options)  # type: ignore[no-any-return]
