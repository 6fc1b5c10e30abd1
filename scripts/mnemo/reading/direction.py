"""A direction as users read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Direction:
    """A unit vector in a latent space. The table `directions` has all that is known of it.

    Attributes:
        name: Its name.
        method: Where it comes from: hyperplane, file or learned.
        space: Its latent space: z, w or w_plus.
        generator: The generator whose latent space it lies in.
        assessor: The assessor that it was found with; None if a file does not say it.
        hold: Assessors of the attributes that it holds constant.
        layers: Layers that it has a part for; 1 except in w_plus.
        normal: (d,) unit vector, read-only; in w_plus the parts of the layers, one after another.
        intercept: Signed distance of the origin from the hyperplane; None if it is of none. A
            latent x is at the signed distance `x @ normal + intercept`.
        scale: Distance that an alpha of 1 moves: where all layers move, to
            `x + alpha * scale * normal`.
        norm: Length of the vector in its file; None if there is no file.
    """

    name: str
    method: str
    space: str
    generator: str
    assessor: str | None
    hold: tuple[str, ...]
    layers: int
    normal: NDArray[np.float64] = field(repr=False)
    intercept: float | None
    scale: float
    norm: float | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return the direction of a row of the table `directions`."""
        normal = np.array(row["normal"], np.float64)
        normal.setflags(write=False)
        values = {each.name: row[each.name] for each in fields(cls)}
        return cls(**{**values, "normal": normal, "hold": tuple(row["hold"])})
