"""The part of a direction that each layer has: a row of w_plus."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mnemo.edits import distance


def units(normal: NDArray[np.float64], space: str, layers: int) -> NDArray[np.float64]:
    """Scale the part of a direction that each layer has to unit length.

    Args:
        normal: (w_dim,) or (layers * w_dim,) unit vector.
        space: Its space: "w" or "w_plus".
        layers: Number of the generator's layers.

    Returns:
        (layers, w_dim) unit vectors; 0 for a layer whose part of the direction is 0.
    """
    rows = np.tile(normal, (layers, 1)) if space == "w" else normal.reshape(layers, -1)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: NDArray[np.float64] = rows / np.where(lengths > 0, lengths, 1)
    return scaled


def alike(rows: NDArray[np.float64]) -> bool:
    """Return whether all layers have the same part of a direction, as for sampled images.

    Args:
        rows: (layers, w_dim) from `units`.

    Returns:
        Whether the rows are equal but for rounding.
    """
    return bool(np.allclose(rows, rows[:1], rtol=0, atol=1e-9))


def moved(step: float, chosen: Sequence[int], along: NDArray[np.float64], space: str) -> float:
    """Compute the distance that a latent moves, in the norm of other edits (`edits.distance`).

    Args:
        step: Distance that the w of each moved layer moves.
        chosen: Indices of the layers that move.
        along: (layers, w_dim) from `units`.
        space: The direction's space: "w" or "w_plus".

    Returns:
        With the sign of the step: in w_plus the norm over all layers together, sqrt(k) times the
        step for k layers; in w the root of the mean square over all layers, sqrt(k / layers) times.
    """
    return step * distance.share(along.ravel(), space, layers=len(along), chosen=chosen)
