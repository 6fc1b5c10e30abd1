"""Survivors: whether the ovals at an alpha are those of few of the faces that there were."""

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from mnemo import tables
from mnemo.statistics import frames

SURVIVORS = tables.field(
    "survivors",
    pa.bool_(),
    "whether the share of the faces found at alpha 0 that is found at this alpha too is below "
    "ovals.least_found, or there is none: the scores are then those of the edit's survivors, not "
    "of the faces that were edited; false for squares, which all have a score",
)
SURVIVORS_AT_ANY = tables.field(
    "survivors",
    pa.bool_(),
    "whether survivors is true in dose_response at any alpha: the slope is then that of the edit's "
    "survivors",
)


def found(frame: pd.DataFrame, alphas: NDArray[np.float64]) -> pd.DataFrame:
    """Count the images of alpha 0 that are scored at each alpha, and those that are not.

    Args:
        frame: Dose-response frame.
        alphas: (alphas,), the edit's alphas.

    Returns:
        By alpha: `found`, the images scored at this alpha and at 0; `lost`, those scored at 0
        alone; `gained`, those scored at this alpha but not at 0; and `share_found`, the share of
        the found ones among those scored at 0, nan if there are none.
    """
    scored = frames.by_image(frame).reindex(columns=np.union1d(alphas, 0)).notna()
    there = scored[0.0]
    counts = pd.DataFrame(
        {
            "found": scored[there].sum(),
            "lost": (~scored[there]).sum(),
            "gained": scored[~there].sum(),
        }
    )
    return counts.assign(share_found=counts["found"] / there.sum()).reindex(alphas)


def marked(
    frame: pd.DataFrame, alphas: NDArray[np.float64], least_found: float
) -> "pd.Series[bool]":
    """Return at which alphas the scores are those of survivors.

    Args:
        frame: Dose-response frame.
        alphas: As for `found`.
        least_found: Smallest share of the images scored at alpha 0 that must be scored at an alpha.

    Returns:
        By alpha, whether the share is smaller, or there is none.
    """
    return ~(found(frame, alphas)["share_found"] >= least_found)
