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
    """Move latents along a unit normal (paper 1, Equations 3 and 4).

    In `w` each layer's w moves by alpha. In `w_plus` each layer moves by its part of the normal,
    of which a hyperplane's has equal ones, as long as alpha over the square root of the layers.
    While all layers of an image share one w, one row is kept.

    Args:
        latents: The table `LATENTS`.
        normal: Unit normal: of z_dim, of w_dim, or of layers * w_dim numbers.
        space: Its space: "z", "w" or "w_plus".
        edit: Name of the edit.
        alpha: Distance to move, in the norm of that space; 0 leaves the latents as they are.
        layers: Layers of the generator.
        chosen: Layers that move, the others stay; all when None.

    Returns:
        The moved latents. A space that the move does not reach is null.

    Raises:
        MnemoError: The normal does not fit the latents.
    """
    rows = matrix(latents, "z" if space == "z" else "w")
    dim = rows.shape[1]
    parts = normal.size / dim
    if parts != 1 and not (space == "w_plus" and parts == layers):
        raise MnemoError(
            f"a normal of {normal.size} numbers does not fit latents of {dim} in {space}: the "
            "hyperplane belongs to another generator or space"
        )
    steps = alpha * normal.reshape(-1, dim)
    columns = {
        **tables.place(latents),
        "edit": [edit] * len(rows),
        "alpha": [alpha] * len(rows),
        "seed": latents["seed"],
        "class_index": latents["class_index"],
    }
    shared = space == "z" or (
        not latents["w"].null_count
        and latents["w_plus"].null_count == len(rows)
        and chosen is None
        and (steps == steps[0]).all()
    )
    if shared:
        moved = {"z" if space == "z" else "w": rows + steps[0]}
    else:
        moving = np.isin(np.arange(layers), range(layers) if chosen is None else chosen)
        tiled = layered(latents, layers) + moving[:, np.newaxis] * steps
        moved = {"w_plus": tiled.reshape(len(rows), -1)}
    return table(columns, **{name: values.astype(np.float32) for name, values in moved.items()})
