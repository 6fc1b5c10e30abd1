"""Public tables as they are joined from their parts: with the distance moved beside each alpha.

A part has the columns that its job measured. The distance depends on the edit alone, so it is added
here, and no part has to be measured again for it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from mnemo import tables
from mnemo.edits import distance
from mnemo.results import schemas
from mnemo.results.registry import RESULTS

#: The column with the distance moved, by the column of the alpha.
MOVED = {"alpha": "moved", "alpha_low": "moved_low", "alpha_high": "moved_high"}


def schema(name: str) -> pa.Schema:
    """Return the schema of a public table as it is joined.

    Args:
        name: The table's name, such as `scores`.

    Returns:
        The schema of its parts; for a table by alpha, with the distance moved after the alphas.
    """
    part = schemas.of(name)
    if not RESULTS[name].by_alpha:
        return part
    alphas = [alpha for alpha in MOVED if alpha in part.names]
    place = max(map(part.get_field_index, alphas)) + 1
    # The ends of an alpha's interval stay beside it.
    while part.names[place : place + 1] in (["low"], ["high"]):
        place += 1
    for alpha in reversed(alphas):
        moved = tables.field(
            MOVED[alpha],
            pa.float64(),
            f"distance that the latent moves at {alpha}, with its sign: {alpha} itself, along a "
            "learned direction times its length; less if "
            "the edit moves only some layers: in w_plus times the length of their part of the "
            "unit vector, in w times the square root of their share",
            unit="length in the latent space of the edit",
            nullable=part.field(alpha).nullable,
        )
        part = part.insert(place, moved)
    return part


def shares(
    directions: Iterable[str | Path], edits: Iterable[Mapping[str, Any]], layers: int
) -> dict[str, float]:
    """Compute the distance that each edit moves for each unit of alpha.

    Args:
        directions: Tables `directions.table.DIRECTIONS` that hold the edits' directions.
        edits: For each edit its name, `edit`, the direction that it moves `along`, and the `layers`
            that it moves, None for all.
        layers: Number of the generator's layers.

    Returns:
        The distances by the edit's name: as for `distance.share`, times a learned direction's
        length.

    Raises:
        MnemoError: A table is missing or damaged.
    """
    columns = ["name", "space", "normal", "scale"]
    rows = [row for path in directions for row in tables.read(path, columns).to_pylist()]
    along = {row["name"]: (np.array(row["normal"]), row["space"]) for row in rows}
    scales = {row["name"]: row["scale"] for row in rows}
    return {
        each["edit"]: scales[each["along"]]
        * distance.share(*along[each["along"]], layers=layers, chosen=each["layers"])
        for each in edits
    }


def parts(
    paths: Sequence[str | Path], name: str, shares: Mapping[str, float]
) -> Iterator[pa.Table]:
    """Read the parts of a public table, and add the distances moved.

    Args:
        paths: The parts, in order.
        name: The table's name.
        shares: The distance that each edit moves for each unit of alpha, by the edit's name.

    Yields:
        The parts, with all columns of `schema(name)`. A distance is null where the alpha is.

    Raises:
        KeyError: A part has an edit without a share.
        MnemoError: A part is missing or damaged.
    """
    wanted, columns = schema(name), schemas.of(name).names
    for path in paths:
        part = tables.read(path, columns)
        for alpha, moved in MOVED.items():
            if moved in wanted.names:
                rows = part.select(["edit", alpha]).to_pandas()
                length = rows["edit"].map(shares.__getitem__, na_action="ignore").astype(float)
                part = part.append_column(moved, pa.array(rows[alpha] * length, from_pandas=True))
        yield part
