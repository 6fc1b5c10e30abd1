"""Means over all observations where some are missing, by inverse-probability weights."""

from typing import NamedTuple

import numpy as np
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy import special, stats
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler


class Weighted(NamedTuple):
    """A weighted mean with its interval.

    Attributes:
        value: The mean.
        low: Lower end of its interval.
        high: Upper end of its interval.
        effective: Kish's effective number of observations: the square of the sum of the weights
            over the sum of their squares.
    """

    value: float = np.nan
    low: float = np.nan
    high: float = np.nan
    effective: float = np.nan


def mean(
    values: NDArray[np.float64], covariates: NDArray[np.float64], confidence: float
) -> Weighted:
    """Estimate the mean of values of which some are missing, at random given the covariates.

    The probability that a value is there is a logistic regression on the covariates. A linear
    regression of the values that are there on the covariates, weighted by the inverse of that
    probability, is averaged over all observations (Kang and Schafer, Statistical Science 22:523,
    2007, section 3.3). The mean is right if either regression is. The plain weighted mean is right
    only if the logistic one is; where it is, its interval covers too little with few values.

    The t interval takes the variance of the linear regression from White's sandwich in the form HC3
    (MacKinnon and White, Journal of Econometrics 29:305, 1985), which small samples need, and adds
    that of the covariates.

    Args:
        values: (n,) values; nan where missing. Some are missing, and more are there than there are
            covariates.
        covariates: (n, k), none missing.
        confidence: Confidence of the interval, between 0 and 1.

    Returns:
        The mean. All is nan if the covariates separate missing values from the others, so that no
        value stands for the missing ones. The weights then sum to about the number of values that
        are there, not to about n.
    """
    n, there = len(values), np.isfinite(values)
    scaled = StandardScaler().fit_transform(covariates)
    # A penalty would bias the probabilities.
    model = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000).fit(scaled, there)
    weights = 1 / special.expit(model.decision_function(scaled)[there])
    if weights.sum() < (n + there.sum()) / 2:
        return Weighted()
    design = np.column_stack([np.ones(n), scaled])
    fit = sm.WLS(values[there], design[there], weights).fit(cov_type="HC3")
    centre, predicted = design.mean(axis=0), design @ fit.params
    value = predicted.mean()
    error = np.sqrt(centre @ fit.cov_params() @ centre + predicted.var(ddof=1) / n)
    margin = stats.t.ppf((1 + confidence) / 2, fit.df_resid) * error
    effective = weights.sum() ** 2 / np.sum(weights**2)
    return Weighted(*map(float, (value, value - margin, value + margin, effective)))
