"""Latents in tables: gathered from shards, and moved along a hyperplane's normal."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mnemo import tables
from mnemo.errors import MnemoError

Rows = NDArray[np.float32]


def key(seed: int) -> str:
    """Name the image of a seed: the seed, zero-padded to 7 digits or more."""
    return f"{seed:07d}"


def matrix(latents: pa.Table, space: str, source: str = "latents") -> Rows:
    """View one space of a latent table as rows.

    Args:
        latents: The table `tables.LATENTS`.
        space: "z", "w" or "w_plus".
        source: What an error calls the table.

    Returns:
        (n, dim), without a copy where the table is one chunk.

    Raises:
        MnemoError: The table has no latents in that space.
    """
    if latents[space].null_count:
        raise MnemoError(f"{source} holds no latents in {space}: its generator has no such space")
    return tables.rows(latents[space])


def gather(paths: Sequence[str | Path], space: str, wanted: Sequence[str]) -> Rows:
    """Gather the latents of some images from a set's shards, in no more memory than they need.

    Args:
        paths: The set's latent shards.
        space: "z" or "w".
        wanted: Keys of the images wanted, in the order of the shards.

    Returns:
        (n, dim), in the order of `wanted`.

    Raises:
        MnemoError: A shard is damaged, or an image wanted is in none.
        ValueError: The images wanted are not in the order of the shards.
    """
    rows: Rows | None = None
    filled = 0
    for path in paths:
        shard = tables.read(path, ["image", space])
        values = matrix(shard, space, str(path))
        names = shard["image"].to_pandas()
        # Those of this shard are next: to look among all wanted takes a time quadratic in them.
        chosen = np.flatnonzero(names.isin(wanted[filled : filled + len(names)]))
        if rows is None:
            rows = np.empty((len(wanted), values.shape[1]), np.float32)
        if not np.array_equal(names.iloc[chosen], wanted[filled : filled + len(chosen)]):
            raise ValueError(f"{path} has its images in another order than their scores")
        rows[filled : filled + len(chosen)] = values[chosen]
        filled += len(chosen)
    if rows is None or filled != len(wanted):
        raise MnemoError(
            f"{len(wanted) - filled} of {len(wanted)} images have a score but no latent"
        )
    return rows


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
        latents: The table `tables.LATENTS`.
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


def layered(latents: pa.Table, layers: int) -> Rows:
    """View latents as a w for each layer.

    Args:
        latents: The table `tables.LATENTS`, with `w_plus` or `w`.
        layers: Layers of the generator.

    Returns:
        (n, layers, w_dim).
    """
    if latents["w_plus"].null_count:
        return np.repeat(matrix(latents, "w")[:, np.newaxis], layers, axis=1)
    return matrix(latents, "w_plus").reshape(len(latents), layers, -1)


def table(columns: dict[str, Any], **spaces: Rows) -> pa.Table:
    """Make the table `tables.LATENTS`.

    Args:
        columns: Its columns but for those of the spaces.
        spaces: (n, dim) latents by their space; a space that is not given is null.

    Returns:
        The table.
    """
    absent = pa.nulls(len(columns["image"]), tables.LATENTS.field("z").type)
    held = {
        space: tables.lists(spaces[space]) if space in spaces else absent
        for space in ("z", "w", "w_plus")
    }
    return tables.conform({**columns, **held}, tables.LATENTS)
