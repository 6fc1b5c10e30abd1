"""The table of features that extractors write, and how it is read in blocks."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mnemo import tables

# Number of rows of features to read at a time.
_BLOCK = 8192


FEATURES = tables.define(
    "Features of a set's images, one shard",
    *tables.PLACE,
    tables.field(
        "features",
        tables.FLOATS,
        "activations of the feature extractor; null where it needs a face and found none",
        nullable=True,
    ),
)


def read(
    paths: Iterable[str | Path],
) -> dict[float | None, tuple[list[str], Iterator[NDArray[np.float32]]]]:
    """Read the features of sets, with one block in memory at a time.

    Args:
        paths: Tables `FEATURES`.

    Returns:
        For each alpha (None for unedited images), the images' keys and an iterator over blocks of
        their (n, dim) features in the same order. The blocks are read on demand, and only once.

    Raises:
        MnemoError: A table is missing, damaged or truncated, or lacks a column.
    """
    keys: dict[float | None, list[str]] = {}
    shards: dict[float | None, list[str | Path]] = {}
    for path in paths:
        part = tables.read(path, ["alpha", "image"])
        if not len(part):
            # Of a shard of photographs none can be used.
            continue
        alpha = part["alpha"][0].as_py()
        keys.setdefault(alpha, []).extend(part["image"].to_pylist())
        shards.setdefault(alpha, []).append(path)
    return {alpha: (keys[alpha], _blocks(shards[alpha], "features")) for alpha in keys}


def _blocks(paths: Iterable[str | Path], column: str) -> Iterator[NDArray[np.float32]]:
    for path in paths:
        with tables.opened(path, [column]) as file:
            for batch in file.iter_batches(_BLOCK, columns=[column]):
                yield tables.rows(pa.chunked_array([batch[column]]))
