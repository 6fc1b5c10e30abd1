"""The table of scores that assessors write, and how scores are read."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from mnemo import tables
from mnemo.errors import MnemoError

ASSESSOR = tables.field("assessor", pa.string(), "model that scored the image")


SHAPE = tables.field("shape", pa.string(), "shape of the image scored", limits="square, oval")


SCORES = tables.define(
    "Scores of the images, by assessor and shape",
    *tables.PLACE,
    ASSESSOR,
    SHAPE,
    tables.field(
        "score", pa.float32(), "the assessor's score of the image, on the assessor's own scale"
    ),
)


def scored(
    images: pa.Table, assessor: str, shape: str, scores: NDArray[np.float32]
) -> dict[str, Any]:
    """Return the columns of `SCORES` for some images.

    Args:
        images: A table with the columns `PLACE`.
        assessor: Name of the assessor.
        shape: Shape of the images scored: "square" or "oval".
        scores: (n,).

    Returns:
        The columns.

    Raises:
        MnemoError: A score is not a finite number.
    """
    n = len(images)
    if not (finite := np.isfinite(scores)).all():
        first = images["image"][int(np.argmin(finite))]
        raise MnemoError(
            f"{assessor} gives {n - int(finite.sum())} of {n} {shape} images no finite score, "
            f"image {first} first. Look at that image and at the assessor's weights: they may "
            "hold numbers that are not finite, or be another network's."
        )
    return {
        **tables.place(images),
        "assessor": [assessor] * n,
        "shape": [shape] * n,
        "score": scores,
    }


def difference(first: pa.Table, second: pa.Table) -> NDArray[np.float32]:
    """Compute the differences between two sets of scores of the same images.

    Args:
        first: A table `SCORES`.
        second: A table `SCORES` of the same images in the same order.

    Returns:
        (n,), first minus second.

    Raises:
        ValueError: The images are not the same.
    """
    if not all(first[field.name].equals(second[field.name]) for field in tables.PLACE):
        raise ValueError("scores of different images can't be subtracted")
    scores: NDArray[np.float32] = first["score"].to_numpy() - second["score"].to_numpy()
    return scores


def read(paths: Sequence[str | Path], columns: Sequence[str]) -> pd.DataFrame:
    """Read scores, refusing tables that hold none.

    Args:
        paths: Tables `SCORES`.
        columns: Names of the columns to read.

    Returns:
        One row per score.

    Raises:
        MnemoError: A table is damaged or lacks a column, or there is no score at all, because no
            face was found in any image.
    """
    read_scores = tables.frame(paths, columns)
    if read_scores.empty:
        raise MnemoError(
            f"{Path(paths[0]).parent} has no scores: no face was found in any image. Look at the "
            "images, then change `truncation_psi` until they show faces, increase "
            "`ovals.detection_height`, or remove `oval` from `shapes`."
        )
    return read_scores
