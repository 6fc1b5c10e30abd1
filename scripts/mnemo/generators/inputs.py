"""Checks of a generator's inputs: latents and seeds."""

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnemo.errors import MnemoError

#: Upper bound of latent seeds, exclusive, as for NumPy's `RandomState`.
LATENT_SEEDS = 2**32
#: Upper bound of noise seeds, exclusive: seeds below it fit into a signed 64-bit integer.
NOISE_SEEDS = 2**63


def latents(name: str, values: Any) -> NDArray[np.float32]:
    """Return latents as a float32 array, after checking them.

    Args:
        name: How error messages refer to the latents.
        values: An array of any memory layout, or nested lists.

    Returns:
        A copy, in C order.

    Raises:
        MnemoError: The values are not an array of numbers, or not all finite in float32.
    """
    try:
        with np.errstate(over="ignore"):
            array = np.array(values, np.float32, order="C")
    except (ArithmeticError, TypeError, ValueError) as why:
        raise MnemoError(f"{name} must be an array of numbers ({why})") from why
    if not np.isfinite(array).all():
        raise MnemoError(f"{name} must be finite, but some numbers are infinite or undefined")
    return array


def check_rows(shape: Sequence[int], width: int, layers: int = 0) -> None:
    """Check the shape of latents.

    Args:
        shape: Their shape.
        width: The dimensions of a latent.
        layers: Number of layers that may each have its own latent; 0 for none.

    Raises:
        MnemoError: The shape is neither (n, width) nor (n, layers, width).
    """
    allowed: dict[tuple[int, ...], str] = {(width,): f"(n, {width})"}
    if layers:
        allowed[layers, width] = f"(n, {layers}, {width})"
    if tuple(shape[1:]) not in allowed:
        raise MnemoError(
            f"latents must have the shape {' or '.join(allowed.values())}, but have {tuple(shape)}"
        )


def seeds(values: Sequence[int], bound: int) -> list[int]:
    """Return seeds as a list of int, after checking them.

    Args:
        values: Integers of any type.
        bound: Upper bound, exclusive: `LATENT_SEEDS` or `NOISE_SEEDS`.

    Returns:
        The seeds.

    Raises:
        MnemoError: A seed is not an integer from 0 to bound - 1; the message states the seed.
    """
    return [_seed(value, bound) for value in values]


def _seed(value: Any, bound: int) -> int:
    try:
        seed = index(value)
    except TypeError:
        seed = -1
    if not 0 <= seed < bound:
        raise MnemoError(f"a seed must be an integer from 0 to {bound - 1}, but is {value}")
    return seed
