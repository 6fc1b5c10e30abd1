"""Lost faces: what the ovals of an edit's survivors say of all the faces that were edited.

An oval has a score only where a face is found. An edit that distorts faces loses those that respond
most, so the ovals that are left need not respond like those that were lost, even where each is
compared with itself. Squares have scores at every alpha, and so show how the lost faces responded.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy import stats

from mnemo import tables
from mnemo.results import columns, survivors
from mnemo.scores import ASSESSOR
from mnemo.statistics import frames, weighting
from mnemo.statistics.weighting import Weighted

#: Faces found, and faces lost, at least, for two means to be compared, and for weights.
LEAST = 10

_FEW = f"; null if squares are not scored, or where fewer than {LEAST} faces are found or lost"

LOST_FACES = tables.define(
    "Faces that an edit loses, and what that does to the response of ovals",
    tables.field("edit", pa.string(), "name of the edit"),
    ASSESSOR,
    columns.MOVED,
    tables.field("found", pa.int64(), "number of faces found both at this alpha and at alpha 0"),
    tables.field("lost", pa.int64(), "number of faces found at alpha 0 but not at this alpha"),
    tables.field("gained", pa.int64(), "number of faces found at this alpha but not at alpha 0"),
    tables.field(
        "share_found",
        pa.float64(),
        "found / (found + lost); null if no face is found at alpha 0",
        limits="0 to 1",
        nullable=True,
    ),
    *tables.estimate(
        "square_found",
        "mean change of the square's score from alpha 0 of the faces whose oval is found; null if "
        "squares are not scored",
        nullable=True,
    ),
    *tables.estimate(
        "square_lost",
        "the same of the faces whose oval is lost",
        nullable=True,
    ),
    *tables.estimate(
        "square_difference",
        "square_found minus square_lost, with Welch's t interval: off 0, faces are not lost at "
        "random, and the ovals that are left mislead" + _FEW,
        nullable=True,
    ),
    tables.field(
        "square_p",
        pa.float64(),
        "p-value of Welch's t test of a square_difference of 0, not corrected for the number of "
        "alphas",
        nullable=True,
    ),
    *tables.estimate(
        "oval",
        "mean change of the oval's score from alpha 0 of the faces found at both: of the survivors "
        "alone, whose response need not be that of all faces",
        nullable=True,
    ),
    *tables.estimate(
        "oval_weighted",
        "the same of all faces found at alpha 0: a regression of the oval's change on the square's "
        "score at alpha 0 and the square's change, with each found face weighted by the inverse of "
        "its probability of being found given these two. Right only if nothing else about a face "
        "decides both whether it is found and how its oval responds" + _FEW + ", or if no found "
        "face resembles the lost ones; equal to oval if none is lost",
        nullable=True,
    ),
    tables.field(
        "n_effective",
        pa.float64(),
        "effective number of faces behind oval_weighted (Kish): far below found, few faces stand "
        "for many; null with it",
        nullable=True,
    ),
    *tables.estimate(
        "oval_complete",
        "mean change of the oval's score of the faces found at every alpha of the edit: the same "
        "faces at each alpha, which are survivors too",
        nullable=True,
    ),
    tables.field(
        "n_complete", pa.int64(), "number of faces found at every alpha of the edit, 0 included"
    ),
)


class Estimate(NamedTuple):
    """A mean with its interval; nan if it is not determined."""

    value: float = np.nan
    low: float = np.nan
    high: float = np.nan

    def columns(self, name: str) -> dict[str, float]:
        """Return the mean and its interval as the columns of an estimate."""
        return {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}


#: What is missing where too few faces are found, or lost.
_UNCOMPARED = {**Estimate().columns("square_difference"), "square_p": np.nan}


def measure(scores: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Compare the faces that an edit loses with those that are still found.

    Args:
        scores: One row per `edit`, `assessor`, `shape`, `alpha` and `image`, with its `score`;
            an oval has a row only where a face was found. Without squares, what compares them is
            missing.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The columns of `LOST_FACES`, one row per edit, assessor and alpha, ascending; nan if there
        is no estimate.
    """
    rows = []
    for (edit, assessor), frame in scores.groupby(["edit", "assessor"]):
        alphas = np.unique([0.0, *frame["alpha"]])
        squares, ovals = (
            frames.by_image(frame[frame["shape"] == shape]).reindex(columns=alphas)
            for shape in ("square", "oval")
        )
        counts = survivors.found(frame[frame["shape"] == "oval"]).reindex(alphas)
        start = ovals[0.0].dropna()
        ovals = ovals.loc[start.index]
        squares = squares.reindex(start.index)
        complete = ovals.notna().all(axis=1).to_numpy()
        for alpha in alphas:
            changes = (ovals[alpha] - start).to_numpy()
            before = squares[0.0].to_numpy()
            moved = squares[alpha].to_numpy() - before
            n = counts.loc[alpha, ["found", "lost", "gained"]].fillna(0).astype(int)
            rows.append(
                {
                    **_UNCOMPARED,
                    "edit": str(edit),
                    "assessor": str(assessor),
                    "alpha": alpha,
                    **n,
                    "share_found": counts.loc[alpha, "share_found"],
                    "n_complete": int(complete.sum()),
                    **_compared(changes, before, moved, confidence),
                    **_mean(changes[complete], confidence).columns("oval_complete"),
                }
            )
    return pd.DataFrame(rows)


def _compared(
    changes: NDArray[np.float64],
    before: NDArray[np.float64],
    moved: NDArray[np.float64],
    confidence: float,
) -> dict[str, float]:
    """Compare found with lost faces, at one alpha.

    Args:
        changes: (n,) changes of the ovals' scores; nan where a face is lost.
        before: (n,) scores of the squares at alpha 0; nan where squares are not scored.
        moved: (n,) changes of the squares' scores.
        confidence: Confidence of the intervals.
    """
    found = np.isfinite(changes)
    few = min(found.sum(), (~found).sum()) < LEAST or np.isnan(moved).any()
    plain = _mean(changes[found], confidence)
    weighted = Weighted()
    if not few:
        covariates = np.column_stack([before, moved])
        weighted = weighting.mean(changes, covariates, confidence)
    elif found.all() and not np.isnan(moved).any():
        weighted = Weighted(*plain, effective=len(found) or np.nan)
    return {
        **_mean(moved[found], confidence).columns("square_found"),
        **_mean(moved[~found], confidence).columns("square_lost"),
        **({} if few else _welch(moved[found], moved[~found], confidence)),
        **plain.columns("oval"),
        **Estimate(*weighted[:3]).columns("oval_weighted"),
        "n_effective": weighted.effective,
    }


def _mean(values: NDArray[np.float64], confidence: float) -> Estimate:
    """Compute a mean with its t interval."""
    n = len(values)
    if not n or np.isnan(values).any():
        return Estimate()
    mean = float(values.mean())
    margin = stats.t.ppf((1 + confidence) / 2, n - 1) * stats.sem(values) if n > 1 else np.nan
    return Estimate(mean, float(mean - margin), float(mean + margin))


def _welch(
    first: NDArray[np.float64], second: NDArray[np.float64], confidence: float
) -> dict[str, float]:
    """Compare two means by Welch's t test."""
    test = stats.ttest_ind(first, second, equal_var=False)
    low, high = test.confidence_interval(confidence)
    difference = Estimate(float(first.mean() - second.mean()), float(low), float(high))
    return {**difference.columns("square_difference"), "square_p": float(test.pvalue)}
