"""Distances of edited faces' embeddings from those at alpha 0, image by image."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd

from mnemo.results import identity


def measure(embeddings: Mapping[float | None, identity.Embeddings]) -> pd.DataFrame:
    """Compute the distances of faces' embeddings from those at alpha 0.

    Args:
        embeddings: Embeddings of one edit by alpha, including alpha 0, as `identity.read` has them.

    Returns:
        One row per `image` and `alpha` with its `distance`; none for a face that is lost.
    """
    faces = {
        alpha: pd.DataFrame(np.asarray(rows, np.float64), index=list(keys)).dropna()
        for alpha, (keys, rows) in embeddings.items()
    }
    parts = [
        np.linalg.norm(moved - faces[0].reindex(moved.index), axis=1) for moved in faces.values()
    ]
    found = [
        pd.DataFrame({"image": moved.index, "alpha": alpha, "distance": part})
        for (alpha, moved), part in zip(faces.items(), parts, strict=True)
    ]
    return pd.concat(found, ignore_index=True).dropna()


def read(paths: Iterable[str | Path]) -> pd.DataFrame | None:
    """Compute the distances of the faces of several edits, one edit in memory at a time.

    Args:
        paths: Tables of embeddings in `<edit>/<alpha>/embeddings/<embedder>/`, edit by edit.

    Returns:
        The rows of `measure` with their `edit`; None of no path.

    Raises:
        MnemoError: A shard is missing or damaged.
    """
    parts = [
        measure(identity.read(list(own))).assign(edit=edit)
        for edit, own in groupby(paths, lambda path: Path(path).parts[-5])
    ]
    return pd.concat(parts, ignore_index=True) if parts else None
