"""Steps of layerwise edits that change the image by a wanted amount."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from mnemo.errors import MnemoError

#: How far a layer's w is moved at most to change the image by a wanted amount, in root-mean-square
#: distances of the images' w from their mean: far outside of what the generator was trained on.
FARTHEST = 16.0
#: Where the search for the first step starts, in the same unit.
FIRST = 0.25
#: Precision of a step of equal image change, relative to the step.
TOLERANCE = 0.01


def steps_of_change(
    change: Callable[[float], float], levels: Sequence[float], size: float, spread: float
) -> dict[float, float]:
    """Find the steps that change the image by a wanted amount.

    Args:
        change: Mean image change at a step that is not 0: continuous, and 0 at the limit of 0.
        levels: The levels, none of them 0. The wanted change is a level's absolute value times
            `size`, and its step has its sign.
        size: Image change of one level.
        spread: Root-mean-square distance of the images' w from their mean.

    Returns:
        The step of each level, ascending, up to `TOLERANCE` of it; nan if no step up to `FARTHEST`
        changes the image that much. Should the change not grow all the way, it is one of several.
    """
    known = cache(change)
    steps = dict.fromkeys(sorted(levels), np.nan)
    for sign in (-1, 1):
        near, far = 0.0, FIRST * spread
        for level in sorted((level for level in levels if level * sign > 0), key=abs):
            wanted = abs(level) * size
            while known(sign * far) < wanted and far < FARTHEST * spread:
                near, far = far, min(2 * far, FARTHEST * spread)
            if known(sign * far) < wanted:
                break
            found = brentq(partial(_beyond, known, sign, wanted), near, far, rtol=TOLERANCE)
            steps[level], near = sign * found, found
    return steps


def _beyond(change: Callable[[float], float], sign: int, wanted: float, step: float) -> float:
    """Return by how much the image changes more than is wanted."""
    return (change(sign * step) if step else 0.0) - wanted


def spread(latents: NDArray[np.float32]) -> float:
    """Compute the root-mean-square distance of w from its mean, over images and layers.

    Args:
        latents: (n, layers, w_dim) from `latents.layered`.

    Returns:
        The distance.
    """
    squares = np.square(latents - latents.mean(axis=0), dtype=np.float64).sum(axis=2)
    return float(np.sqrt(squares.mean()))


def columns(steps: Mapping[float, float], size: float) -> dict[str, list[Any]]:
    """Return the columns of `steps.STEPS` for steps from `steps_of_change`.

    Args:
        steps: The step of each level; nan where there is none.
        size: As for `steps_of_change`.

    Raises:
        MnemoError: No level has a step.
    """
    if np.isnan([*steps.values()]).all():
        raise MnemoError(
            f"nothing changes the images by {size:g} (layerwise.size), up to {FARTHEST:g} times "
            "the spread of w. Take a smaller size, or leave these layers out of layerwise.layers."
        )
    reasons = [
        f"no step up to {FARTHEST:g} times the spread of w changes the image by "
        f"{abs(level) * size:g}"
        if np.isnan(step)
        else None
        for level, step in steps.items()
    ]
    return {"level": [*steps], "step": [*steps.values()], "reason": reasons}
