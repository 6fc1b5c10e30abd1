"""Means of observations, with t intervals."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

#: Least ratio of a mean to its standard error at which dividing by the mean is safe: the ratio's
#: linearised interval then covers its claim.
CLEAR = 5.0


class Estimate(NamedTuple):
    """An estimate with its interval; nan where it is not determined.

    Attributes:
        value: The estimate.
        low: Lower end of its interval.
        high: Upper end of its interval.
    """

    value: float = np.nan
    low: float = np.nan
    high: float = np.nan

    def columns(self, name: str) -> dict[str, float]:
        """Return the estimate and its interval as the columns of `tables.estimate`."""
        return {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}


def mean(values: NDArray[np.float64], confidence: float) -> Estimate:
    """Compute a mean with its t interval.

    Args:
        values: (n,) values, none of them missing.
        confidence: Confidence of the interval, between 0 and 1.

    Returns:
        The mean; nan of no value, and without an interval of one.
    """
    n = len(values)
    if not n:
        return Estimate()
    value = float(values.mean())
    margin = stats.t.ppf((1 + confidence) / 2, n - 1) * stats.sem(values) if n > 1 else np.nan
    return Estimate(value, float(value - margin), float(value + margin))
