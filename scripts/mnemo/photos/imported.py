"""Latents of a set from a file: Mnemo's own, or of e4e, ReStyle, a projector and other programs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from mnemo import interop, latents, seed_files, tables
from mnemo.errors import MnemoError
from mnemo.generators import synthesis
from mnemo.generators.synthesis import AnyGenerator
from mnemo.interop import Latents, Space, contents

SPACES: tuple[Space, ...] = ("z", "w", "w_plus")


def read(
    path: str | Path,
    space: Space | None,
    count: int,
    *,
    z_dim: int,
    w_dim: int,
    layers: int,
    counted: str = "photos.count",
) -> Latents | list[int]:
    """Read latents of images, and check that they fit the generator.

    Args:
        path: A file in any layout that `interop.read_latents` knows; a parquet file with a
            column z, w or w_plus of lists, as Mnemo's own; or one of seeds (`seed_files.read`).
        space: Space of the latents; None if the file says it.
        count: Number of latents that the file must have.
        z_dim: Dimensions of the generator's z.
        w_dim: Dimensions of its w; 0 for a generator without w.
        layers: Number of its layers.
        counted: The setting that says the number.

    Returns:
        The latents; or the seeds that they are to be drawn from.

    Raises:
        MnemoError: As for `interop.read_latents` and `seed_files.read`; or the file has another
            number of latents, or latents of another shape than the generator's.
    """
    seeds = seed_files.read(path)
    if seeds is not None:
        _check(path, len(seeds), count, counted)
        if space not in (None, "z"):
            raise MnemoError(f"{path} has seeds, which latents in z are drawn from, not in {space}")
        return seeds
    parquet = Path(path).suffix == ".parquet"
    found = _own(Path(path), space, w_dim) if parquet else interop.read_latents(path, space)
    _check(path, len(found.rows), count, counted)
    of_w = {"w": (w_dim,), "w_plus": (layers, w_dim)} if w_dim else {}
    shape = {"z": (z_dim,), **of_w}.get(found.space)
    if shape != found.rows.shape[1:]:
        has = f"the shape {shape} there" if shape else f"no {found.space}"
        raise MnemoError(
            f"{path} has latents in {found.space} of the shape {found.rows.shape[1:]}, and the "
            f"study's generator has {has}: they belong to another generator"
        )
    return found


def table(
    found: Latents | list[int],
    generator: AnyGenerator,
    base: str,
    keys: Sequence[str],
    places: range,
    psi: float,
    *,
    cutoff: int | None = None,
    class_index: int | None = None,
) -> pa.Table:
    """Lay some of the latents out as a shard of a set.

    Args:
        found: The latents, or the seeds that they are drawn from.
        generator: The generator.
        base: The set.
        keys: Keys of the shard's images.
        places: Places of the shard's latents among them.
        psi: Truncation psi with which latents in z are mapped to w.
        cutoff: Number of layers to truncate then; None for all.
        class_index: The images' class, for a generator that needs it.

    Returns:
        The table `latents.LATENTS`.
    """
    part, seeds = slice(places.start, places.stop), None
    space: Space
    if isinstance(found, list):
        seeds = found[part]
        space, rows = "z", generator.sample(seeds, psi)
    else:
        space, rows = found.space, found.rows[part]
    if space == "z":
        spaces = synthesis.spaces(generator, rows, psi, cutoff)
    else:
        spaces = {space: rows.reshape(len(rows), -1)}
    columns = latents.unedited(base, keys, seeds=seeds, classes=[class_index] * len(keys))
    return latents.table(columns, **spaces)


def _check(path: str | Path, found: int, count: int, counted: str) -> None:
    if found != count:
        raise MnemoError(
            f"{path} has {found} latents, and {counted} is {count}: correct the latter"
        )


def _own(path: Path, space: Space | None, w_dim: int) -> Latents:
    """Read latents from a parquet file: in the space that is wanted, or the only one it has."""
    held = tables.read(path)
    there = [each for each in SPACES if each in held.column_names and _is_whole(held[each])]
    chosen = [each for each in there if space in (None, each)]
    if len(chosen) != 1:
        raise MnemoError(
            f"{path} has latents in {' and '.join(there) or 'no space'}, as columns of lists "
            f"without null: set `space` to one that it has, of {', '.join(SPACES)}"
        )
    own = chosen[0]
    try:
        rows = tables.rows(held[own]).astype(np.float32)
        if own == "w_plus" and w_dim:
            rows = rows.reshape(len(rows), -1, w_dim)
    except ValueError as why:
        raise MnemoError(
            f"{path}: the latents in {own} are not lists of equally many numbers ({why})"
        ) from why
    return Latents(own, contents.finite(rows, path))


def _is_whole(column: pa.ChunkedArray) -> bool:
    kind = column.type
    listed = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    return (listed or pa.types.is_fixed_size_list(kind)) and not column.null_count
