"""The slope of scores over alpha, estimated with a linear mixed-effects model."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, stats

from mnemo.errors import MnemoError
from mnemo.statistics import frames

# Least decrease in deviance by which random slopes count as an improvement of the fit: smaller
# differences lie within the optimiser's tolerance.
_NO_BETTER = 1e-4


@dataclass(frozen=True)
class Slope:
    """Slope of the score over alpha.

    Attributes:
        n: Number of images.
        slope: Change of score per unit of alpha.
        low: Lower end of its Wald interval.
        high: Upper end of its Wald interval.
        p_value: p-value of the Wald test of a slope of 0; it underflows to 0 below 1e-308.
        model: The model's formula, in the notation of R's lme4.
    """

    n: int
    slope: float
    low: float
    high: float
    p_value: float
    model: str


class _Fit(NamedTuple):
    """A mixed model's restricted deviance, up to a constant, and its slope."""

    criterion: float
    slope: float
    standard_error: float


def slope(frame: pd.DataFrame, *, confidence: float = 0.95) -> Slope:
    """Fit the slope of the score over alpha with a linear mixed-effects model (GANalyze, 3.1).

    The model is score ~ alpha with a random intercept and a random slope for each image, fitted by
    REML. With only two alphas, or if the images do not differ in slope, it has only the random
    intercept; `model` records which. GANalyze does not state its random effects. Without random
    slopes, the interval would ignore that images respond differently. If the response is curved,
    as in paper 1, the slope is only a summary: see `local_slopes`.

    Args:
        frame: Dose-response frame.
        confidence: Confidence of the interval, between 0 and 1.

    Returns:
        The slope with its interval and test.

    Raises:
        MnemoError: There are fewer than two alphas or images, or all scores are equal.
    """
    scored = frames.scored(frame)
    counts = scored[["alpha", "image", "score"]].nunique()
    if (counts < 2).any():
        raise MnemoError(
            "A slope needs at least two alphas, two images and two different scores; there are "
            f"{counts['alpha']} alphas, {counts['image']} images and {counts['score']} different "
            "scores. Add alphas to the edit, or images to the set."
        )
    wide = frames.by_image(frame)
    alphas = wide.columns.to_numpy()
    scale = np.std(alphas)
    # With two scores per image, its slope can't be distinguished from noise.
    fits = [
        _mixed_model(wide.to_numpy(), (alphas - alphas.mean()) / scale, effects)
        for effects in ((1, 2) if counts["alpha"] > 2 else (1,))
    ]
    # If the images do not differ in slope, the random intercept alone fits as well.
    best = fits[-1] if fits[-1].criterion < fits[0].criterion - _NO_BETTER else fits[0]
    estimate, error = best.slope / scale, best.standard_error / scale
    margin = stats.norm.ppf((1 + confidence) / 2) * error
    return Slope(
        n=int(counts["image"]),
        slope=float(estimate),
        low=float(estimate - margin),
        high=float(estimate + margin),
        p_value=float(2 * stats.norm.sf(abs(estimate / error))),
        model=f"score ~ alpha + ({'1' if best is fits[0] else 'alpha'} | image)",
    )


def _mixed_model(scores: NDArray[np.float64], alphas: NDArray[np.float64], effects: int) -> _Fit:
    """Fit score ~ alpha with random effects per image, by restricted maximum likelihood.

    Images with scores at the same alphas share one covariance, so their count, sum and outer
    products suffice: the cost of a fit depends on the number of patterns of missing scores, not on
    the number of images. The criterion is profiled over the fixed effects and the residual variance
    (Bates et al., Journal of Statistical Software 67:1, 2015, section 3.4).

    Args:
        scores: (images, alphas), nan where an image has no score.
        alphas: (alphas,).
        effects: Number of random effects: 1 for an intercept, 2 for an intercept and a slope.

    Returns:
        The fit.
    """
    spread = float(np.nanstd(scores))
    scores = (scores - np.nanmean(scores)) / spread
    patterns, pattern = np.unique(np.isfinite(scores), axis=0, return_inverse=True)
    parts = []
    for number, seen in enumerate(patterns):
        rows = scores[pattern == number][:, seen]
        design = np.column_stack([np.ones(seen.sum()), alphas[seen]])
        parts.append((len(rows), design, rows.sum(axis=0), rows.T @ rows))
    freedom = int(np.isfinite(scores).sum()) - 2

    def profile(factor: NDArray[np.float64]) -> tuple[float, float, float]:
        """Compute the criterion, the slope and its standard error at a relative factor."""
        root = np.zeros((effects, effects))
        root[np.tril_indices(effects)] = factor
        information, moment = np.zeros((2, 2)), np.zeros(2)
        squares = determinants = 0.0
        for count, design, sums, products in parts:
            effect = design[:, :effects] @ root
            covariance = np.eye(len(design)) + effect @ effect.T
            weighted = np.linalg.solve(covariance, design).T
            information += count * weighted @ design
            moment += weighted @ sums
            squares += np.trace(np.linalg.solve(covariance, products))
            determinants += count * np.linalg.slogdet(covariance)[1]
        fixed = np.linalg.solve(information, moment)
        # Without noise in the scores, only rounding error is left, which may be negative.
        residual = max(float(squares - fixed @ moment), float(np.finfo(float).eps))
        criterion = determinants + np.linalg.slogdet(information)[1] + freedom * np.log(residual)
        error = np.sqrt(residual / freedom * np.linalg.inv(information)[1, 1])
        return float(criterion), float(fixed[1]), float(error)

    best = optimize.minimize(
        lambda factor: profile(factor)[0],
        np.eye(effects)[np.tril_indices(effects)],
        method="Nelder-Mead",
        options={"xatol": 1e-6, "fatol": 1e-8, "maxiter": 5000},
    )
    criterion, slope, error = profile(best.x)
    return _Fit(criterion, spread * slope, spread * error)
