"""Identity: whether edited faces still show the same persons.

Paper 1 aims to keep a person's identity (section 1), and reports that large alphas change it
(section 4). Here identity is measured as in face recognition. Verification: are the embeddings of
an edited face and of the same face at alpha 0 nearer than a threshold, and how often are those of
another face? Identification: is the nearest of all unedited faces the edited face's own?
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.results import columns
from mnemo.statistics import means, shares
from mnemo.statistics.shares import Share

#: Largest number of faces that are compared in pairs.
SAMPLE = 1000
#: Pairs below the generator's own threshold at least. With 30 errors, an error rate is within 30 %
#: of the true one with a confidence of 90 % (Doddington et al., Speech Communication 31:225, 2000,
#: the rule of 30).
LEAST_BELOW = 30

_OF_PAIRS = (
    f"; among the first {SAMPLE:,} faces found at alpha 0. The interval, a jackknife's over "
    "images, covers 91 to 100 % in place of 95 % within 0.03 of 0 or 1"
)
_WITHOUT = "; null without a threshold"
_OF_FACES = (
    ". The interval, Wilson's, covers 83 to 100 % in place of 95 % where fewer than five faces are "
    "in the share, or out of it"
)

IDENTITY = tables.define(
    "Whether edited faces still show the same person",
    tables.field("edit", pa.string(), "name of the edit"),
    columns.ALPHA,
    tables.field("n", pa.int64(), "number of images with a face both at this alpha and at alpha 0"),
    tables.field(
        "lost", pa.int64(), "number of images with a face at alpha 0 but none at this alpha"
    ),
    tables.field(
        "gained", pa.int64(), "number of images with a face at this alpha but none at alpha 0"
    ),
    *tables.estimate(
        "distance",
        "mean distance of the embedding from that of the same face at alpha 0, among the faces "
        "that are not lost",
        nullable=True,
    ),
    *tables.estimate(
        "accepted",
        "share of the n faces whose distance is below the threshold; informative only above "
        "impostor" + _WITHOUT + _OF_FACES,
        limits="0 to 1",
        nullable=True,
    ),
    *tables.estimate(
        "accepted_bound",
        "the same share of the n + lost faces found at alpha 0: lost faces count as refused, so "
        "that it is a lower bound" + _WITHOUT + _OF_FACES,
        limits="0 to 1",
        nullable=True,
    ),
    tables.field(
        "threshold",
        pa.float64(),
        "distance below which two faces count as one person: identity.threshold, by default that "
        "which the network's authors published; null if they published none",
        nullable=True,
    ),
    *tables.estimate(
        "impostor",
        "share of pairs of an edited face and the unedited face of another image whose distance is "
        "below the threshold" + _WITHOUT + _OF_PAIRS,
        limits="0 to 1",
        nullable=True,
    ),
    *tables.estimate(
        "alike",
        "share of pairs of edited faces of different images whose distance is below the threshold: "
        "above its value at alpha 0, the edit makes faces more alike" + _WITHOUT + _OF_PAIRS,
        limits="0 to 1",
        nullable=True,
    ),
    *tables.estimate(
        "rank_one",
        "share of edited faces that are nearer to their own unedited face than to any other of the "
        "gallery; it falls as the gallery grows" + _OF_FACES,
        limits="0 to 1",
        nullable=True,
    ),
    tables.field(
        "gallery",
        pa.int64(),
        f"number of unedited faces that rank_one compares with: those found, at most {SAMPLE:,}",
    ),
    *tables.estimate(
        "auc",
        "area under the ROC curve: probability that an edited face's distance from its own "
        "unedited face is smaller than that of an edited face from the unedited face of another "
        "image" + _OF_PAIRS,
        limits="0 to 1",
        nullable=True,
    ),
    tables.field(
        "threshold_own",
        pa.float64(),
        "distance below which lies the share identity.false_accept_rate of the pairs of different "
        f"unedited faces; null if that would be fewer than {LEAST_BELOW} pairs: a rate of 0.01 "
        f"needs {100 * LEAST_BELOW:,} pairs, of 78 faces",
        nullable=True,
    ),
    *tables.estimate(
        "accepted_own",
        "share of the n faces whose distance is below threshold_own; the interval includes that "
        "threshold's error, and is null with it; at few faces it is as that of accepted",
        limits="0 to 1",
        nullable=True,
    ),
)

#: (n,) keys of images, and (n, dim) embeddings of their faces; a row is nan if there is no face.
Embeddings = tuple[Sequence[str], NDArray[np.floating[Any]]]


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


class _Own(NamedTuple):
    """The threshold for a generator's own faces, and those a standard error of its rate off."""

    threshold: float
    lower: float
    upper: float


