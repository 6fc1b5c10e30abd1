"""Features of images: the table that extractors write, and how it is read in blocks."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mnemo import tables

# Rows of features read at a time.
_BLOCK = 8192


FEATURES = tables.define(
    "Features of a set's images, one shard",
    *tables.PLACE,
    tables.field(
        "features",
        tables.FLOATS,
        "activations of the feature extractor; null where it needs a face and finds none",
        nullable=True,
    ),
)


def read(
    paths: Iterable[str | Path],
) -> dict[float | None, tuple[list[str], Iterator[NDArray[np.float32]]]]:
    """Read the features of some sets, in the memory of one block of them at a time.

    Args:
        paths: Tables `FEATURES`.

    Returns:
        For each alpha (None: unedited), the images' keys, and blocks of their (n, 2048) features
        in the same order, which are read as they are asked for, once.

    Raises:
        MnemoError: As for `read`.
    """
    keys: dict[float | None, list[str]] = {}
    shards: dict[float | None, list[str | Path]] = {}
    for path in paths:
        part = tables.read(path, ["alpha", "image"])
        alpha = part["alpha"][0].as_py()
        keys.setdefault(alpha, []).extend(part["image"].to_pylist())
        shards.setdefault(alpha, []).append(path)
    return {alpha: (keys[alpha], _blocks(shards[alpha], "features")) for alpha in keys}


def _blocks(paths: Iterable[str | Path], column: str) -> Iterator[NDArray[np.float32]]:
    for path in paths:
        with tables.opened(path, [column]) as file:
            for batch in file.iter_batches(_BLOCK, columns=[column]):
                yield tables.rows(pa.chunked_array([batch[column]]))
