"""Lost faces: what the ovals of an edit's survivors say of all the faces that were edited.

An oval has a score only where a face is found. An edit that distorts faces loses those that respond
most, so the ovals that are left need not respond like those that were lost, even where each is
compared with itself. Squares have scores at every alpha, and so show how the lost faces responded.
"""

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy import stats

from mnemo import tables
from mnemo.results import columns, survivors
from mnemo.scores import ASSESSOR
from mnemo.statistics import frames, means, weighting
from mnemo.statistics.means import Estimate
from mnemo.statistics.weighting import Weighted

#: Faces found, and faces lost, at least, for two means to be compared, and for weights.
LEAST = 10

_FEW = f"; null if squares are not scored, or where fewer than {LEAST} faces are found or lost"

LOST_FACES = tables.define(
    "Faces that an edit loses, and what that does to the response of ovals",
    tables.field("edit", pa.string(), "name of the edit"),
    ASSESSOR,
    columns.ALPHA,
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
        "mean change of the square's score from alpha 0 of the faces whose oval is found; like the "
        "others of this table, its interval covers less than it claims if few faces have very "
        "skewed changes; null if squares are not scored",
        nullable=True,
    ),
    *tables.estimate(
        "square_lost",
        "the same of the faces whose oval is lost; null too if none is",
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
        "alone, whose response need not be that of all faces; null if none is found",
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
        "faces at each alpha, which are survivors too; null if there are none",
        nullable=True,
    ),
    tables.field(
        "n_complete", pa.int64(), "number of faces found at every alpha of the edit, 0 included"
    ),
)


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
    parts = []
    for (edit, assessor), frame in scores.groupby(["edit", "assessor"]):
        alphas = np.unique([0.0, *frame["alpha"]])
        of_ovals = frame[frame["shape"] == "oval"]
        ovals, squares = (
            frames.by_image(of_shape).reindex(columns=alphas)
            for of_shape in (of_ovals, frame[frame["shape"] == "square"])
        )
        ovals = ovals[ovals[0.0].notna()]
        squares = squares.reindex(ovals.index)
        changes = ovals.sub(ovals[0.0], axis=0)
        complete = ovals.notna().all(axis=1)
        rows = []
        for alpha in alphas:
            square = np.column_stack([squares[0.0], squares[alpha] - squares[0.0]])
            whole = means.mean(changes.loc[complete, alpha].to_numpy(), confidence)
            compared = _compared(changes[alpha].to_numpy(), square, confidence)
            rows.append({**compared, **whole.columns("oval_complete")})
        part = survivors.found(of_ovals, alphas).assign(
            edit=str(edit), assessor=str(assessor), n_complete=int(complete.sum())
        )
        parts.append(part.join(pd.DataFrame(rows, index=part.index)).reset_index())
    return pd.concat(parts, ignore_index=True)


def _compared(
    changes: NDArray[np.float64], squares: NDArray[np.float64], confidence: float
) -> dict[str, float]:
    """Compare found with lost faces, at one alpha.

    Args:
        changes: (n,) changes of the ovals' scores; nan where a face is lost.
        squares: (n, 2) scores of the squares at alpha 0, and their changes; nan if not scored.
        confidence: Confidence of the intervals.
    """
    there, scored = np.isfinite(changes), not np.isnan(squares).any()
    of_found, of_lost = (squares[which, 1] if scored else np.empty(0) for which in (there, ~there))
    oval = means.mean(changes[there], confidence)
    difference, p, weighted = Estimate(), np.nan, Weighted()
    if min(len(of_found), len(of_lost)) >= LEAST:
        test = stats.ttest_ind(of_found, of_lost, equal_var=False)
        ends = map(float, test.confidence_interval(confidence))
        difference = Estimate(float(of_found.mean() - of_lost.mean()), *ends)
        p = float(test.pvalue)
        weighted = weighting.mean(changes, squares, confidence)
    elif scored and there.all():
        weighted = Weighted(*oval, effective=len(changes) or np.nan)
    return {
        **means.mean(of_found, confidence).columns("square_found"),
        **means.mean(of_lost, confidence).columns("square_lost"),
        **difference.columns("square_difference"),
        "square_p": p,
        **oval.columns("oval"),
        **Estimate(*weighted[:3]).columns("oval_weighted"),
        "n_effective": weighted.effective,
    }
