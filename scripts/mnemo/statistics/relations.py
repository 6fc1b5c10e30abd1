"""The relation of scores to a predictor that differs by image, from a linear mixed-effects model.

`mixed.slope` is the same for alpha, which has the same values in every image.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, stats

from mnemo.errors import MnemoError
from mnemo.statistics.mixed import Slope

Floats = NDArray[np.float64]

# Least decrease in deviance by which random slopes count as an improvement of the fit.
_NO_BETTER = 1e-4
# Least share of the scores' variance that is noise: below it, rounding decides.
_LEAST_NOISE = 1e-10


class _Images(NamedTuple):
    """Sums over each image's rows, of the design (1, predictor) and of the scores.

    Attributes:
        products: (n, 2, 3), products of the design with itself, and with the scores.
        squares: Sum of the squares of all scores.
        rows: Number of rows in all.
    """

    products: Floats
    squares: float
    rows: int


class _Fit(NamedTuple):
    """A model's restricted deviance, up to a constant, its slope, and its share of noise."""

    criterion: float
    slope: float
    standard_error: float
    noise: float


def slope(frame: pd.DataFrame, predictor: str, *, confidence: float = 0.95) -> Slope:
    """Fit the slope of the score over a predictor with a linear mixed-effects model.

    The model is score ~ predictor with a random intercept and a random slope for each image, fitted
    by REML. If no image has three rows in which the predictor differs, or if the images do not
    differ in slope, it has only the random intercept; `model` records which. Images that have
    another predictor to begin with count as well as its changes within an image.

    The interval is a t interval, whose degrees of freedom are the images that have two rows or
    more, less 1.

    Args:
        frame: One row per image and alpha: `image`, `score` and the predictor, none missing.
        predictor: Name of the predictor's column.
        confidence: Confidence of the interval, between 0 and 1.

    Returns:
        The slope with its interval and test.

    Raises:
        MnemoError: There are fewer than two images with two rows, the predictor or the score does
            not vary, or the scores of each image lie on a line.
    """
    images, image = np.unique(frame["image"].to_numpy(), return_inverse=True)
    given, score = (frame[name].to_numpy(np.float64) for name in (predictor, "score"))
    counts = np.bincount(image, minlength=len(images))
    paired = int((counts > 1).sum())
    if paired < 2 or not np.ptp(given) > 0 or not np.ptp(score) > 0:
        raise MnemoError(
            f"The relation of the score to {predictor} needs two images with two rows each, and "
            f"values that vary; there are {paired} such images."
        )
    scale, spread = given.std(), score.std()
    given, score = (given - given.mean()) / scale, (score - score.mean()) / spread
    sums = _sums(given, score, image, len(images))
    differing = pd.Series(given).groupby(image).nunique()
    without_noise = f"The scores of each image lie on a line over {predictor}, without noise."
    try:
        fits = [_fit(sums, effects) for effects in ((1, 2) if (differing > 2).any() else (1,))]
    except np.linalg.LinAlgError:
        # Against vanishing noise, the random effects grow without bound.
        raise MnemoError(without_noise) from None
    random_slope = fits[-1].criterion < fits[0].criterion - _NO_BETTER
    best = fits[-1] if random_slope else fits[0]
    if best.noise < _LEAST_NOISE:
        raise MnemoError(without_noise)
    estimate, error = (spread / scale * value for value in (best.slope, best.standard_error))
    margin = stats.t.ppf((1 + confidence) / 2, paired - 1) * error
    return Slope(
        n=len(images),
        slope=float(estimate),
        low=float(estimate - margin),
        high=float(estimate + margin),
        p_value=float(2 * stats.t.sf(abs(estimate) / error, paired - 1)),
        standard_error=float(error),
        freedom=paired - 1,
        model=f"score ~ {predictor} + ({predictor if random_slope else '1'} | image)",
    )


def _sums(given: Floats, score: Floats, image: NDArray[np.int64], n: int) -> _Images:
    def summed(values: Floats) -> Floats:
        return np.bincount(image, values, minlength=n).astype(np.float64)

    rows = [np.ones_like(given), given], [np.ones_like(given), given, score]
    products = np.array([[summed(left * right) for right in rows[1]] for left in rows[0]])
    return _Images(products.transpose(2, 0, 1), float(score @ score), len(score))


def _fit(images: _Images, effects: int) -> _Fit:
    """Fit score ~ predictor with random effects per image, by restricted maximum likelihood.

    The criterion is profiled over the fixed effects and the residual variance (Bates et al.,
    Journal of Statistical Software 67:1, 2015, section 3.4). Because the random effects have the
    design of the fixed ones, Woodbury's identity leaves products of 2 by 2 matrices.

    Args:
        images: The data, with a predictor and scores of variance 1.
        effects: Number of random effects: 1 for an intercept, 2 for an intercept and a slope.

    Returns:
        The fit.
    """
    freedom = images.rows - 2
    total = images.products.sum(axis=0)

    def profile(factor: Floats) -> _Fit:
        root = np.zeros((2, 2))
        root[np.tril_indices(effects)] = factor
        root = root[:, :effects]
        seen = root.T @ images.products
        inner = np.eye(effects) + seen[..., :2] @ root
        own = np.linalg.solve(inner, seen)
        # (3, n * effects) times (n * effects, 3) sums over the images.
        left, right = (each.reshape(-1, 3) for each in (seen, own))
        explained = left.T @ right
        information, moment = np.hsplit(total - explained[:2], [2])
        covariance = np.linalg.inv(information)
        fixed = (covariance @ moment)[:, 0]
        squares = images.squares - explained[2, 2]
        residual = max(float(squares - fixed @ moment[:, 0]), float(np.finfo(float).eps))
        determinants = np.log(np.linalg.det(inner)).sum() - np.linalg.slogdet(covariance)[1]
        error = np.sqrt(residual / freedom * covariance[1, 1])
        criterion = float(determinants + freedom * np.log(residual))
        return _Fit(criterion, float(fixed[1]), float(error), residual / freedom)

    start = np.ones(1) if effects == 1 else np.array([1.0, 0.0, 1.0])
    best = optimize.minimize(
        lambda factor: profile(factor).criterion,
        start,
        method="Nelder-Mead",
        options={"xatol": 1e-4, "fatol": 1e-6, "maxiter": 1000},
    )
    return profile(best.x)
