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
# Least noise, relative to the spread of the scores: with less, the random effects' standard
# deviations relative to it are too large to search for.
_LEAST_NOISE = 1e-5


@dataclass(frozen=True)
class Slope:
    """Slope of the score over alpha.

    Attributes:
        n: Number of images.
        slope: Change of score per unit of alpha.
        low: Lower end of its t interval; nan if only one image is scored at two alphas, which
            leaves its error unknown.
        high: Upper end of its t interval; nan in the same case.
        p_value: p-value of the t test of a slope of 0; it underflows to 0 below 1e-308; nan in the
            same case.
        standard_error: Standard error of the slope; nan in the same case.
        freedom: Degrees of freedom of the interval and the test: the images that are scored at two
            alphas or more, less 1.
        model: The model's formula, in the notation of R's lme4; empty if there is no slope.
    """

    n: int
    slope: float
    low: float
    high: float
    p_value: float
    standard_error: float
    freedom: int
    model: str


def missing(n: int) -> Slope:
    """Return what is known of a slope that n images do not determine."""
    return Slope(n, np.nan, np.nan, np.nan, np.nan, np.nan, 0, model="")


class _Fit(NamedTuple):
    """A mixed model's restricted deviance, up to a constant, and its slope."""

    criterion: float
    slope: float
    standard_error: float


def slope(frame: pd.DataFrame, *, confidence: float = 0.95) -> Slope:
    """Fit the slope of the score over alpha with a linear mixed-effects model (GANalyze, 3.1).

    The model is score ~ alpha with a random intercept and a random slope for each image, fitted by
    REML. If no image has scores at three alphas, or if the images do not differ in slope, it has
    only the random intercept; `model` records which. GANalyze does not state its random effects.
    Without random slopes, the interval would ignore that images respond differently. If the
    response is curved, as in paper 1, the slope is only a summary: see `local_slopes`.

    The interval is a t interval with the images' degrees of freedom. It is exact where every image
    has scores at all alphas, for the slope is then the mean of the images' own.

    If the scores of each image lie on a line, the fit has no noise. Its limit is then the mean of
    the images' own slopes, with their standard error: no width if all are equal, as the slope of 0
    of images whose scores do not depend on alpha.

    Args:
        frame: Dose-response frame.
        confidence: Confidence of the interval, between 0 and 1.

    Returns:
        The slope with its interval and test.

    Raises:
        MnemoError: There are fewer than two alphas or images, or no image is scored at two alphas.
    """
    scored = frames.scored(frame)
    counts = scored[["alpha", "image"]].nunique()
    wide = frames.by_image(frame)
    paired = int((wide.count(axis=1) > 1).sum())
    if (counts < 2).any() or not paired:
        raise MnemoError(
            "A slope needs at least two alphas, two images and one image that is scored at two "
            f"alphas; there are {counts['alpha']} alphas, {counts['image']} images and {paired} "
            "images at two alphas. Add alphas to the edit, or images to the set."
        )
    alphas = wide.columns.to_numpy()
    scale = np.std(alphas)
    scores, moved = wide.to_numpy(), (alphas - alphas.mean()) / scale
    # With two scores per image, its slope can't be distinguished from noise.
    several = bool((wide.count(axis=1) > 2).any())
    random_slope, best = False, _of_lines(scores, moved, alike=True)
    if best is None and several:
        random_slope, best = True, _of_lines(scores, moved, alike=False)
    if best is None:
        fits = [_mixed_model(scores, moved, effects) for effects in ((1, 2) if several else (1,))]
        # If the images do not differ in slope, the random intercept alone fits as well.
        random_slope = fits[-1].criterion < fits[0].criterion - _NO_BETTER
        best = fits[-1] if random_slope else fits[0]
    estimate, error = best.slope / scale, best.standard_error / scale
    if paired == 1:
        error = np.nan
    deviate = abs(estimate) / error if error else (np.inf if estimate else 0.0)
    freedom = paired - 1
    margin = stats.t.ppf((1 + confidence) / 2, freedom) * error
    return Slope(
        n=int(counts["image"]),
        slope=float(estimate),
        low=float(estimate - margin),
        high=float(estimate + margin),
        p_value=float(2 * stats.t.sf(deviate, freedom)),
        standard_error=float(error),
        freedom=freedom,
        model=f"score ~ alpha + ({'alpha' if random_slope else '1'} | image)",
    )


def _of_lines(
    scores: NDArray[np.float64], alphas: NDArray[np.float64], *, alike: bool
) -> _Fit | None:
    """Fit scores of which each image's lie on a line, which leaves no noise.

    Args:
        scores: (images, alphas), nan where an image has no score.
        alphas: (alphas,).
        alike: Whether the lines must have the same slope.

    Returns:
        The limit of the mixed model's fit for no noise; None if there is noise.
    """
    seen = np.isfinite(scores)
    rows, at = scores[seen.sum(axis=1) > 1], np.where(seen, alphas, np.nan)[seen.sum(axis=1) > 1]
    # Without the least score first, rounding would give equal scores a slope.
    rows = rows - np.nanmin(rows, axis=1, keepdims=True)
    rows, at = (part - np.nanmean(part, axis=1, keepdims=True) for part in (rows, at))
    own = np.nansum(rows * at, axis=1) / np.nansum(at**2, axis=1)
    lines = np.full_like(own, own.mean()) if alike else own
    left = np.abs(rows - lines[:, np.newaxis] * at)
    if np.nanmax(left) > _LEAST_NOISE * np.nanstd(scores):
        return None
    error = own.std(ddof=1) / np.sqrt(len(own)) if len(own) > 1 else np.nan
    return _Fit(-np.inf, float(own.mean()), float(error))


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
