"""The slope of scores over alpha, by a linear mixed-effects model."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, stats

from mnemo.errors import MnemoError
from mnemo.statistics import frames

# Deviance by which a slope of each image must improve a fit: less is the optimiser's tolerance.
_NO_BETTER = 1e-4


@dataclass(frozen=True)
class Slope:
    """Slope of the score over alpha.

    Attributes:
        n: Images.
        slope: Change of score per unit of alpha.
        low: Lower end of its Wald interval.
        high: Upper end of it.
        p_value: Of the Wald test against a slope of 0; it underflows to 0 below 1e-308.
        model: The model's formula, as R's lme4 writes it.
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
    """Fit one slope of the score over alpha by a linear mixed-effects model (GANalyze, 3.1).

    The model is score ~ alpha with an intercept and a slope for each image, fitted by REML; with
    two alphas, or where images do not differ in slope, with an intercept alone. `model` says which.
    GANalyze does not state its random effects. Without a slope of its own for each image, the
    interval would take images for alike that respond differently. Where the
    response bends, as paper 1's does, the slope is a summary only: see `local_slopes`.

    Args:
        frame: Dose and response table.
        confidence: Confidence of the interval.

    Returns:
        The slope with its interval and test.

    Raises:
        MnemoError: There are fewer than two alphas or images, or all scores are equal.
    """
    scored = frames.scored(frame)
    counts = scored[["alpha", "image", "score"]].nunique()
    if (counts < 2).any():
        raise MnemoError(
            f"A slope needs at least two alphas, images and scores; there are {counts['alpha']} "
            f"alphas, {counts['image']} images and {counts['score']} different scores. Give the "
            "edit more alphas, or the set more images."
        )
    wide = frames.by_image(frame)
    alphas = wide.columns.to_numpy()
    scale = np.std(alphas)
    # Two scores of an image can't tell its slope from noise.
    fits = [
        _mixed_model(wide.to_numpy(), (alphas - alphas.mean()) / scale, effects)
        for effects in ((1, 2) if counts["alpha"] > 2 else (1,))
    ]
    # Where images do not differ in slope, the intercept alone fits as well.
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
    """Fit score ~ alpha with random effects of each image, by restricted maximum likelihood.

    Images that have scores at the same alphas share one covariance, so that their count, sum and
    outer products say all: the cost of a fit grows with the patterns of missing scores and not
    with the images. The criterion is profiled over fixed effects and residual variance (Bates et
    al., Journal of Statistical Software 67:1, 2015, section 3.4).

    Args:
        scores: (images, alphas), nan where an image has none.
        alphas: (alphas,).
        effects: Random effects: 1 for an intercept, 2 for a slope too.

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
        """Give the criterion, and the slope and its standard error, at a relative factor."""
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
        # Scores without noise leave a rounding error, which may be below 0.
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
