"""How a set is cut into shards: of a fixed size, so that a larger set has the same and more."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mnemo.study.config import ImageSet


# Snakemake asks for each shard of a set anew.
@cache
def cut(images: ImageSet, size: int) -> Mapping[str, range]:
    """Cut a set into shards.

    Args:
        images: The set.
        size: Images in a shard; the last may have fewer.

    Returns:
        The seeds of each shard, by the shard's name: its number, zero-padded to 5 digits.
    """
    seeds = range(images.first_seed, images.first_seed + images.count)
    return MappingProxyType(
        {
            f"{number:05d}": seeds[start : start + size]
            for number, start in enumerate(range(0, images.count, size))
        }
    )


def within(shard: str, images: ImageSet, size: int, smaller: int) -> list[str]:
    """Name the small shards that a large one covers.

    Args:
        shard: The large shard.
        images: The set that both are cut from.
        size: Images in a large shard.
        smaller: Images in a small shard, a divisor of `size`.

    Returns:
        The names of the small ones, in order.
    """
    times = size // smaller
    return list(cut(images, smaller))[int(shard) * times :][:times]
