"""Transfer: whether an edit along one assessor's direction changes the scores of the others."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import stats

from mnemo import tables
from mnemo.results import columns
from mnemo.scores import ASSESSOR, SHAPE
from mnemo.statistics import frames, means

TRANSFER = tables.define(
    "Edits along the normal of one assessor's hyperplane, scored by each assessor",
    tables.field("edit", pa.string(), "name of the edit"),
    tables.field("space", pa.string(), "latent space of the hyperplane", limits="z, w, w_plus"),
    tables.field("fitted_on", pa.string(), "assessor whose scores the hyperplane separates"),
    tables.field(
        "fitted_shape", pa.string(), "shape that this assessor scored", limits="square, oval"
    ),
    tables.field(
        "threshold",
        pa.string(),
        "threshold that separates high from low scores",
        limits="mean, median",
    ),
    tables.field("estimator", pa.string(), "what is fitted", limits="logistic, ridge, svm"),
    ASSESSOR,
    SHAPE,
    tables.field("n", pa.int64(), "number of images"),
    tables.field("alpha_low", pa.float64(), "the smallest alpha of the edit"),
    tables.field("alpha_high", pa.float64(), "the largest alpha of the edit"),
    *columns.SLOPE,
    *columns.SLOPE_FIT,
    tables.field(
        "deviation",
        pa.float64(),
        "standard deviation of the assessor's scores of the set fit; null for fewer than two",
        nullable=True,
    ),
    *tables.estimate(
        "standard_slope",
        "slope divided by the deviation, for comparison between assessors; its interval has the "
        "error of both, along this edit's own direction, and covers less than it claims if few "
        "images of the set fit have very skewed scores; null if the deviation is null or 0",
        unit="standard deviations per unit of alpha",
        nullable=True,
    ),
    tables.field(
        "standard_slope_low_fit",
        pa.float64(),
        "lower end of the interval of the standard slope along directions that are fitted on other "
        "sets of as many images, as low_fit is; null where that is",
        nullable=True,
    ),
    tables.field(
        "standard_slope_high_fit", pa.float64(), "upper end of the same interval", nullable=True
    ),
    *tables.estimate(
        "relative_slope",
        "standard slope divided by that of the scores that the hyperplane was fitted on, along the "
        "same edit: the change for an equal change of those, which compares edits of different "
        "ranges of alpha; its interval is for this edit's own direction. Null for those scores "
        "themselves, where they were not measured or their slope is not at least five standard "
        "errors from 0",
        nullable=True,
    ),
)

_NAMES = {"assessor": "fitted_on", "shape": "fitted_shape"}


_KEYS = ["assessor", "shape"]


def matrix(
    slopes: pd.DataFrame,
    directions: Sequence[Mapping[str, Any]],
    scores: pd.DataFrame,
    fit_scores: pd.DataFrame,
    *,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compute the slopes of all assessors' scores along each assessor's hyperplanes.

    Assessors differ in the spread of their scores, so each slope is also given in standard
    deviations of its assessor's scores of unedited images. The interval has the error of the
    deviation too, from the scores' own fourth moment.

    Args:
        slopes: Rows of `slopes.SLOPES`; those of other edits are ignored.
        directions: For each edit that moves along a hyperplane's unchanged normal: `edit`, its
            name, and the hyperplane's `space`, `assessor`, `shape`, `threshold` and `estimator`.
        scores: Scores of the edited images: one row per `edit`, `assessor`, `shape`, `alpha` and
            `image`, with its `score`.
        fit_scores: Scores of the set fit: one row per `image`, `assessor` and `shape`, with its
            `score`.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The columns of `TRANSFER`, one row per edit, assessor and shape, in the order of the edits.
        `standard_slope` and its ends are nan if the scores of the set fit have no spread.
    """
    names = ["edit", *_NAMES, "space", "threshold", "estimator"]
    planes = pd.DataFrame(directions, columns=names).rename(columns=_NAMES)
    table = planes.merge(slopes, on="edit").join(frames.deviations(fit_scores), on=_KEYS)
    ranges = scores.groupby("edit")["alpha"].agg(alpha_low="min", alpha_high="max")
    table = table.join(ranges, on="edit")
    spread = table["deviation"].where(table["deviation"] > 0)
    table["standard_slope"] = table["slope"] / spread
    influences = frames.influences(fit_scores).fillna(0)
    quantile = stats.norm.ppf((1 + confidence) / 2)
    keys = pd.MultiIndex.from_frame(table[_KEYS])
    error = np.linalg.norm(influences.reindex(columns=keys, fill_value=np.nan), axis=0)
    # Half the width of an interval of the slope, and that of its deviation, add as errors do.
    of_deviation = quantile * error * table["standard_slope"].abs()
    for end in ("", "_fit"):
        margin = np.hypot((table[f"high{end}"] - table[f"low{end}"]) / 2 / spread, of_deviation)
        table[f"standard_slope_low{end}"] = table["standard_slope"] - margin
        table[f"standard_slope_high{end}"] = table["standard_slope"] + margin
    parts = [
        _relative(part, scores[scores["edit"] == edit], influences, confidence)
        for edit, part in table.groupby("edit", sort=False)
    ]
    named: pd.DataFrame = table.join(pd.concat(parts))[TRANSFER.names]
    return named


