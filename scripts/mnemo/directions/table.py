"""Directions in latent spaces: one row each, whoever made it."""

import pyarrow as pa

from mnemo import tables

DIRECTIONS = tables.define(
    "Direction of an edit that was read from a file",
    tables.field("space", pa.string(), "latent space of the direction", limits="z, w, w_plus"),
    tables.field(
        "normal", pa.list_(pa.field("element", pa.float64(), nullable=False)), "unit vector"
    ),
    tables.field("norm", pa.float64(), "length of the vector that the file holds"),
    tables.field(
        "layers", pa.int64(), "layers that the direction has a part for; 1 but for w_plus"
    ),
    tables.field(
        "foreign",
        pa.bool_(),
        "whether the file was made with other weights, or for another number of layers, as far as "
        "it tells",
    ),
    tables.field("source", pa.string(), "name of the file"),
)
