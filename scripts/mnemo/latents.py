"""The table of latents, and how latents are gathered from its shards."""

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
        "latent of the intermediate space, truncated; shared by all layers, or, with a truncation "
        "cutoff, by the truncated layers",
        nullable=True,
    ),
    tables.field(
        "w_plus",
        tables.FLOATS,
        "one w per layer, concatenated; null where all layers share `w`",
        nullable=True,
    ),
    tables.field(
        "class_index",
        pa.int16(),
        "class of a conditional generator, as its index; with 1,000 classes, in ImageNet's order",
        limits="at least 0",
        nullable=True,
    ),
)

Rows = NDArray[np.float32]


def matrix(latents: pa.Table, space: str, source: str = "latents") -> Rows:
    """Return one space of a latent table as a matrix.

    Args:
        latents: The table `LATENTS`.
        space: "z", "w" or "w_plus".
        source: How error messages refer to the table.

    Returns:
        (n, dim); not a copy if the table is one chunk.

    Raises:
        MnemoError: The table has no latents in that space.
    """
    if latents[space].null_count:
        raise MnemoError(f"{source} holds no latents in {space}: its generator has no such space")
    return tables.rows(latents[space])


def gather(paths: Sequence[str | Path], space: str, wanted: Sequence[str]) -> Rows:
    """Read the latents of selected images from a set's shards, one shard in memory at a time.

    Args:
        paths: The set's latent shards.
        space: "z", "w", or "w_plus" for the one w that all layers of an image share.
        wanted: Keys of the selected images, in the order of the shards.

    Returns:
        (n, dim), in the order of `wanted`.

    Raises:
        MnemoError: A shard is damaged, or a selected image is in no shard.
        ValueError: The selected images are not in the order of the shards.
    """
    rows: Rows | None = None
    filled = 0
    space = "w" if space == "w_plus" else space
    for path in paths:
        shard = tables.read(path, ["image", space])
        values = matrix(shard, space, str(path))
        names = shard["image"].to_pandas()
        # This shard's images come next in `wanted`. Searching all of `wanted` would take a time
        # quadratic in its length.
        chosen = np.flatnonzero(names.isin(wanted[filled : filled + len(names)]))
        if rows is None:
            rows = np.empty((len(wanted), values.shape[1]), np.float32)
        if not np.array_equal(names.iloc[chosen], wanted[filled : filled + len(chosen)]):
            raise ValueError(f"{path} and the scores list their images in different orders")
        rows[filled : filled + len(chosen)] = values[chosen]
        filled += len(chosen)
    if rows is None or filled != len(wanted):
        raise MnemoError(
            f"{len(wanted) - filled} of {len(wanted)} images have a score but no latent"
        )
    return rows


def layered(latents: pa.Table, layers: int) -> Rows:
    """Return latents as one w per layer.

    Args:
        latents: The table `LATENTS`, with `w_plus` or `w`.
        layers: Number of the generator's layers.

    Returns:
        (n, layers, w_dim).
    """
    if latents["w_plus"].null_count:
        return np.repeat(matrix(latents, "w")[:, np.newaxis], layers, axis=1)
    return matrix(latents, "w_plus").reshape(len(latents), layers, -1)


def unedited(
    base: str,
    images: Sequence[str],
    *,
    seeds: Sequence[int] | None = None,
    classes: Sequence[int | None] | None = None,
) -> dict[str, Any]:
    """Return the columns of `LATENTS` but for the latents, for images of an unedited set.

    Args:
        base: Name of the set.
        images: Keys of the images.
        seeds: The seed of each image; None for images from elsewhere.
        classes: The class of each image; None for a generator without classes.

    Returns:
        The columns by name.
    """
    absent = pa.nulls(len(images))
    return {
        "set": [base] * len(images),
        "edit": absent,
        "alpha": absent,
        "image": images,
        "seed": absent if seeds is None else seeds,
        "class_index": absent if classes is None else classes,
    }


def table(columns: dict[str, Any], **spaces: Rows) -> pa.Table:
    """Return the table `LATENTS`.

    Args:
        columns: All columns but `z`, `w` and `w_plus`.
        spaces: (n, dim) latents by space; a space that is left out is null in the table.

    Returns:
        The table.
    """
    absent = pa.nulls(len(columns["image"]), LATENTS.field("z").type)
    held = {
        space: tables.lists(spaces[space]) if space in spaces else absent
        for space in ("z", "w", "w_plus")
    }
    return tables.conform({**columns, **held}, LATENTS)
