"""Transfer: whether an edit along one assessor's hyperplane moves the scores of the others."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from mnemo import statistics, tables

_NAMES = {"name": "edit", "assessor": "fitted_on", "shape": "fitted_shape"}


def matrix(
    slopes: pd.DataFrame, edits: Sequence[Mapping[str, Any]], fit_scores: pd.DataFrame
) -> pd.DataFrame:
    """Compare the slopes that the assessors' scores have along each other's hyperplanes.

    Assessors differ in the spread of their scores, so each slope is also given in standard
    deviations of its assessor's scores of unedited images. Its interval is that of the slope over
    this deviation: the deviation's own error, a share of 1 / sqrt(2 (n - 1)) of it for normal
    scores, 2 percent at 1,000 images, is left out.

    Args:
        slopes: Rows of `tables.SLOPES`; those of other edits are left out.
        edits: `name`, and the hyperplane's `space`, `assessor`, `shape` and `threshold`, of each
            edit that moves along a hyperplane's normal as it is.
        fit_scores: Scores of the set fit: one row for each `image`, `assessor` and `shape`, with
            its `score`.

    Returns:
        The columns of `tables.TRANSFER`, one row for each edit, assessor and shape, in the order
        of the edits.

    Raises:
        MnemoError: As for `statistics.deviations`.
    """
    planes = pd.DataFrame(edits, columns=[*_NAMES, "space", "threshold"]).rename(columns=_NAMES)
    table = planes.merge(slopes, on="edit")
    table = table.join(statistics.deviations(fit_scores), on=["assessor", "shape"])
    ends = {"standard_slope": "slope", "standard_slope_low": "low", "standard_slope_high": "high"}
    standard = {name: table[end] / table["deviation"] for name, end in ends.items()}
    named: pd.DataFrame = table.assign(**standard)[tables.TRANSFER.names]
    return named
