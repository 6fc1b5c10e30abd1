"""Edits of some layers alone (paper 1, section 3.4), in steps that are equal for all layers."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mnemo.edits.move import move
from mnemo.errors import MnemoError


def edit(
    latents: pa.Table,
    along: NDArray[np.float64],
    name: str,
    steps: Sequence[float | None],
    *,
    chosen: Sequence[int] | None = None,
    rows: range | None = None,
) -> pa.Table:
    """Move images in some layers, each layer along its own part of the direction.

    Args:
        latents: The table `LATENTS` of the images.
        along: (layers, w_dim) unit vector of each layer.
        name: Name of the part that moves, the `edit` of the result.
        steps: Distance that the w of each moved layer moves in each version of an image; None for
            a version that is left out.
        chosen: Indices of the layers that move; None for all.
        rows: Places of the wanted versions, the versions of an image one after another, those that
            are left out counted; None for all.

    Returns:
        The table `LATENTS` of the wanted versions, with the step as `alpha`.

    Raises:
        MnemoError: The direction has no part in a layer that should move.
    """
    layers = len(along)
    moving = range(layers) if chosen is None else chosen
    if still := [layer for layer in moving if not along[layer].any()]:
        raise MnemoError(
            f"the direction has no part in the layers {', '.join(map(str, still))}, which can't "
            "move along it. Leave them out of `layerwise.layers`, or name another direction."
        )
    known = {version: step for version, step in enumerate(steps) if step is not None}
    versions = [
        move(latents, along.ravel(), "w_plus", name, step, layers=layers, chosen=chosen)
        for step in known.values()
    ]
    places = dict(zip(known, range(0, len(known) * len(latents), len(latents)), strict=True))
    wanted = range(len(latents) * len(steps)) if rows is None else rows
    found = [divmod(row, len(steps)) for row in wanted]
    order = [places[version] + image for image, version in found if version in places]
    return pa.concat_tables(versions or [latents.slice(0, 0)]).take(pa.array(order, pa.int64()))
