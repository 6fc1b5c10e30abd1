"""Cosines between the directions of a study: whether two methods found the same one."""

from collections.abc import Iterable, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mnemo import tables

COSINES = tables.define(
    "Cosines between the directions",
    tables.field("direction", pa.string(), "name of a direction"),
    tables.field("other", pa.string(), "name of another one, in the same space"),
    tables.field("space", pa.string(), "latent space of both", limits="z, w, w_plus"),
    tables.field(
        "cosine",
        pa.float64(),
        "cosine between the two unit vectors as they were found, without an interval. Between "
        "directions that were found with noise of their own it is nearer 0 than that of the true "
        "directions; two random ones have a standard deviation of chance",
        limits="-1 to 1",
    ),
    tables.field(
        "chance",
        pa.float64(),
        "standard deviation of the cosine between two random directions of the space: 1 / sqrt(d) "
        "of d dimensions, which for w_plus are those of w, as far as all layers move alike",
        limits="0 to 1",
    ),
)


def read(paths: Iterable[str | Path]) -> list[dict[str, Any]]:
    """Read directions.

    Args:
        paths: Tables of `directions.table.DIRECTIONS`.

    Returns:
        Of each what `measure` needs.

    Raises:
        MnemoError: A table is missing or damaged.
    """
    parts = [tables.read(path, ["name", "space", "layers", "normal"]) for path in paths]
    return [row for part in parts for row in part.to_pylist()]


def measure(directions: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Compute the cosine of each pair of directions that are in one space.

    Args:
        directions: For each its `name`, `space`, `layers` and `normal`, (d,).

    Returns:
        The columns of `COSINES`, each pair once, in the order of the directions.
    """
    rows = [
        {
            "direction": one["name"],
            "other": other["name"],
            "space": one["space"],
            "cosine": float(np.clip(np.dot(one["normal"], other["normal"]), -1, 1)),
            "chance": (one["layers"] / len(one["normal"])) ** 0.5,
        }
        for one, other in combinations(directions, 2)
        if one["space"] == other["space"]
    ]
    return pd.DataFrame(rows, columns=COSINES.names)
