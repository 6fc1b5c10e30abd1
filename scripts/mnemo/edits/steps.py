"""The steps of layerwise edits: how far each part of the layers moves at each level."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from mnemo import tables
from mnemo.edits.rows import moved

STEPS = tables.define(
    "Steps with which a layer changes the image by a wanted amount",
    tables.field("level", pa.float64(), "level of the edit"),
    tables.field(
        "step",
        pa.float64(),
        "distance that the w of each layer moves, with the level's sign; null if the layer can't "
        "change the image that much",
        unit="length in w",
        nullable=True,
    ),
    tables.field(
        "reason", pa.string(), "why there is no step; null where there is one", nullable=True
    ),
)


def of_part(known: Sequence[float], calibrated: Sequence[str | Path]) -> list[float | None]:
    """Return the steps of a part's versions.

    Args:
        known: The steps, if they are known from the study.
        calibrated: Else one table `STEPS`.

    Returns:
        The step of each version; None for a level without.
    """
    if not calibrated:
        return list(known)
    read: list[float | None] = tables.read(calibrated[0], ["step"])["step"].to_pylist()
    return read


def table(
    parts: Mapping[str, Sequence[int]],
    along: NDArray[np.float64],
    space: str,
    equal: Mapping[float, float],
    calibrated: Sequence[str | Path],
) -> pd.DataFrame:
    """List the steps of every part.

    Args:
        parts: The layers that each part moves, by its name.
        along: (layers, w_dim) from `rows.units`.
        space: The direction's space: "w" or "w_plus".
        equal: The steps of equal norm, by level.
        calibrated: If steps are of equal image change, the table `STEPS` of each part.

    Returns:
        One row per part and level: `layer`, `level`, `step`, `moved` and `reason`.
    """
    rows = []
    for place, (part, chosen) in enumerate(parts.items()):
        own = [{"level": level, "step": step, "reason": None} for level, step in equal.items()]
        if calibrated:
            own = tables.read(calibrated[place]).to_pylist()
        for row in own:
            step = np.nan if row["step"] is None else row["step"]
            distance = moved(step, chosen, along, space)
            rows.append({"layer": part, **row, "step": step, "moved": distance})
    return pd.DataFrame(rows)
