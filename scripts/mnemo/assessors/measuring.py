"""Measuring several factors of each image at once, for those that need a model or a detection.

An image can lack such factors, because it has no face or no object. It then has no row in the table
of their scores, as an image without a face has none among the ovals.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from tqdm import tqdm

from mnemo import images, scores, tables

Pixels = NDArray[np.uint8]


class Measurer(Protocol):
    """Measures factors of an image from one look at it."""

    def measure(self, image: Pixels, factors: Sequence[str]) -> list[float]:
        """Measure factors of an image.

        Args:
            image: (height, width, 3), RGB.
            factors: Names in the registry of assessors.

        Returns:
            The factors, in their order; nan where the image lacks what they describe.
        """


class FactorScorer:
    """An assessor whose score is one of a measurer's factors.

    Args:
        factor: Its name in the registry.
        measurer: What measures it.
    """

    def __init__(self, factor: str, measurer: Measurer):
        self.factor = factor
        self.measurer = measurer

    def score(self, images: Sequence[Pixels]) -> NDArray[np.float32]:
        """Measure the factor of images.

        Args:
            images: Each (height, width, 3), RGB; their sizes may differ.

        Returns:
            (n,); nan where an image lacks what the factor describes.
        """
        bar = tqdm(images, desc=self.factor, unit=" images", mininterval=5)
        return np.array(
            [self.measurer.measure(image, [self.factor])[0] for image in bar], np.float32
        )


def measured(
    paths: Sequence[str | Path], measurer: Measurer, factors: Sequence[str]
) -> list[tuple[pa.Table, NDArray[np.float32]]]:
    """Measure the images of some shards.

    Args:
        paths: The shards.
        measurer: What measures them.
        factors: Names of the factors.

    Returns:
        For each shard the rows that have an image, and their (n, factors) values; nan where an
        image lacks a factor.
    """
    shards = []
    for path in paths:
        shard, pixels = images.read(path)
        bar = tqdm(pixels, desc="factors", unit=" images", mininterval=5)
        values = np.array([measurer.measure(image, factors) for image in bar], np.float32)
        shards.append((shard, values.reshape(len(shard), len(factors))))
    return shards


def rows(
    shards: Sequence[tuple[pa.Table, NDArray[np.float32]]], place: int, factor: str, shape: str
) -> Iterator[dict[str, Any]]:
    """Lay one factor of measured shards out as columns of `scores.SCORES`.

    Args:
        shards: The result of `measured`.
        place: Place of the factor among those measured.
        factor: Its name.
        shape: Shape of the images.

    Yields:
        The columns of each shard, without the images that lack the factor.
    """
    for shard, values in shards:
        known = np.isfinite(values[:, place])
        yield scores.scored(shard.filter(pa.array(known)), factor, shape, values[known, place])


def write(
    paths: Sequence[str | Path],
    measurer: Measurer,
    outputs: Mapping[str, str | Path],
    shape: str,
    provenance: tables.Provenance,
) -> None:
    """Measure the images of some shards, and write each factor as scores.

    Args:
        paths: The shards.
        measurer: What measures them.
        outputs: A table of `scores.SCORES` for each factor.
        shape: Shape of the images.
        provenance: How the tables are made.
    """
    shards = measured(paths, measurer, list(outputs))
    for place, (factor, output) in enumerate(outputs.items()):
        found = rows(shards, place, factor, shape)
        tables.write_parts(output, scores.SCORES, found, provenance)
