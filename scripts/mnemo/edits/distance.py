"""The distance that an edit moves a latent, which alpha is only if all layers move."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def share(
    normal: NDArray[np.float64], space: str, *, layers: int = 1, chosen: Sequence[int] | None = None
) -> float:
    """Compute the distance that a latent moves for each unit of alpha.

    If all layers move, alpha is the distance (paper 1, Equations 3 and 4). If only some do, the
    latent moves less. In `w_plus`, where the normal has a part for each layer, it moves by alpha
    times the length of the chosen layers' parts: 1 / sqrt(18) for one of 18 equal parts. In `w`,
    each of k chosen layers moves by alpha, and the distance in the same unit, the root of the mean
    square over all layers, is alpha times sqrt(k / layers).

    Args:
        normal: Unit normal, (z_dim,), (w_dim,) or (layers * w_dim,).
        space: The normal's space: "z", "w" or "w_plus".
        layers: Number of the generator's layers.
        chosen: Indices of the layers that move; None for all.

    Returns:
        The distance, from 0 to 1.
    """
    if chosen is None:
        return 1.0
    if space == "w_plus":
        return float(np.linalg.norm(normal.reshape(layers, -1)[list(chosen)]))
    return float(np.sqrt(len(chosen) / layers))
