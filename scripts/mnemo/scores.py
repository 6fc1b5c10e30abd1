"""Scores of images: the table that assessors write, and how scores are read."""

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
        "score", pa.float32(), "what the assessor says of the image, as it says it, unscaled"
    ),
)


def scored(
    images: pa.Table, assessor: str, shape: str, scores: NDArray[np.float32]
) -> dict[str, Any]:
    """Lay out the columns of `SCORES` for some images.

    Args:
        images: A table with the columns `PLACE`.
        assessor: Who scored them.
        shape: The shape that was scored.
        scores: (n,).

    Returns:
        The columns.
    """
    n = len(images)
    return {
        **tables.place(images),
        "assessor": [assessor] * n,
        "shape": [shape] * n,
        "score": scores,
    }


def difference(first: pa.Table, second: pa.Table) -> NDArray[np.float32]:
    """Subtract the scores of the same images.

    Args:
        first: A table `SCORES`.
        second: Another, of the same images in the same order.

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
    """Read scores, of which there must be some.

    Args:
        paths: Tables `SCORES`.
        columns: The columns wanted.

    Returns:
        A row for each score.

    Raises:
        MnemoError: As for `read`; or there is no score, since no face was found in any image.
    """
    read_scores = tables.frame(paths, columns)
    if read_scores.empty:
        raise MnemoError(
            f"{Path(paths[0]).parent} has no score: no face was found in any image. Look at the "
            "images: change `truncation_psi` until they are faces, give MTCNN a larger "
            "`ovals.detection_height`, or take `oval` out of `shapes`."
        )
    return read_scores