def measure(
    embeddings: Mapping[float, Embeddings],
    *,
    threshold: float | None,
    false_accept_rate: float = 0.01,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare the faces at each alpha with the same faces, and with others, at alpha 0.

    Args:
        embeddings: Embeddings by alpha, including alpha 0.
        threshold: Euclidean distance below which two faces count as one person; None if there is
            no such distance, and then no estimate that needs it.
        false_accept_rate: Share of pairs of different unedited faces that `threshold_own` accepts,
            between 0 and 1.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The columns of `IDENTITY` except `edit`, one row per alpha, ascending; nan if there is no
        estimate. The mean `distance` has a t interval, shares of faces have Wilson score
        intervals, and what is counted in pairs has a jackknife's interval over images. Pairs are
        those of the first `SAMPLE` images with a face at alpha 0, the same at every alpha.

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
    gallery = original.sort_index()[:SAMPLE]
    unedited = cdist(gallery, gallery)
    own = _own_threshold(unedited, false_accept_rate)
    rows = []
    for alpha in sorted(faces):
        kept = original.index.intersection(faces[alpha].index)
        moved = faces[alpha].loc[kept].to_numpy() - original.loc[kept].to_numpy()
        distances = np.linalg.norm(moved, axis=1)
        # The rows of lost faces are nan.
        edited = faces[alpha].reindex(gallery.index)
        apart = cdist(edited, gallery)
        estimates = {
            "accepted": _accepted(distances, len(kept), threshold, confidence),
            "accepted_bound": _accepted(distances, len(original), threshold, confidence),
            "impostor": _share_below(apart, threshold, confidence),
            "alike": _share_below(cdist(edited, edited), threshold, confidence),
            "rank_one": _rank_one(apart, confidence),
            "auc": _auc(apart, confidence),
            "accepted_own": _accepted_own(distances, own, confidence),
        }
        row = {
            "alpha": alpha,
            "n": len(kept),
            "lost": len(original) - len(kept),
            "gained": len(faces[alpha]) - len(kept),
            **means.mean(distances, confidence).columns("distance"),
            "threshold": np.nan if threshold is None else threshold,
            "gallery": len(gallery),
            "threshold_own": own.threshold,
        }
        for name, share in estimates.items():
            row |= share.columns(name)
        rows.append(row)
    return pd.DataFrame(rows)


def _different(apart: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where a matrix of distances has those of two images that both have a face."""
    different = np.isfinite(apart)
    np.fill_diagonal(different, val=False)
    return different


def _accepted(
    distances: NDArray[np.float64], n: int, threshold: float | None, confidence: float
) -> Share:
    """Compute the share of n faces, those of the distances among them, below a threshold."""
    if threshold is None:
        return shares.NONE
    return shares.of_images(int(np.sum(distances < threshold)) / max(n, 1), n, confidence)


def _share_below(apart: NDArray[np.float64], threshold: float | None, confidence: float) -> Share:
    """Compute the share of pairs of different images whose distance is below a threshold."""
    if threshold is None:
        return shares.NONE
    different = _different(apart)
    return shares.of_pairs(different & (apart < threshold), different, confidence)


def _rank_one(apart: NDArray[np.float64], confidence: float) -> Share:
    """Compute the share of edited faces whose nearest unedited face is their own.

    Args:
        apart: (gallery, gallery) distances of edited faces, in rows, from unedited ones; the rows
            of lost faces are nan.
        confidence: Confidence of the interval, between 0 and 1.
    """
    own = np.diagonal(apart)
    found = np.isfinite(own)
    if len(own) < 2 or not found.any():
        return shares.NONE
    others = np.where(_different(apart), apart, np.inf).min(axis=1)
    return shares.of_images(float(np.mean((own < others)[found])), int(found.sum()), confidence)


def _auc(apart: NDArray[np.float64], confidence: float) -> Share:
    """Compute the area under the ROC curve of own against other distances.

    It is the share of all combinations of an own distance and one between different images of which
    the own is smaller (Hanley and McNeil, Radiology 143:29, 1982).

    Args:
        apart: As for `_rank_one`.
        confidence: Confidence of the interval, between 0 and 1.

    Returns:
        The area. It is a mean over own distances, so n of them are at least as good as n
        independent observations of 0 or 1.
    """
    different = _different(apart)
    own, found = np.diagonal(apart), np.isfinite(np.diagonal(apart))
    n, count = int(found.sum()), int(different.sum())
    if not n or not count:
        return shares.NONE
    order = np.argsort(own)[:n]
    # For each pair the number of own distances that are smaller, and for each own distance the
    # number of pairs that are larger.
    smaller = np.where(different, np.searchsorted(own[order], apart), 0)
    larger = np.zeros(len(own))
    larger[order] = np.bincount(smaller[different], minlength=n + 1)[::-1].cumsum()[::-1][1:]
    # Without an image, its own distance and its pairs are gone; those of both were counted twice.
    both = (different & (apart > own[:, np.newaxis])).sum(axis=1)
    both += (different & (apart > own)).sum(axis=0)
    gone = larger + smaller.sum(axis=0) + smaller.sum(axis=1) - both
    pairs = count - different.sum(axis=0) - different.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        left = (smaller.sum() - gone) / ((n - found) * pairs)
    return shares.jackknifed(float(smaller.sum() / (n * count)), left, n, confidence)


def _own_threshold(unedited: NDArray[np.float64], rate: float) -> _Own:
    """Find the threshold below which lies a share of the pairs of different unedited faces."""
    pairs = np.sort(unedited[np.triu_indices(len(unedited), 1)])
    # Rounding must not take a pair away from a rate such as 0.01 of 3,000 pairs.
    allowed = int(rate * len(pairs) + 1e-9)
    if allowed < LEAST_BELOW:
        return _Own(np.nan, np.nan, np.nan)
    threshold = pairs[allowed]
    error = _share_below(unedited, threshold, 0.5).error
    ends = len(pairs) * np.array([rate - error, rate + error])
    lower, upper = pairs[np.clip(ends.astype(int), 0, len(pairs) - 1)]
    return _Own(float(threshold), float(lower), float(upper))


def _accepted_own(distances: NDArray[np.float64], own: _Own, confidence: float) -> Share:
    """Compute the share of faces below the generator's own threshold.

    Its variance is that of the share at a given threshold, and that which the threshold's error
    adds: the square of half the difference between the shares at the two thresholds whose rate is a
    standard error off (Pepe, The Statistical Evaluation of Medical Tests, 2003, section 5.2: of a
    point of an empirical ROC curve).
    """
    n = len(distances)
    if not n or np.isnan(own.threshold):
        return shares.NONE
    value = float(np.mean(distances < own.threshold))
    at_lower, at_upper = np.mean(distances < own.lower), np.mean(distances < own.upper)
    variance = value * (1 - value) / n + ((at_upper - at_lower) / 2) ** 2
    effective = float(value * (1 - value) / variance) if 0 < value < 1 else n
    return shares.of_images(value, effective, confidence)
