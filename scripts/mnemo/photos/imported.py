"""Latents of photographs from other programs' files, such as e4e's, ReStyle's or a projector's."""

from pathlib import Path

import pyarrow as pa

from mnemo import interop, latents
from mnemo.errors import MnemoError
from mnemo.generators import synthesis
from mnemo.generators.synthesis import AnyGenerator
from mnemo.interop import Latents, Space
from mnemo.photos import private


def read(
    path: str | Path, space: Space | None, count: int, *, z_dim: int, w_dim: int, layers: int
) -> Latents:
    """Read latents of photographs, and check that they fit the generator.

    Args:
        path: A file in any layout that `interop.read_latents` knows.
        space: Space of the latents; None if the file says it.
        count: Number of latents that the file must have.
        z_dim: Dimensions of the generator's z.
        w_dim: Dimensions of its w; 0 for a generator without w.
        layers: Number of its layers.

    Returns:
        The latents.

    Raises:
        MnemoError: As for `interop.read_latents`; or the file has another number of latents, or
            latents of another shape than the generator's.
    """
    found = interop.read_latents(path, space)
    if len(found.rows) != count:
        raise MnemoError(
            f"{path} has {len(found.rows)} latents, and photos.count is {count}: correct the latter"
        )
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
    found: Latents,
    generator: AnyGenerator,
    places: range,
    psi: float,
    *,
    cutoff: int | None = None,
    class_index: int | None = None,
) -> pa.Table:
    """Lay some of the latents out as a shard of the set photos.

    Args:
        found: The latents.
        generator: The generator.
        places: Places of the shard's latents among them.
        psi: Truncation psi with which latents in z are mapped to w.
        cutoff: Number of layers to truncate then; None for all.
        class_index: The photographs' class, for a generator that needs it.

    Returns:
        The table `latents.LATENTS`.
    """
    rows = found.rows[places.start : places.stop]
    if found.space == "z":
        spaces = synthesis.spaces(generator, rows, psi, cutoff)
    else:
        spaces = {found.space: rows.reshape(len(rows), -1)}
    names = list(map(private.key, places))
    columns = latents.unedited("photos", names, classes=[class_index] * len(rows))
    return latents.table(columns, **spaces)
