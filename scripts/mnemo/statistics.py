"""Statistics of scores: rank agreement, and how scores respond to alpha.

Dose and response tables (`frame` below) have the columns `image` (key), `alpha` (distance moved
along the hyperplane's unit normal) and `score`, one row for each image and alpha. Rows whose score
is missing, since no face was found in the edited image, are left out.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from itertools import combinations, pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

from mnemo.errors import MnemoError

LOGGER = logging.getLogger(__name__)
#: Images in a resample of a bootstrap, or as many as there are.
RESAMPLED = 2_000
# Deviance by which a slope of each image must improve a fit: less is the optimiser's tolerance.
_NO_BETTER = 1e-4


@dataclass(frozen=True)
class Agreement:
    """Rank agreement of two scores of the same images.

    Attributes:
        n: Images that have both scores.
        spearman: Spearman's rank correlation, -1 to 1.
        spearman_low: Lower end of its interval.
        spearman_high: Upper end of its interval.
        kendall: Kendall's tau-b, -1 to 1.
        kendall_low: Lower end of its interval.
        kendall_high: Upper end of its interval.
    """

    n: int
    spearman: float
    spearman_low: float
    spearman_high: float
    kendall: float
    kendall_low: float
    kendall_high: float


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


def agreement(
    scores_a: ArrayLike,
    scores_b: ArrayLike,
    *,
    resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Agreement:
    """Measure how alike two scores rank the same images (paper 1, section 2.3, table 1).

    The correlations are those of all images. Their intervals are percentiles over resamples of the
    images, both scores of an image together. Of more than `RESAMPLED` images each resample draws as
    many as that, and its deviation from the correlation shrinks by the root of their share: the m
    out of n bootstrap (Bickel, Goetze and van Zwet, Statistica Sinica 7:1, 1997), for correlations
    that err as 1 / sqrt(n). The ends stay within the noise of 1,000 resamples, whose time stops
    growing at a second: all pairs of 28 scores take minutes.

    Args:
        scores_a: (n,) scores; nan where an image has none.
        scores_b: (n,) other scores of the same images.
        resamples: Bootstrap resamples of the images.
        seed: Seed of the resamples.
        confidence: Confidence of the intervals.

    Returns:
        Both correlations with their intervals.

    Raises:
        MnemoError: Fewer than three images have both scores, or a score is the same for all.
    """
    pairs = np.column_stack([scores_a, scores_b])
    pairs = pairs[np.isfinite(pairs).all(axis=1)]
    n = len(pairs)
    if n < 3 or (pairs == pairs[0]).all(axis=0).any():
        raise MnemoError(
            f"{n} images have both scores, with {len(np.unique(pairs[:, 0]))} and "
            f"{len(np.unique(pairs[:, 1]))} different values: ranks need three images, and "
            "scores that differ. Draw more images, or look at why the assessor scores all alike."
        )
    generator = np.random.default_rng(seed)
    drawn = min(n, RESAMPLED)
    resampled = np.array(
        [_correlations(pairs[generator.integers(n, size=drawn)]) for _ in range(resamples)]
    )
    spearman, kendall = measured = _correlations(pairs)
    around = measured + np.sqrt(drawn / n) * (resampled - measured)
    # A resample of very few images can be one image over and over, which has no ranks: nan.
    low, high = np.nanquantile(around, _tails(confidence), axis=0).tolist()
    return Agreement(n, spearman, low[0], high[0], kendall, low[1], high[1])


def agreements(
    scores: pd.DataFrame, *, resamples: int = 1000, seed: int = 0, confidence: float = 0.95
) -> pd.DataFrame:
    """Measure the agreement of every pair of assessor and shape on the same images.

    Args:
        scores: One row for each `image`, `assessor` and `shape`, with its `score`.
        resamples: As for `agreement`.
        seed: As for `agreement`.
        confidence: As for `agreement`.

    Returns:
        The columns of `tables.AGREEMENT`, one row for each pair; none where there is one score.

    Raises:
        MnemoError: As for `agreement`.
    """
    sides = ("assessor_a", "shape_a", "assessor_b", "shape_b")
    by_image = scores.pivot(index=["assessor", "shape"], columns="image", values="score")
    rows = []
    for a, b in combinations(by_image.index, 2):
        measured = agreement(
            by_image.loc[a],
            by_image.loc[b],
            resamples=resamples,
            seed=seed,
            confidence=confidence,
        )
        rows.append(dict(zip(sides, (*a, *b), strict=True)) | asdict(measured))
    return pd.DataFrame(rows, columns=[*sides, *(field.name for field in fields(Agreement))])


def deviations(scores: pd.DataFrame) -> "pd.Series[float]":
    """Measure how far the scores of each assessor and shape spread.

    Args:
        scores: One row for each `image`, `assessor` and `shape`, with its `score`.

    Returns:
        `deviation`, the standard deviation over n - 1, by assessor and shape.

    Raises:
        MnemoError: The scores of an assessor and shape do not differ.
    """
    by_shape = scores.astype({"score": np.float64}).groupby(["assessor", "shape"])["score"]
    alike = by_shape.nunique() < 2
    if alike.any():
        named = ", ".join(f"{assessor} of {shape}" for assessor, shape in alike.index[alike])
        raise MnemoError(
            f"The scores by {named} images of the set fit are all the same, or there is one alone: "
            "they have no spread. Draw more images, or look at why the assessor scores all alike."
        )
    return by_shape.std().rename("deviation")


def dose_response(frame: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Average the score at each alpha (paper 1, figure 6; GANalyze, figure 3A).

    Args:
        frame: Dose and response table.
        confidence: Confidence of the interval.

    Returns:
        By alpha: `alpha`, `n` images, `mean` score, and `low` and `high`, the ends of the mean's t
        interval.
    """
    table = (
        _scored(frame)
        .groupby("alpha")["score"]
        .agg(n="count", mean="mean", standard_error="sem")
        .reset_index()
    )
    return _with_interval(table, "mean", confidence)


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
    scored = _scored(frame)
    counts = scored[["alpha", "image", "score"]].nunique()
    if (counts < 2).any():
        raise MnemoError(
            f"A slope needs at least two alphas, images and scores; there are {counts['alpha']} "
            f"alphas, {counts['image']} images and {counts['score']} different scores. Give the "
            "edit more alphas, or the set more images."
        )
    wide = _by_image(frame)
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


