"""The jackknife of normals: against the noise of normals that are fitted on other images."""

import numpy as np
import pytest
from scipy import stats

from mnemo.directions import jackknife, refits

N, D = 400, 40


def draw(seed, signals):
    """Normal latents, and scores whose gradients are along the first axis, of these lengths."""
    generator = np.random.default_rng(seed)
    latents = generator.standard_normal((N, D))
    noise = generator.standard_normal((len(signals), N))
    return latents, np.outer(signals, latents[:, 0]) + noise


def fitted(seed, signals):
    latents, scores = draw(seed, signals)
    groups = refits.groups_of([f"{image}" for image in range(N)], seed)
    return [refits.fit(latents, score, groups, threshold="mean") for score in scores]


def cosines(rows):
    """Mean cosine between different rows."""
    units = jackknife.units(np.array(rows))
    return ((units.sum(axis=0) ** 2).sum() - len(rows)) / len(rows) / (len(rows) - 1)


@pytest.mark.parametrize("signal", [0.0, 0.4, 1.2])
def test_the_reliability_is_the_cosine_between_normals_of_independent_sets(signal):
    fits = [fitted(seed, [signal])[0] for seed in range(16)]
    truth = cosines([fit.coefficients.mean(axis=0) for fit in fits])
    found = [jackknife.reliability(fit.moved_coefficients) for fit in fits]
    # Of a normal that is all noise it is some hundredths above 0, and spread by 0.25.
    assert np.mean(found) == pytest.approx(truth, abs=0.15 if signal == 0 else 0.08)


def test_of_a_linear_regression_the_variance_is_the_textbooks():
    """That of the coefficients is s^2 (X'X)^-1, which the plain jackknife overstates."""
    ratios, plain = [], []
    for seed in range(12):
        latents, [score] = draw(seed, [0.5])
        [fit] = fitted(seed, [0.5])
        design = latents - latents.mean(axis=0)
        inverse = np.linalg.inv(design.T @ design)
        residual = score - score.mean() - design @ inverse @ design.T @ score
        truth = residual @ residual / (N - D - 1) * np.trace(inverse)
        ratios.append((jackknife.deviations(fit.moved_gradients) ** 2).sum() / truth)
        plain.append((jackknife.deviations(fit.gradients) ** 2).sum() / truth)
    assert np.mean(ratios) == pytest.approx(1, abs=0.05)
    assert np.mean(plain) > 1.06


def test_the_variance_of_a_slope_is_that_along_directions_of_other_sets():
    """Also of the score that the direction was found with, whose own noise it is fitted to."""
    across = np.zeros(D)
    across[:2] = 0.6
    slopes, variances = [], {"own": [], "other": []}
    for seed in range(40):
        latents, [score] = draw(seed, [0.6])
        groups = refits.groups_of([f"{image}" for image in range(N)], seed)
        other = latents @ across + np.random.default_rng([seed, 1]).standard_normal(N)
        fits = [refits.fit(latents, each, groups, threshold="mean") for each in (score, other)]
        direction = fits[0].moved_coefficients
        normal = direction.mean(axis=0) / np.linalg.norm(direction.mean(axis=0))
        slopes.append([0.6 * normal[0], across @ normal])
        for name, fit in zip(variances, fits, strict=True):
            gradient = fit.moved_gradients
            variances[name].append(jackknife.slope_variance(direction, gradient).value)
    for name, truth in zip(variances, np.std(slopes, axis=0), strict=True):
        # The standard deviation of 40 has an error of a ninth.
        assert 0.75 < np.sqrt(np.mean(variances[name])) / truth < 1.5


def test_copies_of_a_latent_divide_the_variance_of_a_slope_by_their_number():
    [fit] = fitted(0, [0.6])
    direction, gradient = fit.moved_coefficients, fit.moved_gradients
    one, many = (jackknife.slope_variance(direction, gradient, layers) for layers in (1, 18))
    assert many.value == pytest.approx(one.value / 18)
    longer = jackknife.slope_variance(7 * direction, gradient)
    assert longer.value == pytest.approx(one.value)


def test_an_interval_of_two_variances_has_satterthwaites_degrees_of_freedom():
    parts = [jackknife.Variance(2.0, 2.0, 9), jackknife.Variance(3.0, 3.0, 19)]
    freedom = 25 / (4 / 9 + 9 / 19)
    expected = stats.t.ppf(0.975, freedom) * np.sqrt(5)
    assert jackknife.half_width(parts, 0.95) == pytest.approx(expected)
    # A variance from which much noise was subtracted is uncertain.
    rest = [jackknife.Variance(0.1, 3.0, 19)]
    assert jackknife.half_width(rest, 0.95) == pytest.approx(stats.t.ppf(0.975, 3) * np.sqrt(0.1))
    assert np.isnan(jackknife.half_width([jackknife.Variance(np.nan, np.nan, 0)], 0.95))
    assert jackknife.half_width([jackknife.Variance(0.0, 0.0, 5)], 0.95) == 0
