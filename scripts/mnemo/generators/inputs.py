"""Checks of what generators are given: latents and seeds."""

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnemo.errors import MnemoError

#: Seeds of latents are below this, as NumPy's `RandomState` takes them.
LATENT_SEEDS = 2**32
#: Seeds of noise are below this, the largest bound that every integer type's seeds fit.
NOISE_SEEDS = 2**63


def latents(name: str, values: Any) -> NDArray[np.float32]:
    """Read latents.

    Args:
        name: What errors call them.
        values: An array of any layout in memory, or nested lists.

    Returns:
        A copy.

    Raises:
        MnemoError: They are no array of numbers, or not all finite in float32.
    """
    try:
        with np.errstate(over="ignore"):
            array = np.array(values, np.float32, order="C")
    except (ArithmeticError, TypeError, ValueError) as why:
        raise MnemoError(f"{name} must be an array of numbers ({why})") from why
    if not np.isfinite(array).all():
        raise MnemoError(f"{name} must be finite, and some numbers are infinite or undefined")
    return array


def seeds(values: Sequence[int], bound: int) -> list[int]:
    """Read seeds.

    Args:
        values: Whole numbers of any type.
        bound: What they must be below: `LATENT_SEEDS` or `NOISE_SEEDS`.

    Returns:
        The seeds.

    Raises:
        MnemoError: A seed is no whole number from 0 to below the bound; the message names it.
    """
    return [_seed(value, bound) for value in values]


def _seed(value: Any, bound: int) -> int:
    try:
        seed = index(value)
    except TypeError:
        seed = -1
    if not 0 <= seed < bound:
        raise MnemoError(f"a seed must be a whole number from 0 to {bound - 1}, and is {value}")
    return seed