def local_slopes(frame: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Average the slope of each image's score between neighbouring alphas.

    Args:
        frame: Dose and response table.
        confidence: Confidence of the interval.

    Returns:
        By `alpha_low` and `alpha_high`, neighbours: `n` images scored at both, their mean `slope`
        in score per unit of alpha, and `low` and `high`, the ends of its paired t interval.
    """
    wide = _by_image(frame)
    pairs = list(pairwise(wide.columns.to_numpy()))
    steps = [(wide[high] - wide[low]) / (high - low) for low, high in pairs]
    table = pd.DataFrame(
        {
            "alpha_low": [low for low, _ in pairs],
            "alpha_high": [high for _, high in pairs],
            "n": [step.count() for step in steps],
            "slope": [step.mean() for step in steps],
            "standard_error": [step.sem() for step in steps],
        }
    )
    return _with_interval(table, "slope", confidence)


def calibrate(
    frame: pd.DataFrame,
    changes: Sequence[float],
    *,
    resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Find the alpha that changes the mean score by a wanted amount.

    The response at an alpha is the mean change of score against alpha 0, over the images scored at
    both. It is taken as linear between the measured alphas and inverted on the part around 0 where
    it keeps rising, or keeps falling; which of the two, its neighbours of 0 say. Where it turns
    back, the part ends, so that the alpha found is the one nearest to 0. Nothing is extrapolated.

    The intervals are percentiles over resamples of the images, all alphas of an image together, and
    of more than `RESAMPLED` images as `agreement` says, for the mean changes. A resample whose
    response does not reach the change counts as an alpha beyond the range.

    Args:
        frame: Dose and response table with alpha 0.
        changes: Wanted changes of the mean score, in the score's unit.
        resamples: Bootstrap resamples of the images.
        seed: Seed of the resamples.
        confidence: Confidence of the intervals.

    Returns:
        By `change`: `alpha`, and `low` and `high`, the ends of its interval. All three are nan
        where the response does not reach the change, an end where it lies beyond the range.

    Raises:
        MnemoError: No image is scored at alpha 0.
    """
    wide = _by_image(frame)
    if 0 not in wide:
        raise MnemoError("No image is scored at alpha 0, which changes are measured against.")
    paired = wide.sub(wide[0], axis=0).dropna(how="all").dropna(how="all", axis="columns")
    alphas = paired.columns.to_numpy(dtype=np.float64)
    rises = paired.to_numpy()
    wanted = np.asarray(changes, dtype=np.float64)
    response = np.nanmean(rises, axis=0)
    generator = np.random.default_rng(seed)
    drawn = min(len(rises), RESAMPLED)
    shrink = np.sqrt(drawn / len(rises))
    resampled = []
    for _ in range(resamples):
        mean = np.nanmean(rises[generator.integers(len(rises), size=drawn)], axis=0)
        resampled.append(_invert(alphas, response + shrink * (mean - response), wanted))
    # An observed quantile: interpolating between infinities gives nan.
    low, high = np.quantile(resampled, _tails(confidence), axis=0, method="closest_observation")
    table = pd.DataFrame(
        {
            "change": wanted,
            "alpha": _invert(alphas, response, wanted),
            "low": low,
            "high": high,
        }
    ).replace([-np.inf, np.inf], np.nan)
    table.loc[table["alpha"].isna(), ["low", "high"]] = np.nan
    return table


def responses(
    scores: pd.DataFrame,
    changes: Sequence[float],
    *,
    resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> dict[str, pd.DataFrame]:
    """Measure how the scores of an edit follow alpha, for each assessor and shape.

    Where too few images of a shape have a score, since no face was found in the others, an estimate
    is missing; n says how many there are.

    Args:
        scores: One row for each `edit`, `assessor`, `shape`, `alpha` and `image`, with its `score`.
        changes: As for `calibrate`.
        resamples: As for `calibrate`.
        seed: As for `calibrate`.
        confidence: Confidence of every interval.

    Returns:
        The tables `dose_response`, `slopes`, `local_slopes` and `calibration` by name.
    """
    alphas = np.unique(scores["alpha"])
    measured: dict[str, list[pd.DataFrame]] = {}
    for (edit, assessor, shape), frame in scores.groupby(["edit", "assessor", "shape"]):
        means = dose_response(frame, confidence=confidence).set_index("alpha").reindex(alphas)
        means["n"] = means["n"].fillna(0).astype(int)
        parts = {"dose_response": means.reset_index()}
        parts["local_slopes"] = local_slopes(frame, confidence=confidence)
        try:
            parts["slopes"] = pd.DataFrame([asdict(slope(frame, confidence=confidence))])
            parts["calibration"] = calibrate(
                frame, changes, resamples=resamples, seed=seed, confidence=confidence
            )
        except MnemoError as why:
            LOGGER.warning("%s of %s: %s", shape, assessor, why)
            found = frame["image"].nunique()
            parts["slopes"] = pd.DataFrame(
                {
                    "n": [found],
                    "slope": np.nan,
                    "low": np.nan,
                    "high": np.nan,
                    "p_value": np.nan,
                    "model": "",
                }
            )
            parts["calibration"] = pd.DataFrame(
                {"change": changes, "alpha": np.nan, "low": np.nan, "high": np.nan}
            )
        for table, part in parts.items():
            named = part.assign(edit=str(edit), assessor=str(assessor), shape=str(shape))
            measured.setdefault(table, []).append(named)
    return {table: pd.concat(parts, ignore_index=True) for table, parts in measured.items()}


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


def _invert(
    alphas: NDArray[np.float64], response: NDArray[np.float64], changes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Invert a piecewise-linear response around alpha 0; beyond its monotone part is infinite."""
    zero = int(np.searchsorted(alphas, 0))
    last = len(alphas) - 1
    direction = np.sign(response[min(zero + 1, last)] - response[max(zero - 1, 0)])
    onward = np.diff(response) * direction > 0
    right = zero + int(np.argmin(np.append(onward[zero:], False)))
    left = zero - int(np.argmin(np.append(onward[:zero][::-1], False)))
    part = slice(left, right + 1)
    inverted: NDArray[np.float64] = np.interp(
        direction * changes, direction * response[part], alphas[part], left=-np.inf, right=np.inf
    )
    return inverted


def _correlations(pairs: NDArray[np.floating[Any]]) -> tuple[float, float]:
    a, b = pairs.T
    return float(stats.spearmanr(a, b).statistic), float(stats.kendalltau(a, b).statistic)


def _tails(confidence: float) -> tuple[float, float]:
    return (1 - confidence) / 2, (1 + confidence) / 2


def _scored(frame: pd.DataFrame) -> pd.DataFrame:
    # Means of float32 scores are taken in float64.
    return frame.dropna(subset=["score"]).astype({"score": np.float64, "alpha": np.float64})


def _by_image(frame: pd.DataFrame) -> pd.DataFrame:
    """Lay scores out with a row for each image and a column for each alpha, ascending."""
    # pivot_table would average an image's rows where pivot refuses two of one alpha.
    return _scored(frame).pivot(index="image", columns="alpha", values="score")


def _with_interval(table: pd.DataFrame, estimate: str, confidence: float) -> pd.DataFrame:
    """Replace the column `standard_error` by the ends of a t interval of an estimate."""
    quantile = stats.t.ppf((1 + confidence) / 2, table["n"] - 1)
    margin = quantile * table.pop("standard_error")
    return table.assign(low=table[estimate] - margin, high=table[estimate] + margin)
