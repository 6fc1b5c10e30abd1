"""The table of directions: unit vectors in latent spaces, one row each, whoever made it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mnemo import tables

DIRECTIONS = tables.define(
    "Directions that edits move along",
    tables.field("name", pa.string(), "name of the direction"),
    tables.field("method", pa.string(), "where it comes from", limits="hyperplane, file"),
    tables.field("space", pa.string(), "latent space of the direction", limits="z, w, w_plus"),
    tables.field("generator", pa.string(), "generator whose latent space it lies in"),
    tables.field(
        "generator_sha256",
        pa.string(),
        "sha256 of the generator's weights; null before their first use",
        nullable=True,
    ),
    tables.field("assessor", pa.string(), "assessor that it was found with", nullable=True),
    tables.field("shape", pa.string(), "shape of the images that it scored", nullable=True),
    tables.field("threshold", pa.string(), "threshold of the hyperplane", nullable=True),
    tables.field(
        "estimator",
        pa.string(),
        "what the hyperplane was fitted with; null where the direction is not of one",
        limits="logistic, ridge, svm",
        nullable=True,
    ),
    tables.field(
        "hold",
        pa.list_(pa.field("element", pa.string(), nullable=False)),
        "assessors of the attributes that it holds constant",
    ),
    tables.field(
        "layers", pa.int64(), "layers that the direction has a part for; 1 except in w_plus"
    ),
    tables.field(
        "normal", pa.list_(pa.field("element", pa.float64(), nullable=False)), "unit vector"
    ),
    tables.field(
        "intercept",
        pa.float64(),
        "signed distance of the origin from the hyperplane; null where the direction is not a "
        "hyperplane's normal",
        nullable=True,
    ),
    tables.field(
        "kept",
        pa.float64(),
        "length that the projection leaves of the hyperplane's unit normal, 1 where nothing is "
        "held constant; null for a direction from a file",
        nullable=True,
    ),
    tables.field(
        "norm",
        pa.float64(),
        "length of the vector in the file; null where there is no file",
        nullable=True,
    ),
    tables.field(
        "foreign",
        pa.bool_(),
        "whether the file was made with other weights, or for another number of layers, as far as "
        "it records that",
    ),
    tables.field(
        "source", pa.string(), "name of the file; null where there is none", nullable=True
    ),
)


def row(
    settings: Mapping[str, Any],
    generator: str,
    sha256: str | None,
    normal: NDArray[np.float64],
    layers: int,
    *,
    intercept: float | None = None,
    kept: float | None = None,
    norm: float | None = None,
    foreign: bool = False,
    source: str | None = None,
) -> dict[str, list[Any]]:
    """Lay a direction out as the one row of a table `DIRECTIONS`.

    Args:
        settings: What the study says of it: `name`, `method`, `space`, `assessor`, `shape`,
            `threshold` and `hold`, and of a hyperplane its `estimator`.
        generator: Name of the generator.
        sha256: That of its weights, if known.
        normal: (d,) unit vector.
        layers: Layers that it has a part for.
        intercept: Signed distance of the origin from its hyperplane, if it is a normal.
        kept: Length that a projection left of the normal.
        norm: Length of the vector in its file.
        foreign: Whether it is another generator's.
        source: Name of its file.

    Returns:
        The columns.
    """
    named = ("name", "method", "space", "assessor", "shape", "threshold", "hold")
    return {
        **{key: [settings[key]] for key in named},
        "estimator": [settings.get("estimator")],
        "generator": [generator],
        "generator_sha256": [sha256],
        "normal": [normal],
        "layers": [layers],
        "intercept": [intercept],
        "kept": [kept],
        "norm": [norm],
        "foreign": [foreign],
        "source": [source],
    }
