"""Correction of p-values for their number."""

import numpy as np
import pandas as pd


def holm(p: "pd.Series[float]") -> "pd.Series[float]":
    """Correct p-values by Holm's method (Scandinavian Journal of Statistics 6:65, 1979).

    The probability that any true null hypothesis has a corrected p-value of at most q is at most q,
    however the tests depend on each other.

    Args:
        p: (n,) p-values, nan where there is none.

    Returns:
        (n,) corrected p-values, from 0 to 1; nan where there is none. Those that are missing do not
        count.
    """
    # statsmodels' multipletests collects garbage at every call, which takes longer than a study of
    # the simulations.
    known = p.dropna().sort_values()
    corrected = (known * np.arange(len(known), 0, -1)).cummax().clip(upper=1)
    return corrected.reindex(p.index)