def _relative(
    table: pd.DataFrame, scores: pd.DataFrame, influences: pd.DataFrame, confidence: float
) -> pd.DataFrame:
    """Divide the standard slopes of an edit by that of the scores that its hyperplane separates.

    The variance of a ratio s / t is that of s - (s / t) t, divided by t^2 (the delta method). Both
    slopes share their images, so their correlation is that of the images' own slopes; and both
    deviations share theirs.

    Args:
        table: The rows of one edit, with `standard_slope`.
        scores: The scores of its images.
        influences: As `frames.influences` gives them, with 0 for an image without a score.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        `relative_slope` and its ends, by the rows' index.
    """
    names = ["relative_slope", "relative_slope_low", "relative_slope_high"]
    found = pd.DataFrame(np.nan, index=table.index, columns=names)
    fitted_on = tuple(table[["fitted_on", "fitted_shape"]].iloc[0])
    same = (table["assessor"] == fitted_on[0]) & (table["shape"] == fitted_on[1])
    if not same.any():
        return found
    base = table[same].iloc[0]
    error = (base["high"] - base["low"]) / 2 / stats.t.ppf((1 + confidence) / 2, base["n"] - 1)
    if not abs(base["slope"]) > means.CLEAR * error or not base["deviation"] > 0:
        return found
    own = _slopes_of_images(scores)
    keys = pd.MultiIndex.from_frame(table[_KEYS])
    quantile = stats.norm.ppf((1 + confidence) / 2)
    correlation = own.corrwith(own[fitted_on]).reindex(keys).to_numpy()
    deviations = influences.reindex(columns=keys).sub(influences[fitted_on], axis=0)
    ratio = table["standard_slope"] / base["standard_slope"]
    # Half the widths of the intervals of both slopes, in their assessors' deviations.
    first = (table["high"] - table["low"]) / 2 / table["deviation"]
    second = (base["high"] - base["low"]) / 2 / base["deviation"] * ratio
    of_slopes = np.sqrt(first**2 + second**2 - 2 * correlation * first * second)
    margin = np.hypot(
        of_slopes / abs(base["standard_slope"]),
        quantile * np.linalg.norm(deviations, axis=0) * ratio,
    )
    ends: pd.DataFrame = pd.concat([ratio, ratio - margin, ratio + margin], axis=1, keys=names)
    return ends.mask(same)


def _slopes_of_images(scores: pd.DataFrame) -> pd.DataFrame:
    """Compute the least-squares slope of each image's score over alpha, by assessor and shape.

    Returns:
        One row per image, one column per assessor and shape; nan for a score at one alpha alone.
    """
    exact = scores.astype({"score": np.float64}).dropna(subset=["score"])
    groups = exact.groupby(["image", *_KEYS])
    alpha = exact["alpha"] - groups["alpha"].transform("mean")
    sums = exact.assign(product=alpha * exact["score"], square=alpha**2)
    sums = sums.groupby(["image", *_KEYS])[["product", "square"]].sum()
    slope = sums["product"] / sums["square"].where(sums["square"] > 0)
    return slope.unstack(_KEYS)
