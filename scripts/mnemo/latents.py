"""Latents: drawn from seeds, gathered from shards, moved along a hyperplane's normal."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.generators import Generator, Mapped

Rows = NDArray[np.float32]


def key(seed: int) -> str:
    """Name the image of a seed: the seed, zero-padded to 7 digits or more."""
    return f"{seed:07d}"


def draw(generator: Generator, base: str, seeds: Sequence[int], psi: float) -> pa.Table:
    """Draw the latents of one shard.

    Args:
        generator: What they are latents of.
        base: Name of the set.
        seeds: One for each image.
        psi: Truncation psi, applied in w where the generator has it and in z where not.

    Returns:
        The table `tables.LATENTS`.
    """
    z = generator.sample(seeds, psi)
    w = generator.map(z, psi) if isinstance(generator, Mapped) else None
    columns = {
        "set": [base] * len(seeds),
        "edit": pa.nulls(len(seeds)),
        "alpha": pa.nulls(len(seeds)),
        "image": [key(seed) for seed in seeds],
        "seed": seeds,
    }
    return _table(columns, z=z, w=w)


def matrix(latents: pa.Table, space: str, source: str = "latents") -> Rows:
    """View one space of a latent table as rows.

    Args:
        latents: The table `tables.LATENTS`.
        space: "z" or "w".
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
    latents: pa.Table, normal: NDArray[np.float64], space: str, edit: str, alpha: float
) -> pa.Table:
    """Move latents along a hyperplane's unit normal (paper, Equations 3 and 4).

    In the tiled space `w_plus` every layer moves by its part of the normal; since the layers share
    one w, and the normal's parts are equal, the moved layers share one w again.

    Args:
        latents: The table `tables.LATENTS`.
        normal: Unit normal of the hyperplane: of z_dim, of w_dim, or of layers * w_dim numbers.
        space: The hyperplane's space: "z", "w" or "w_plus".
        edit: Name of the edit.
        alpha: Distance to move, in the norm of that space; 0 leaves the latents as they are.

    Returns:
        The moved latents. A space that the move does not reach is null.

    Raises:
        MnemoError: The normal does not fit the latents.
    """
    column = "z" if space == "z" else "w"
    rows = matrix(latents, column)
    tiles = normal.size / rows.shape[1]
    if not tiles.is_integer() or (tiles > 1 and space != "w_plus"):
        raise MnemoError(
            f"a normal of {normal.size} numbers does not fit latents of {rows.shape[1]} in "
            f"{space}: the hyperplane belongs to another generator or space"
        )
    moved = (rows + alpha * normal[: rows.shape[1]]).astype(np.float32)
    columns = {
        **tables.place(latents),
        "edit": [edit] * len(rows),
        "alpha": [alpha] * len(rows),
        "seed": latents["seed"],
    }
    return _table(columns, **{column: moved})


def renderable(latents: pa.Table, generator: Generator, psi: float) -> Rows:
    """Choose what to render: w where a row has it, else z, mapped to w where there is a mapping.

    Args:
        latents: The table `tables.LATENTS`.
        generator: What they are latents of.
        psi: Truncation psi for the mapping; a stored w is truncated already, never twice.

    Returns:
        (n, dim), for `Generator.render`.
    """
    if not latents["w"].null_count:
        return matrix(latents, "w")
    z = matrix(latents, "z")
    return generator.map(z, psi) if isinstance(generator, Mapped) else z


def _table(columns: dict[str, Any], *, z: Rows | None = None, w: Rows | None = None) -> pa.Table:
    absent = pa.nulls(len(columns["image"]), tables.LATENTS.field("z").type)
    spaces = {
        space: absent if rows is None else tables.lists(rows)
        for space, rows in {"z": z, "w": w}.items()
    }
    return tables.conform({**columns, **spaces}, tables.LATENTS)
