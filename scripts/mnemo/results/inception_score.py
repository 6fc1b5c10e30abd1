"""Inception Score of edited and unedited images, and its change with alpha (GANalyze, Figure 5A).

Of what a classifier of photographs sees, it says whether each image is clearly of one class, and
whether the images are of many. Of images of one kind, such as faces, it says little (Barratt and
Sharma, "A Note on the Inception Score", 2018).
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mnemo import tables
from mnemo.statistics import jackknife, means
from mnemo.statistics.inception_score import SPLITS, Predictions, assign_splits
from mnemo.statistics.jackknife import Floats
from mnemo.statistics.means import Estimate

#: n keys of images, and blocks of their (n, classes) logits in the same order, to be read once.
Logits = tuple[Sequence[str], Iterable[Floats]]

_NULL = f"Null of features other than inception, and of fewer than {2 * SPLITS} images"

#: The columns of `realness.REALNESS` that `measure` fills.
FIELDS = (
    *tables.estimate(
        "inception_score",
        "Inception Score of the images, whatever the reference (Salimans et al. 2016): the mean "
        f"score of {SPLITS} random parts, as torch-fidelity computes it. It grows with n, so "
        f"compare it at equal numbers only; the interval is that of the score expected of n / "
        f"{SPLITS} images. {_NULL}",
        nullable=True,
        limits="at least 1",
    ),
    *tables.estimate(
        "inception_score_difference",
        "inception_score minus that at alpha 0, of the same images in the same parts, as expected "
        f"of n / {SPLITS} images. {_NULL}",
        nullable=True,
    ),
    *tables.estimate(
        "inception_score_whole",
        "Inception Score of all images as one part, which is nearer to that of infinitely many; "
        f"the interval is that of the score expected of n images. {_NULL}",
        nullable=True,
        limits="at least 1",
    ),
    *tables.estimate(
        "inception_score_floor",
        "inception_score of images of the reference's own distribution, as many as at alpha 0; "
        f"null for photographs, of which there are no more. {_NULL}",
        nullable=True,
        limits="at least 1",
    ),
    *tables.estimate(
        "inception_score_reference",
        "inception_score of the reference's reference_count images: compare it with that of as "
        f"many images only. {_NULL}",
        nullable=True,
        limits="at least 1",
    ),
)
#: The same columns where there are no logits.
UNKNOWN = dict.fromkeys([field.name for field in FIELDS], np.nan)


def measure(
    logits: Mapping[float, Logits],
    reference: Logits,
    floor: Logits | None,
    *,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compute the Inception Score at each alpha, beside those of unedited images.

    Images are split as torch-fidelity splits them, in the order of their keys, and each is in the
    same split at every alpha. Splits are independent sets of images, so the intervals of mean
    scores and of mean differences are t intervals over the splits. That of all images' score is of
    a jackknife that leaves out each split in turn.

    Args:
        logits: By alpha, including 0: keys of images and blocks of their logits.
        reference: Those of the reference.
        floor: Those of other images of the reference's distribution, of which the first are used:
            as many as there are at alpha 0. None if there are no others, as of photographs.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        One row per alpha, ascending: alpha and the columns `FIELDS`. The difference at alpha 0 is
        exactly 0. What is null in `FIELDS` is nan.
    """
    images = np.unique(np.concatenate([keys for keys, _ in logits.values()]))
    splits = assign_splits(len(images))
    edited = {
        alpha: _read(blocks, splits[np.searchsorted(images, keys)])
        for alpha, (keys, blocks) in sorted(logits.items())
    }
    unedited = {
        "inception_score_reference": _score(_split(reference, len(reference[0])), confidence),
        "inception_score_floor": Estimate(),
    }
    if floor:
        first = _split(floor, len(logits[0][0]))
        unedited["inception_score_floor"] = _score(first, confidence)
    rows = []
    for alpha, own in edited.items():
        estimates = {
            "inception_score": _score(own, confidence),
            "inception_score_difference": _difference(own, edited[0], confidence),
            "inception_score_whole": _whole(own, confidence),
            **unedited,
        }
        named = (estimate.columns(name) for name, estimate in estimates.items())
        rows.append({"alpha": alpha, **{name: x for each in named for name, x in each.items()}})
    return pd.DataFrame(rows)


def _split(logits: Logits, count: int) -> Predictions | None:
    """Split a set's first images and sum their predictions; None if they are too few."""
    return _read(logits[1], assign_splits(count))


def _read(blocks: Iterable[Floats], splits: NDArray[np.int64]) -> Predictions | None:
    """Sum the predictions of images that are split; None if a split has fewer than two."""
    if np.bincount(splits, minlength=SPLITS).min() < 2:
        return None
    return Predictions.of(blocks, splits)


def _score(sums: Predictions | None, confidence: float) -> Estimate:
    """Return the mean score of the splits."""
    return _from_one(means.mean(sums.of_splits(), confidence)) if sums else Estimate()


def _difference(
    sums: Predictions | None, unedited: Predictions | None, confidence: float
) -> Estimate:
    """Return the mean difference of the splits' scores from those of unedited images."""
    if sums is None or unedited is None:
        return Estimate()
    return means.mean(sums.of_splits() - unedited.of_splits(), confidence)


def _whole(sums: Predictions | None, confidence: float) -> Estimate:
    """Return the score of all images."""
    if sums is None:
        return Estimate()
    scores = sums.of_whole()
    # The errors of its logarithm, a divergence, are more nearly normal.
    low, high = np.exp(jackknife.interval(np.log(scores), confidence))
    return _from_one(Estimate(float(scores[0]), float(low), float(high)))


def _from_one(estimate: Estimate) -> Estimate:
    """Return a score with its interval from 1 on, which no score is below."""
    return estimate._replace(low=max(estimate.low, 1.0))
