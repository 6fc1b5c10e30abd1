"""Calibration: the alpha that changes the mean score by a wanted amount."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline, PchipInterpolator
from scipy.optimize import elementwise

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.results import columns
from mnemo.statistics import frames, ranks

#: Images below which an alpha has no interval: that of two covers half of what it claims.
LEAST = 10
CALIBRATION = tables.define(
    "Alpha that achieves a given change of the mean score",
    *columns.EDITED,
    tables.field("change", pa.float64(), "wanted change of the mean score from alpha 0"),
    tables.field(
        "unit",
        pa.string(),
        "unit of the change: standard deviation, that of the assessor's scores of the set fit, for "
        "the assessor that the edit's direction was found with; or the assessor's own unit",
    ),
    tables.field(
        "score_change",
        pa.float64(),
        "the change in the assessor's own unit; null if its scores of the set fit do not differ",
        nullable=True,
    ),
    tables.field(
        "alpha",
        pa.float64(),
        "alpha that achieves the change, on a smooth curve through the mean changes at all alphas; "
        "the table methods joins them by straight lines, and has other alphas where the measured "
        "ones are far apart. Null if no alpha in the measured range achieves the change, or if the "
        "response is neither rising nor falling at 0",
        nullable=True,
    ),
    tables.field(
        "low",
        pa.float64(),
        "lower end of the interval of alpha, which includes an allowance for the response between "
        "the measured alphas: it covers more than it claims if these are few and many images are "
        "measured, and less if the response bends within one step of alpha or fewer than about 20 "
        f"images are edited; null beyond the measured range, and below {LEAST} images, of which a "
        "bootstrap shows too little",
        nullable=True,
    ),
    tables.field(
        "high", pa.float64(), "upper end of the interval of alpha, as for low", nullable=True
    ),
)

# Difference between responses that is rounding, relative to the largest of them.
_ROUNDING = 1e-9

#: A piecewise cubic through the points of a response.
Spline = Callable[..., Any]
Floats = NDArray[np.float64]

LOGGER = logging.getLogger(__name__)


def calibrate(
    frame: pd.DataFrame,
    changes: Sequence[float],
    *,
    unedited: ArrayLike | None = None,
    resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compute the alpha that changes the mean score by a given amount.

    The response at an alpha is the mean change of the score from alpha 0, over the images scored at
    both. Between the measured alphas it follows a monotone cubic spline (Fritsch and Butland, SIAM
    Journal on Scientific and Statistical Computing 5:2, 1984; SciPy's PCHIP), which is inverted on
    the monotone part around 0: as far as the response keeps rising or keeps falling, whichever it
    does between the neighbours of 0. The alpha found is thus the one nearest to 0. There is no
    extrapolation. A response that is equal on both sides of 0, flat or with its peak there, has no
    such part, and reaches no change but 0.

    The intervals are percentiles over bootstrap resamples of the images, which keep all alphas of
    an image together, and, for changes in standard deviations, of the unedited images. For more
    than `ranks.RESAMPLED` images, resamples are smaller and their deviations rescaled, as described
    for `ranks.agreement`. A resample whose response does not reach the change counts as an alpha
    beyond the range, and one without a rising or falling part as an alpha beyond either end.
    Resamples leave out an alpha at which fewer than two images are compared with alpha 0, because
    nothing shows its error.

    Between the alphas, the true response is another curve. Both ends are moved outwards by twice
    the distance between the alpha of this spline and that of a cubic spline with continuous
    curvature, which is usually closer to a smooth response, but not monotone. docs/coverage.md
    shows what the interval then covers: mostly more than it claims. A bend within one step of
    alpha is in neither spline.

    Args:
        frame: Dose-response frame, including alpha 0.
        changes: The changes of the mean score.
        unedited: (n,) scores of unedited images, whose standard deviation is the unit of the
            changes; None for changes in the score's own unit.
        resamples: Number of bootstrap resamples.
        seed: Seed of the resamples.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        One row per `change`: `score_change`, the same in the score's own unit; `alpha`, and `low`
        and `high`, the ends of its interval. The last three are nan if the response does not reach
        the change; an end is nan if it lies beyond the range or is unknown.

    Raises:
        MnemoError: No image is scored at alpha 0.
    """
    wide = frames.by_image(frame)
    if 0 not in wide:
        raise MnemoError(
            "No image is scored at alpha 0, from which changes are measured. Add 0 to the edit's "
            "`alphas`, or look at why no face was found."
        )
    paired = wide.sub(wide[0], axis=0).dropna(how="all").dropna(how="all", axis="columns")
    alphas = paired.columns.to_numpy(dtype=np.float64)
    rises = paired.to_numpy()
    generator = np.random.default_rng(seed)
    response = np.nanmean(rises, axis=0)
    responses = _resampled_means(rises, resamples, generator)
    # The error of a single image's change is unknown.
    alone = (np.isfinite(rises).sum(axis=0) < 2) & (alphas != 0)
    responses[:, alone] = np.nan
    unit, units = 1.0, np.ones(resamples)
    if unedited is not None:
        unit, units = _resampled_deviations(np.asarray(unedited, float), resamples, generator)
    wanted = unit * np.asarray(changes, dtype=np.float64)
    alpha, other = (
        _inverted(alphas, response[np.newaxis], wanted[np.newaxis], spline)[0]
        for spline in (PchipInterpolator, CubicSpline)
    )
    resampled = _inverted(alphas, responses, np.outer(units, changes), PchipInterpolator)
    low, high = ranks.bounds(resampled, confidence)
    with np.errstate(invalid="ignore"):
        between = 2 * np.abs(other - alpha)
    ends = pd.DataFrame({"low": low - between, "high": high + between})
    table = pd.DataFrame(
        {"change": changes, "score_change": wanted, "alpha": alpha}, dtype=np.float64
    ).replace([-np.inf, np.inf], np.nan)
    measured = ends.where((ends >= alphas[0]) & (ends <= alphas[-1]))
    if len(rises) < LEAST:
        # Alpha 0 changes nothing, whatever the images.
        measured = measured.where(table["alpha"] == 0)
    return table.join(measured.where(table["alpha"].notna(), axis=0))


