"""Inverse-probability weights against statsmodels, and by hand."""

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray

from mnemo.statistics import weighting


def sample(n: int, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw values that are found the less the larger one of two covariates is."""
    random = np.random.default_rng(seed)
    covariates = random.normal([0.8, -0.1], [0.05, 0.02], (n, 2))
    values = 0.3 * covariates[:, 1] + random.normal(0, 0.01, n)
    found = random.random(n) < 1 / (1 + np.exp(60 * (covariates[:, 1] + 0.11)))
    return np.where(found, values, np.nan), covariates


def test_the_weights_are_the_inverse_of_a_logistic_regression_by_statsmodels() -> None:
    values, covariates = sample(200)
    found = np.isfinite(values)
    design = sm.add_constant(covariates)
    weights = 1 / sm.Logit(found.astype(float), design).fit(disp=False).predict(design)[found]
    # Weighted least squares by hand, in float64, averaged over all faces.
    root = np.sqrt(weights)[:, np.newaxis]
    solved = np.linalg.lstsq(root * design[found], root[:, 0] * values[found], rcond=None)[0]
    mean = weighting.mean(values, covariates, 0.95)
    assert mean.value == pytest.approx((design @ solved).mean(), rel=1e-4)
    assert mean.effective == pytest.approx(weights.sum() ** 2 / (weights**2).sum(), rel=1e-3)
    assert mean.low < mean.value < mean.high


def test_the_weighted_mean_is_right_where_the_plain_one_is_not() -> None:
    values, covariates = sample(20_000)
    mean = weighting.mean(values, covariates, 0.999)
    assert mean.low < -0.03 < mean.high
    assert mean.low > np.nanmean(values)


def test_where_the_response_is_bent_the_weights_make_it_right() -> None:
    random = np.random.default_rng(1)
    covariate = random.normal(0, 1, (20_000, 1))
    values = covariate[:, 0] ** 2 + random.normal(0, 0.1, 20_000)
    values[random.random(20_000) < 1 / (1 + np.exp(-covariate[:, 0]))] = np.nan
    mean = weighting.mean(values, covariate, 0.999)
    assert mean.low < 1 < mean.high


def test_where_nothing_stands_for_what_is_missing_there_is_no_mean() -> None:
    random = np.random.default_rng(0)
    covariates = random.normal(size=(60, 2))
    values = np.where(covariates[:, 0] > 0, 1.0, np.nan)
    assert np.isnan(weighting.mean(values, covariates, 0.95)).all()
