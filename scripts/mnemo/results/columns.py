"""Columns shared by the tables of several results."""

import pyarrow as pa

from mnemo import tables
from mnemo.scores import ASSESSOR, SHAPE

EDITED = [tables.field("edit", pa.string(), "name of the edit"), ASSESSOR, SHAPE]
MOVED = tables.field(
    "alpha",
    pa.float64(),
    "how far the edit moves along its unit direction: a distance if all layers move",
    unit="length in the latent space of the edit",
)
SLOPE = (
    tables.field(
        "slope", pa.float64(), "change of score", unit="score per unit of alpha", nullable=True
    ),
    tables.field("low", pa.float64(), "lower end of the interval of the slope", nullable=True),
    tables.field("high", pa.float64(), "upper end of the interval of the slope", nullable=True),
)
