"""Latents: the table that holds them, and how they are gathered from shards."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mnemo import tables
from mnemo.errors import MnemoError

LATENTS = tables.define(
    "Latents of a set's images, one shard",
    *tables.PLACE,
    tables.field(
        "seed",
        pa.int64(),
        "seed that the latent was drawn from; null for an image from elsewhere",
        nullable=True,
    ),
    tables.field("z", tables.FLOATS, "latent of the generator's input space", nullable=True),
    tables.field(
        "w",
        tables.FLOATS,
        "latent of the intermediate space, truncated; one row that all layers share, or with a "
        "truncation cutoff that of the truncated layers",
        nullable=True,
    ),
    tables.field(
        "w_plus",
        tables.FLOATS,
        "a w for each layer, one after the other, where the layers' differ",
        nullable=True,
    ),
    tables.field(
        "class_index",
        pa.int16(),
        "class of a conditional generator, in ImageNet's order",
        limits="0 to 999",
        nullable=True,
    ),
)

Rows = NDArray[np.float32]


def matrix(latents: pa.Table, space: str, source: str = "latents") -> Rows:
    """View one space of a latent table as rows.

    Args:
        latents: The table `LATENTS`.
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


def layered(latents: pa.Table, layers: int) -> Rows:
    """View latents as a w for each layer.

    Args:
        latents: The table `LATENTS`, with `w_plus` or `w`.
        layers: Layers of the generator.

    Returns:
        (n, layers, w_dim).
    """
    if latents["w_plus"].null_count:
        return np.repeat(matrix(latents, "w")[:, np.newaxis], layers, axis=1)
    return matrix(latents, "w_plus").reshape(len(latents), layers, -1)


def table(columns: dict[str, Any], **spaces: Rows) -> pa.Table:
    """Make the table `LATENTS`.

    Args:
        columns: Its columns but for those of the spaces.
        spaces: (n, dim) latents by their space; a space that is not given is null.

    Returns:
        The table.
    """
    absent = pa.nulls(len(columns["image"]), LATENTS.field("z").type)
    held = {
        space: tables.lists(spaces[space]) if space in spaces else absent
        for space in ("z", "w", "w_plus")
    }
    return tables.conform({**columns, **held}, LATENTS)