def measure(
    scores: pd.DataFrame,
    fit_scores: pd.DataFrame,
    wanted: Sequence[Mapping[str, Any]],
    *,
    resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compute the alphas of the changes that are wanted of an edit, for each shape.

    If too few images of a shape have a score, because no face was found in the others, the alphas
    are missing.

    Args:
        scores: One row per `edit`, `assessor`, `shape`, `alpha` and `image`, with its `score`.
        fit_scores: Scores of the set fit: one row per `assessor`, `shape` and `image`, with its
            `score`.
        wanted: For each assessor its name, `assessor`, the `changes`, and their `unit`; None for
            standard deviations of its scores of the set fit.
        resamples: As for `calibrate`.
        seed: As for `calibrate`.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The columns of `CALIBRATION`.
    """
    parts = []
    for each in wanted:
        name, changes, unit = (each[key] for key in ("assessor", "changes", "unit"))
        of_assessor = scores[scores["assessor"] == name]
        for (edit, shape), frame in of_assessor.groupby(["edit", "shape"]):
            own = (fit_scores["assessor"] == name) & (fit_scores["shape"] == shape)
            unedited = fit_scores.loc[own, "score"] if unit is None else None
            try:
                table = calibrate(
                    frame,
                    changes,
                    unedited=unedited,
                    resamples=resamples,
                    seed=seed,
                    confidence=confidence,
                )
            except MnemoError as why:
                LOGGER.warning("%s of %s: %s", shape, name, why)
                table = pd.DataFrame({"change": changes}).reindex(columns=CALIBRATION.names)
            named = {"edit": edit, "assessor": name, "shape": shape}
            parts.append(table.assign(**named, unit=unit or "standard deviation"))
    return pd.concat(parts, ignore_index=True)


def _resampled_means(rises: Floats, resamples: int, generator: np.random.Generator) -> Floats:
    """Compute the mean changes of bootstrap resamples of the images.

    Args:
        rises: (n, alphas) changes; nan where an image has none.
        resamples: Number of resamples.
        generator: Where they are drawn from.

    Returns:
        (resamples, alphas); nan where no image of a resample has a change.
    """
    n = len(rises)
    drawn = min(n, ranks.RESAMPLED)
    known = np.isfinite(rises)
    both = np.hstack([np.where(known, rises, 0), known])
    sums = np.array(
        [
            np.bincount(generator.integers(n, size=drawn), minlength=n) @ both
            for _ in range(resamples)
        ]
    )
    totals, counts = np.hsplit(sums, 2)
    means = np.divide(totals, counts, out=np.full_like(totals, np.nan), where=counts > 0)
    response = np.nanmean(rises, axis=0)
    around: Floats = response + np.sqrt(drawn / n) * (means - response)
    return around


def _resampled_deviations(
    scores: Floats, resamples: int, generator: np.random.Generator
) -> tuple[float, Floats]:
    """Compute the standard deviation of scores, and those of bootstrap resamples of them.

    Returns:
        The deviation and (resamples,) deviations; nan if fewer than two scores differ.
    """
    n = len(scores)
    if n < 2 or (scores == scores[0]).all():
        return np.nan, np.full(resamples, np.nan)
    drawn = min(n, ranks.RESAMPLED)
    deviation = np.std(scores, ddof=1)
    around = [
        np.std(scores[generator.integers(n, size=drawn)], ddof=1) - deviation
        for _ in range(resamples)
    ]
    return float(deviation), deviation + np.sqrt(drawn / n) * np.array(around)


def _inverted(alphas: Floats, responses: Floats, changes: Floats, spline: Spline) -> Floats:
    """Invert responses around alpha 0.

    Args:
        alphas: (a,) ascending.
        responses: (r, a) responses; nan where an alpha has none.
        changes: (r, k) changes of each response.
        spline: The curve between the alphas.

    Returns:
        (r, k) alphas; infinite beyond the monotone part, nan if there is none. A change of 0 is at
        alpha 0.
    """
    found = np.where(changes == 0, 0.0, np.nan)
    known = np.isfinite(responses)
    # A spline runs through the alphas that its response has.
    for present in np.unique(known, axis=0):
        rows = (known == present).all(axis=1)
        if present.sum() > 1:
            own = _inverted_together(
                alphas[present], responses[np.ix_(rows, present)], changes[rows], spline
            )
            found[rows] = np.where(changes[rows] == 0, 0.0, own)
    return found


def _inverted_together(
    alphas: Floats, responses: Floats, changes: Floats, spline: Spline
) -> Floats:
    """Invert responses that have the same alphas, as `_inverted` does."""
    zero = int(np.searchsorted(alphas, 0))
    after, before = min(zero + 1, len(alphas) - 1), max(zero - 1, 0)
    rise = responses[:, after] - responses[:, before]
    rise[np.abs(rise) <= _ROUNDING * np.abs(responses).max(axis=1)] = 0
    # From here on, each response rises at 0.
    sign = np.sign(rise)[:, np.newaxis]
    responses, changes = sign * responses, sign * changes
    onward = np.diff(responses) > 0
    right = zero + np.logical_and.accumulate(onward[:, zero:], axis=1).sum(axis=1)
    left = zero - np.logical_and.accumulate(onward[:, :zero][:, ::-1], axis=1).sum(axis=1)
    place = np.arange(len(alphas))
    part = (place >= left[:, np.newaxis]) & (place <= right[:, np.newaxis])
    passed = (part[:, np.newaxis] & (responses[:, np.newaxis] <= changes[..., np.newaxis])).sum(-1)
    cell = np.clip(left[:, np.newaxis] + passed - 1, 0, right[:, np.newaxis] - 1)
    # Between two alphas, the curve is a cubic of the distance from the smaller one.
    row = np.arange(len(responses))[:, np.newaxis]
    *bends, start = spline(alphas, responses, axis=1).c[:, cell, row]
    width = np.diff(alphas)[cell]

    def height(distance: Any, *coefficients: Any) -> Any:
        a, b, c, d = coefficients
        return ((a * distance + b) * distance + c) * distance + d

    # Rounding can leave a change just outside of its cell.
    reached = np.clip(changes, start, np.fmax(start, height(width, *bends, start)))
    roots = elementwise.find_root(height, (0 * width, width), args=(*bends, start - reached))
    inverted: Floats = alphas[cell] + roots.x
    inverted[changes < responses[row, left[:, np.newaxis]]] = -np.inf
    inverted[changes > responses[row, right[:, np.newaxis]]] = np.inf
    inverted[(rise == 0)[:, np.newaxis] | np.isnan(changes)] = np.nan
    return inverted
