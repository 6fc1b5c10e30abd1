"""Conditional edits: move along a normal and hold attributes still (paper 1, 2.4 and A.5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import linalg

from mnemo import tables
from mnemo.errors import MnemoError

CONDITIONS = tables.define(
    "Attributes that a direction holds constant, and its cosines with them",
    tables.field("direction", pa.string(), "name of the direction"),
    tables.field("attribute", pa.string(), "assessor of the attribute"),
    tables.field(
        "cosine_before",
        pa.float64(),
        "cosine between the hyperplane's normal and the attribute's",
        limits="-1 to 1",
    ),
    tables.field(
        "cosine_after",
        pa.float64(),
        "the same after the projection",
        limits="-1 to 1",
    ),
    tables.field(
        "kept",
        pa.float64(),
        "length of the unit normal that the projection leaves",
        limits="0 to 1; above 1 under the preset faithful where attributes are alike",
    ),
)

# A normal fitted on 100,000 latents of 512 dimensions is some degrees off: 0.06 of a degree that
# is left of it is noise.
_LEAST_KEPT = 1e-3


@dataclass(frozen=True, eq=False)
class Condition:
    """The normal of an edit, made to hold attributes still.

    Attributes:
        attributes: What is held.
        normal: (d,) unit normal to move along.
        kept: Length of the unit normal that the projection leaves, before it is made a unit again.
            A move by alpha adds `kept` times alpha to the distance from the edit's own hyperplane.
            Paper 1's authors leave the normal at that length: their step of alpha is one of `kept`
            times alpha here.
        cosines_before: Cosine between the edit's normal and that of each attribute, -1 to 1.
        cosines_after: The same of `normal`; 0 but for rounding, unless the preset is `faithful`.
    """

    attributes: tuple[str, ...]
    normal: NDArray[np.float64]
    kept: float
    cosines_before: NDArray[np.float64]
    cosines_after: NDArray[np.float64]


def project(
    normal: NDArray[np.float64],
    held: Mapping[str, NDArray[np.float64]],
    *,
    preset: Literal["corrected", "faithful"] = "corrected",
) -> Condition:
    """Take out of an edit's normal what would change attributes.

    Paper 1 subtracts the normal's projection on each attribute: w* - sum of (w* . a_i) a_i. That is
    orthogonal to the attributes only where they are so to each other; age and glasses are not. So
    the sum is taken over an orthonormal basis of the attributes' span in place of themselves, which
    is the orthogonal projection on what is orthogonal to all of them. It depends on that span
    alone, and for one or two attributes is InterFaceGAN's `project_boundary`.

    Args:
        normal: (d,) unit normal of the edit's hyperplane, in any space.
        held: (d,) normal of each attribute's hyperplane in the same space, of any length; they may
            depend on each other.
        preset: `corrected` projects orthogonally; `faithful` takes the paper's sum. Of one
            attribute they are the same.

    Returns:
        The condition.

    Raises:
        MnemoError: A normal belongs to another space, or the attributes leave nothing of the edit.
    """
    for name, attribute in held.items():
        if attribute.shape != normal.shape:
            raise MnemoError(
                f"the normal of {name} has {attribute.size} numbers and that of the edit "
                f"{normal.size}: fit both in one space of one generator"
            )
    if not held:
        nothing = np.empty(0)
        return Condition((), normal, 1.0, nothing, nothing)
    units = np.array([vector / np.linalg.norm(vector) for vector in held.values()])
    units = units.reshape(len(held), normal.size)
    subtracted = units if preset == "faithful" else linalg.orth(units.T).T
    left = normal - subtracted.T @ (subtracted @ normal)
    kept = float(np.linalg.norm(left))
    if kept < _LEAST_KEPT:
        raise MnemoError(
            f"holding {', '.join(held)} constant leaves nothing of the direction: {kept:.1g} of "
            "its unit normal is orthogonal to them. Hold fewer attributes, or take another "
            "assessor's hyperplane."
        )
    left /= kept
    return Condition(tuple(held), left, kept, units @ normal, units @ left)


def rows(direction: str, condition: Condition) -> dict[str, list[Any]]:
    """Lay a condition out as rows of a table `CONDITIONS`, one for each attribute.

    Args:
        direction: Name of the direction.
        condition: What it holds constant.

    Returns:
        The columns.
    """
    n = len(condition.attributes)
    return {
        "direction": [direction] * n,
        "attribute": list(condition.attributes),
        "cosine_before": condition.cosines_before.tolist(),
        "cosine_after": condition.cosines_after.tolist(),
        "kept": [condition.kept] * n,
    }
