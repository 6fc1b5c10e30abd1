"""The table of directions: unit vectors in latent spaces, one row each, whoever made it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mnemo import tables

DIRECTIONS = tables.define(
    "Directions that edits move along",
    tables.field("name", pa.string(), "name of the direction"),
    tables.field(
        "method",
        pa.string(),
        "where it comes from; the table methods has a column of this name that also tells apart "
        "estimators, directions that hold attributes and edits of some layers",
        limits="hyperplane, file, learned",
    ),
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
        "held constant; null for a direction that is not a hyperplane's",
        nullable=True,
    ),
    tables.field(
        "norm",
        pa.float64(),
        "length of the vector in the file; null where there is no file",
        nullable=True,
    ),
    tables.field(
        "scale",
        pa.float64(),
        "distance that an alpha of 1 moves: the length of a learned direction, whose alphas are in "
        "the unit of the assessor's score; 1 for any other",
        unit="length in the latent space for a unit of alpha",
        limits="above 0",
    ),
    *tables.estimate(
        "slope",
        "mean rise of the assessor's score by alpha, on 200 latents drawn as those of the set fit, "
        "from seeds of no set: (score at 0.1 - score at -0.1) / 0.2, or between the largest alphas "
        "that it is learned with, if they are smaller. 1 if an alpha of 0.1 moves the score by "
        "0.1. A rise that flattens on one side does not show, as it does in local_slopes. Null for "
        "a direction that is not learned",
        unit="score per unit of alpha",
        nullable=True,
    ),
    tables.field(
        "agreement",
        pa.float64(),
        "cosine of a learned direction with that of the next best start, which saw other latents; "
        "null where only one start found a direction, and for a direction that is not learned",
        limits="-1 to 1",
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
    scale: float = 1.0,
    slope: Sequence[float | None] = (None, None, None),
    agreement: float | None = None,
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
        scale: Distance that an alpha of 1 moves.
        slope: Rise of the score by alpha along a learned direction, with its interval.
        agreement: Cosine of a learned direction with that of its next best start.
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
        "scale": [scale],
        **dict(zip(("slope", "slope_low", "slope_high"), ([end] for end in slope), strict=True)),
        "agreement": [agreement],
        "foreign": [foreign],
        "source": [source],
    }
