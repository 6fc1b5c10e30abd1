"""Dose-response: how the scores of an edit depend on alpha."""

import logging
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.results import columns
from mnemo.statistics import frames, ranks

DOSE_RESPONSE = tables.define(
    "Mean score at each alpha",
    *columns.EDITED,
    columns.MOVED,
    tables.field("n", pa.int64(), "number of images scored"),
    tables.field("mean", pa.float64(), "mean score", nullable=True),
    tables.field("low", pa.float64(), "lower end of the interval of the mean", nullable=True),
    tables.field("high", pa.float64(), "upper end of the interval of the mean", nullable=True),
)
LOCAL_SLOPES = tables.define(
    "Slope of the score between neighbouring alphas",
    *columns.EDITED,
    tables.field("alpha_low", pa.float64(), "the smaller alpha"),
    tables.field("alpha_high", pa.float64(), "the larger alpha"),
    tables.field("n", pa.int64(), "number of images scored at both alphas"),
    *columns.SLOPE,
)
CALIBRATION = tables.define(
    "Alpha that achieves a given change of the mean score",
    *columns.EDITED,
    tables.field("change", pa.float64(), "change of the mean score, relative to alpha 0"),
    tables.field(
        "alpha",
        pa.float64(),
        "alpha that achieves the change; null if no alpha in the measured range does, or if the "
        "response is neither rising nor falling at 0",
        nullable=True,
    ),
    tables.field("low", pa.float64(), "lower end of the interval of alpha", nullable=True),
    tables.field("high", pa.float64(), "upper end of the interval of alpha", nullable=True),
)


# Difference between responses that is rounding, relative to the largest of them.
_ROUNDING = 1e-9

LOGGER = logging.getLogger(__name__)


def dose_response(frame: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Compute the mean score at each alpha (paper 1, figure 6; GANalyze, figure 3A).

    Args:
        frame: Dose-response frame.
        confidence: Confidence of the interval, between 0 and 1.

    Returns:
        One row per alpha: `alpha`, the number `n` of images, their `mean` score, and `low` and
        `high`, the ends of its t interval.
    """
    table = (
        frames.scored(frame)
        .groupby("alpha")["score"]
        .agg(n="count", mean="mean", standard_error="sem")
        .reset_index()
    )
    return frames.with_interval(table, "mean", confidence)


def local_slopes(frame: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Compute the mean slope of the images' scores between neighbouring alphas.

    Args:
        frame: Dose-response frame.
        confidence: Confidence of the interval, between 0 and 1.

    Returns:
        One row per pair of neighbouring alphas, `alpha_low` and `alpha_high`: the number `n` of
        images scored at both, their mean `slope` in score per unit of alpha, and `low` and `high`,
        the ends of its paired t interval.
    """
    wide = frames.by_image(frame)
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
    return frames.with_interval(table, "slope", confidence)


def calibrate(
    frame: pd.DataFrame,
    changes: Sequence[float],
    *,
    resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compute the alpha that changes the mean score by a given amount.

    The response at an alpha is the mean change of the score from alpha 0, over the images scored at
    both. It is interpolated linearly between the measured alphas and inverted on the monotone part
    around 0: as far as it keeps rising or keeps falling, whichever it does between the neighbours
    of 0. The alpha found is thus the one nearest to 0. There is no extrapolation. A response that
    is equal on both sides of 0, flat or with its peak there, has no such part, and reaches no
    change but 0.

    The intervals are percentiles over bootstrap resamples of the images, which keep all alphas of
    an image together. For more than `ranks.RESAMPLED` images, resamples of the mean changes are
    smaller and rescaled, as described for `ranks.agreement`. A resample whose response does not
    reach the change counts as an alpha beyond the range, and one without a rising or falling part
    as an alpha beyond either end. Resamples leave out an alpha at which fewer than two images are
    compared with alpha 0, because nothing shows its error.

    Args:
        frame: Dose-response frame, including alpha 0.
        changes: The changes of the mean score, in the score's unit.
        resamples: Number of bootstrap resamples.
        seed: Seed of the resamples.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        One row per `change`: `alpha`, and `low` and `high`, the ends of its interval. All three are
        nan if the response does not reach the change; an end is nan if it lies beyond the range or
        is unknown.

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
    wanted = np.asarray(changes, dtype=np.float64)
    response = np.nanmean(rises, axis=0)
    several = (np.isfinite(rises).sum(axis=0) > 1) | (alphas == 0)
    generator = np.random.default_rng(seed)
    drawn = min(len(rises), ranks.RESAMPLED)
    shrink = np.sqrt(drawn / len(rises))
    resampled = []
    for _ in range(resamples):
        chosen = rises[generator.integers(len(rises), size=drawn)]
        compared = several & np.isfinite(chosen).any(axis=0)
        mean = np.nanmean(chosen[:, compared], axis=0)
        moved = response[compared] + shrink * (mean - response[compared])
        resampled.append(_invert(alphas[compared], moved, wanted))
    low, high = ranks.bounds(np.array(resampled), confidence)
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
    """Compute the dose-response tables of an edit, for each assessor and shape.

    If too few images of a shape have a score, because no face was found in the others, an estimate
    is missing; `n` is the number of images.

    Args:
        scores: One row per `edit`, `assessor`, `shape`, `alpha` and `image`, with its `score`.
        changes: As for `calibrate`.
        resamples: As for `calibrate`.
        seed: As for `calibrate`.
        confidence: Confidence of all intervals, between 0 and 1.

    Returns:
        The tables `dose_response`, `local_slopes` and `calibration` by name.
    """
    alphas = np.unique(scores["alpha"])
    measured: dict[str, list[pd.DataFrame]] = {}
    for (edit, assessor, shape), frame in scores.groupby(["edit", "assessor", "shape"]):
        means = dose_response(frame, confidence=confidence).set_index("alpha").reindex(alphas)
        means["n"] = means["n"].fillna(0).astype(int)
        parts = {"dose_response": means.reset_index()}
        parts["local_slopes"] = local_slopes(frame, confidence=confidence)
        try:
            parts["calibration"] = calibrate(
                frame, changes, resamples=resamples, seed=seed, confidence=confidence
            )
        except MnemoError as why:
            LOGGER.warning("%s of %s: %s", shape, assessor, why)
            parts["calibration"] = pd.DataFrame(
                {"change": changes, "alpha": np.nan, "low": np.nan, "high": np.nan}
            )
        for table, part in parts.items():
            named = part.assign(edit=str(edit), assessor=str(assessor), shape=str(shape))
            measured.setdefault(table, []).append(named)
    return {table: pd.concat(parts, ignore_index=True) for table, parts in measured.items()}


def _invert(
    alphas: NDArray[np.float64], response: NDArray[np.float64], changes: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Invert a piecewise-linear response around alpha 0.

    Returns:
        The alphas; infinite beyond the monotone part, nan if there is none. A change of 0 is at 0.
    """
    zero = int(np.searchsorted(alphas, 0))
    rise = response[min(zero + 1, len(alphas) - 1)] - response[max(zero - 1, 0)]
    if abs(rise) <= _ROUNDING * np.abs(response).max():
        return np.where(changes == 0, 0.0, np.nan)
    direction = np.sign(rise)
    onward = np.diff(response) * direction > 0
    right = zero + int(np.argmin(np.append(onward[zero:], False)))
    left = zero - int(np.argmin(np.append(onward[:zero][::-1], False)))
    part = slice(left, right + 1)
    inverted: NDArray[np.float64] = np.interp(
        direction * changes, direction * response[part], alphas[part], left=-np.inf, right=np.inf
    )
    return inverted
