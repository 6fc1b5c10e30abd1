"""Identity: whether edited faces still show the same persons.

Paper 1 aims to keep a person's identity (section 1), and reports that large alphas change it
(section 4). Here identity is measured as in face recognition: by the distance between the embedding
of an edited face and that of the same face at alpha 0.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy import stats
from scipy.spatial.distance import pdist
from statsmodels.stats.proportion import proportion_confint

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.results import columns

IDENTITY = tables.define(
    "Whether edited faces still show the same person",
    tables.field("edit", pa.string(), "name of the edit"),
    columns.MOVED,
    tables.field("n", pa.int64(), "number of images with a face both at this alpha and at alpha 0"),
    tables.field(
        "lost", pa.int64(), "number of images with a face at alpha 0 but none at this alpha"
    ),
    *tables.estimate(
        "distance", "mean distance of the embedding from that at alpha 0", nullable=True
    ),
    *tables.estimate(
        "accepted",
        "share of images whose distance is below the threshold",
        limits="0 to 1",
        nullable=True,
    ),
    tables.field("threshold", pa.float64(), "distance below which two faces count as one person"),
    tables.field(
        "chance",
        pa.float64(),
        "share of pairs of different images at alpha 0 whose distance is below the threshold",
        limits="0 to 1",
        nullable=True,
    ),
)

#: (n,) keys of images, and (n, dim) embeddings of their faces; a row is nan if there is no face.
Embeddings = tuple[Sequence[str], NDArray[np.floating[Any]]]

#: Largest number of faces that are compared in pairs to estimate `chance`.
SAMPLE = 1000


def read(paths: Iterable[str | Path]) -> dict[float | None, Embeddings]:
    """Read the shards of embeddings of one or more sets.

    Args:
        paths: Tables `features.table.FEATURES`, with null features where no face was found.

    Returns:
        The embeddings by alpha; the key of an unedited set is None.

    Raises:
        MnemoError: A shard is missing or damaged.
    """
    columns = ("image", "alpha", "features")
    table = pa.concat_tables([tables.read(path, columns) for path in paths])
    features = table["features"]
    found = features.is_valid().to_numpy()
    faces = tables.rows(features.drop_null()) if found.any() else np.empty((0, 1), np.float32)
    embeddings = np.full((len(table), faces.shape[1]), np.nan, np.float32)
    embeddings[found] = faces
    keys = np.array(table["image"].to_pylist(), object)
    alphas = np.array(table["alpha"].to_pylist(), object)
    # The alphas are compared for equality, not sorted, because they may include None.
    return {
        alpha: (keys[alphas == alpha].tolist(), embeddings[alphas == alpha])
        for alpha in dict.fromkeys(alphas)
    }


def measure(
    embeddings: Mapping[float, Embeddings], *, threshold: float, confidence: float = 0.95
) -> pd.DataFrame:
    """Compute how far the faces at each alpha are from the same faces at alpha 0.

    Args:
        embeddings: Embeddings by alpha, including alpha 0.
        threshold: Euclidean distance below which two faces count as one person.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The columns of `IDENTITY` except `edit`, one row per alpha, ascending; nan if there is no
        estimate. The mean `distance` has a t interval and the share `accepted` a Wilson score
        interval, both over the `n` images with a face both at this alpha and at alpha 0. `chance`
        is the share of pairs of different images at alpha 0, among the first `SAMPLE` with a face,
        whose distance is below the threshold; `accepted` is not expected to fall below it.

    Raises:
        MnemoError: Alpha 0 is missing.
    """
    if 0 not in embeddings:
        raise MnemoError(
            "There are no images at alpha 0, with which edited faces are compared. Add 0 to the "
            "edit's `alphas`."
        )
    faces = {
        alpha: pd.DataFrame(np.asarray(rows, np.float64), index=list(keys)).dropna()
        for alpha, (keys, rows) in embeddings.items()
    }
    original = faces[0]
    between = pdist(original.sort_index()[:SAMPLE])
    chance = float(np.mean(between < threshold)) if len(between) else np.nan
    rows = []
    for alpha in sorted(faces):
        kept = original.index.intersection(faces[alpha].index)
        moved = faces[alpha].loc[kept].to_numpy() - original.loc[kept].to_numpy()
        rows.append(
            {
                "alpha": alpha,
                "n": len(kept),
                "lost": len(original) - len(kept),
                **_estimates(np.linalg.norm(moved, axis=1), threshold, confidence),
                "threshold": threshold,
                "chance": chance,
            }
        )
    return pd.DataFrame(rows)


def _estimates(
    distances: NDArray[np.float64], threshold: float, confidence: float
) -> dict[str, float]:
    """Compute the mean distance and the share accepted, with their intervals."""
    n = len(distances)
    mean = distances.mean() if n else np.nan
    margin = stats.t.ppf((1 + confidence) / 2, n - 1) * stats.sem(distances) if n > 1 else np.nan
    below = int(np.sum(distances < threshold))
    low, high = (
        proportion_confint(below, n, alpha=1 - confidence, method="wilson")
        if n
        else (np.nan, np.nan)
    )
    return {
        "distance": float(mean),
        "distance_low": float(mean - margin),
        "distance_high": float(mean + margin),
        "accepted": below / n if n else np.nan,
        "accepted_low": float(low),
        "accepted_high": float(high),
    }
