"""Moving latents along a direction."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.latents import layered, matrix, table


def move(
    latents: pa.Table,
    normal: NDArray[np.float64],
    space: str,
    edit: str,
    alpha: float,
    *,
    layers: int = 1,
    chosen: Sequence[int] | None = None,
) -> pa.Table:
    """Move latents along a direction (paper 1, Equations 3 and 4; GANalyze, equation 2).

    In `w`, each layer's w moves by alpha. In `w_plus`, each layer moves by its own part of the
    normal; the parts of a hyperplane's normal are equal, so each layer moves by alpha divided by
    the square root of the number of layers. As long as all layers of an image share one w, the
    result holds one w per image.

    Args:
        latents: The table `LATENTS`.
        normal: Direction, (z_dim,), (w_dim,) or (layers * w_dim,), or one for each image: (n, …).
            It is a unit vector, or as long as an alpha of 1 should move.
        space: The normal's space: "z", "w" or "w_plus".
        edit: Name of the edit.
        alpha: How far to move, in units of the direction's length: along a unit vector the distance
            in the norm of that space. 0 leaves the latents unchanged.
        layers: Number of the generator's layers.
        chosen: Indices of the layers that move; None for all.

    Returns:
        The moved latents. A space that the move does not apply to is null.

    Raises:
        MnemoError: The normal does not fit the latents.
    """
    if not len(latents):
        # A shard of photographs none of which can be used.
        return table({**tables.place(latents), "seed": [], "class_index": []})
    tiled = space != "z" and latents["w"].null_count > 0
    rows = matrix(latents, "z" if space == "z" else "w_plus" if tiled else "w")
    dim = rows.shape[1] // (layers if tiled else 1)
    normals = np.atleast_2d(normal)
    parts = normals.shape[1] / dim
    if parts != 1 and not (space == "w_plus" and parts == layers):
        raise MnemoError(
            f"a normal of {normals.shape[1]} dimensions does not fit latents of {dim} dimensions "
            f"in {space}: the hyperplane belongs to another generator or space"
        )
    steps = alpha * normals.reshape(len(normals), -1, dim)
    columns = {
        **tables.place(latents),
        "edit": [edit] * len(rows),
        "alpha": [alpha] * len(rows),
        "seed": latents["seed"],
        "class_index": latents["class_index"],
    }
    shared = space == "z" or (
        not tiled
        and latents["w_plus"].null_count == len(rows)
        and chosen is None
        and (steps == steps[:, :1]).all()
    )
    if shared:
        moved = {"z" if space == "z" else "w": rows + steps[:, 0]}
    else:
        moving = np.isin(np.arange(layers), range(layers) if chosen is None else chosen)
        each = layered(latents, layers) + moving[:, np.newaxis] * steps
        moved = {"w_plus": each.reshape(len(rows), -1)}
    return table(columns, **{name: values.astype(np.float32) for name, values in moved.items()})
