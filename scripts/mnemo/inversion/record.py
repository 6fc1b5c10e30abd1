"""What an inversion gives: latents, and a record of how they were found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Inversion:
    """Latents found for images, and a record of how they were found.

    Attributes:
        latents: (n, w_dim) in w, (n, layers, w_dim) in w_plus, (n, z_dim) in z.
        images: (n, height, width, 3), the images that the latents render, with `noise` if there is
            any, else with the noise that was asked for.
        losses: (n, steps), what was minimised in each step; nan once an image had ended.
        pixel: (n,), mean squared error of the pixels, from -1 to 1, at the end.
        perceptual: (n,), perceptual distance at the end; None without one.
        perceptual_by: Name of the perceptual distance; None without one.
        steps: (n,), number of steps that each image took.
        converged: (n,), whether an image's loss had settled before its steps ran out. If not, more
            steps could give a better latent.
        seconds: (n,), time that each image took; a step's time is divided among the images that
            it moves.
        noise: The optimised noise map of each layer, (n, 1, r, r), for `differentiable`; None if
            the noise was not optimised.
    """

    latents: NDArray[np.float32]
    images: NDArray[np.uint8]
    losses: NDArray[np.float32]
    pixel: NDArray[np.float32]
    perceptual: NDArray[np.float32] | None
    perceptual_by: str | None
    steps: NDArray[np.int64]
    converged: NDArray[np.bool_]
    seconds: NDArray[np.float64]
    noise: list[NDArray[np.float32]] | None = None


def joined(parts: Sequence[Inversion]) -> Inversion:
    """Join the records of batches of one inversion.

    Args:
        parts: At least one, in order.

    Returns:
        The record of all images.
    """

    def join(name: str) -> Any:
        values = [getattr(part, name) for part in parts]
        return None if values[0] is None else np.concatenate(values)

    noise = None
    if parts[0].noise is not None:
        layers = zip(*(part.noise or [] for part in parts), strict=True)
        noise = [np.concatenate(layer) for layer in layers]
    names = ("latents", "images", "losses", "pixel", "perceptual", "steps", "converged", "seconds")
    return Inversion(
        **{name: join(name) for name in names}, perceptual_by=parts[0].perceptual_by, noise=noise
    )
