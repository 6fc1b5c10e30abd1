"""Latents whose layers differ, for hyperplanes in w_plus."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mnemo import latents, tables
from mnemo.errors import MnemoError


def gather(paths: Sequence[str | Path], wanted: Sequence[str]) -> latents.Rows:
    """Read w_plus of selected images, one shard in memory at a time, besides the result.

    Args:
        paths: The set's latent shards, with w_plus.
        wanted: Keys of the selected images, in the order of the shards.

    Returns:
        (n, layers * w_dim), in the order of `wanted`.

    Raises:
        MnemoError: A shard is damaged or has no w_plus, or a selected image is in no shard.
    """
    places = {image: place for place, image in enumerate(wanted)}
    rows: latents.Rows | None = None
    filled = np.zeros(len(wanted), dtype=bool)
    for path in paths:
        shard = tables.read(path, ["image", "w_plus"])
        names = shard["image"].to_pylist()
        chosen = [row for row, name in enumerate(names) if name in places]
        values = latents.matrix(shard, "w_plus", str(path))
        if rows is None:
            rows = np.empty((len(wanted), values.shape[1]), np.float32)
        into = [places[names[row]] for row in chosen]
        rows[into], filled[into] = values[chosen], True
    if rows is None or not filled.all():
        raise MnemoError(f"{(~filled).sum()} of {len(wanted)} images have a score but no latent")
    return rows
