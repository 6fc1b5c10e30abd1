"""The table of how the loss fell while directions were learned."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from mnemo import tables

_SQUARE = "square of the assessor's score"

LEARNING = tables.define(
    "How the loss fell while directions were learned: a row for each measurement",
    tables.field("direction", pa.string(), "name of the direction"),
    tables.field(
        "restart",
        pa.int64(),
        "number of the start, from 0, which the figure calls start 1. Each sees other latents, and "
        "begins at zeros, or at other normal numbers with start: normal",
    ),
    tables.field("step", pa.int64(), "steps taken since the start"),
    tables.field("images", pa.int64(), "latents moved and rendered since the start"),
    tables.field(
        "loss",
        pa.float64(),
        "mean of the loss (GANalyze, equation 1) in the steps since the last measurement; null "
        "before the first step",
        unit=_SQUARE,
        limits="at least 0",
        nullable=True,
    ),
    tables.field(
        "held_out_loss",
        pa.float64(),
        "mean loss on latents on which no step is taken; null if it is not finite",
        unit=_SQUARE,
        limits="at least 0",
        nullable=True,
    ),
    tables.field(
        "length",
        pa.float64(),
        "length of the direction, which the paper calls theta: distance in the latent space for an "
        "alpha of 1; the mean over classes that have directions of their own",
        unit="length in the latent space for a unit of the score",
        nullable=True,
    ),
    tables.field(
        "ended",
        pa.string(),
        "why the start ended, in its last measurement; null in the others",
        nullable=True,
    ),
    tables.field("chosen", pa.bool_(), "whether this is the direction that was kept"),
)


def curve(name: str, measured: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Lay out how the loss fell while a direction was learned.

    Args:
        name: The direction.
        measured: `Learned.curve`.

    Returns:
        The columns of `LEARNING`.
    """
    rows = [{"direction": name, **row} for row in measured]
    return {column: [row[column] for row in rows] for column in LEARNING.names}
