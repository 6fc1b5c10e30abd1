"""Layerwise edits: what each layer alone does to the scores (paper 1, section 3.4 and A.2)."""

import logging
from dataclasses import asdict

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import stats

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.results import columns, dose_response
from mnemo.scores import ASSESSOR, SHAPE
from mnemo.statistics import frames, mixed
from mnemo.statistics.means import CLEAR, Estimate

_LAYER = tables.field(
    "layer",
    pa.string(),
    "what moves: a layer, counted from 0, the coarsest; a range such as 0-3; or a group: coarse "
    "(layers 0 to 3, 4 to 8 pixels), middle (4 to 7, 16 to 32 pixels) or fine (from 8)",
)
_OF_DIRECTION = (
    "for this direction: the error of the direction, which other images would give another, is not "
    "in it"
)

LAYERS = tables.define(
    "Mean score at each level of each layer's edit",
    _LAYER,
    tables.field("level", pa.float64(), "how many steps the layer moves; 0 is the unedited images"),
    ASSESSOR,
    SHAPE,
    tables.field("n", pa.int64(), "number of images scored"),
    tables.field("mean", pa.float64(), "mean score", nullable=True),
    tables.field(
        "low",
        pa.float64(),
        "lower end of the t interval of the mean: like those of the changes, it covers less than "
        "it claims if few images have very skewed scores",
        nullable=True,
    ),
    tables.field("high", pa.float64(), "upper end of the interval of the mean", nullable=True),
    tables.field("n_paired", pa.int64(), "number of images scored both at this level and unedited"),
    *tables.estimate(
        "change",
        "mean change of the score from the unedited images, each of these images against itself "
        f"(paired t interval), {_OF_DIRECTION}",
        nullable=True,
    ),
    tables.field(
        "moved",
        pa.float64(),
        "distance that the latent moves, with the level's sign, in the norm of other edits' "
        "`moved`: in w_plus sqrt(k) times the step for k layers, in w sqrt(k / layers) times; null "
        "where there is no step",
        unit="length in the latent space of the direction",
        nullable=True,
    ),
    tables.field(
        "step",
        pa.float64(),
        "distance that the w of each moved layer moves, with the level's sign; null where "
        "`reason` says why",
        unit="length in w",
        nullable=True,
    ),
    *tables.estimate(
        "image_change",
        "mean perceptual distance of all edited squares from the unedited ones, whether or not "
        "they are scored as ovals (t interval over the images); null where there is no step",
        limits="at least 0",
        nullable=True,
    ),
    columns.PERCEPTUAL_BY,
    tables.field(
        "reason", pa.string(), "why the level has no images; null where it has", nullable=True
    ),
)

LAYER_EFFECTS = tables.define(
    "Effect of each layer's edit, and the layers' ranks",
    _LAYER,
    ASSESSOR,
    SHAPE,
    tables.field("n", pa.int64(), "number of images scored"),
    tables.field(
        "slope",
        pa.float64(),
        "change of score for each unit that the latent moves (`moved` in layers), over all levels "
        "and the unedited images, from a linear mixed-effects model as in slopes",
        unit="score per unit of distance",
        nullable=True,
    ),
    tables.field(
        "low",
        pa.float64(),
        f"lower end of the interval of the slope, {_OF_DIRECTION}; like that in slopes wider than "
        "it need be for few images that respond alike",
        nullable=True,
    ),
    columns.SLOPE[2],
    *tables.estimate(
        "slope_per_change",
        "change of score for each unit that the image changes (`image_change` in layers): the sum "
        "over levels of the mean changes of the score, those of negative levels with the other "
        "sign, divided by the sum of the mean image changes of the same images, with the "
        f"linearised t interval of the ratio, {_OF_DIRECTION}; null unless the image change is at "
        f"least {CLEAR:g} standard errors from 0",
        unit="score per unit of perceptual distance",
        nullable=True,
    ),
    tables.field(
        "rank",
        pa.int64(),
        "rank of the layer among those of this assessor and shape by the absolute "
        "slope_per_change, from 1, the largest; null where that is",
        limits="at least 1",
        nullable=True,
    ),
)

LOGGER = logging.getLogger(__name__)


def measure(
    scores: pd.DataFrame,
    unedited: pd.DataFrame,
    changes: pd.DataFrame,
    steps: pd.DataFrame,
    *,
    confidence: float = 0.95,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure what each layer's edit does to the scores.

    Images are the sampling unit: the levels of an image are compared with its own unedited score.

    Args:
        scores: Scores of the edited images: one row per `layer`, `assessor`, `shape`, `step` and
            `image`, with its `score`. An image without a face has no row of its oval.
        unedited: Scores of the unedited images: one row per `assessor`, `shape` and `image`.
        changes: One row per `layer`, `step` and `image`, with its `image_change`.
        steps: One row per `layer` and `level`, without level 0: `step`, `moved` and `reason`, as in
            `LAYERS`; nan and None where there is none.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The columns of `LAYERS` but for `perceptual_by`, and those of `LAYER_EFFECTS`. Estimates
        that the images do not determine are nan.
    """
    parts, effects = [], []
    shown = unedited[["assessor", "shape"]].drop_duplicates()
    for layer, of_layer in steps.groupby("layer", sort=False):
        levels = _with_level_0(of_layer[["level", "step", "moved", "reason"]])
        by_step = levels.dropna(subset="step")
        own = changes[changes["layer"] == layer].merge(by_step[["step", "level"]], on="step")
        wide = own.pivot(index="image", columns="level", values="image_change")
        levels = levels.join(_image_change(wide, levels["level"], confidence), on="level")
        edited = scores[scores["layer"] == layer].merge(by_step, on="step")
        original = unedited.assign(level=0.0, moved=0.0)
        both = pd.concat([edited, original]).groupby(["assessor", "shape"])
        for assessor, shape in shown.itertuples(index=False):
            frame = both.get_group((assessor, shape))
            named = {"layer": str(layer), "assessor": assessor, "shape": shape}
            by_level = frame.assign(alpha=frame["level"])
            means = dose_response.dose_response(by_level, levels["level"], confidence=confidence)
            means = means.rename(columns={"alpha": "level"}).merge(levels, on="level")
            parts.append(means.assign(**named))
            slope = asdict(_slope(frame.assign(alpha=frame["moved"]), named, confidence))
            ratio = per_change(frames.by_image(by_level), wide, confidence)
            effects.append({**named, **slope, **ratio.columns("slope_per_change")})
    table = pd.DataFrame(effects)
    sizes = table["slope_per_change"].abs().groupby([table["assessor"], table["shape"]])
    rank = sizes.rank(ascending=False, method="min").astype("Int64")
    return pd.concat(parts, ignore_index=True), table.assign(rank=rank)


def per_change(scores: pd.DataFrame, changes: pd.DataFrame, confidence: float) -> Estimate:
    """Estimate the change of score for each unit that the image changes.

    For each level l, let y_l be the mean change of the score towards the level's side, over the
    images scored both at l and unedited, and d_l the mean image change of the same images. The
    estimate is R = sum y_l / sum d_l. Its variance is that of a ratio, linearised: image i adds
    e_i = sum_l (y_il - R d_il - (y_l - R d_l)) / n_l over its levels.

    Args:
        scores: One row per image, one column per level and one of the unedited images, 0; nan
            where an image has no score.
        changes: One row per image, one column per level: its image change.
        confidence: Confidence of the interval, between 0 and 1.

    Returns:
        The estimate with its t interval, with the images' degrees of freedom. nan if the image
        change is not clearly above 0, or if fewer than two images have scores.
    """
    levels = scores.columns[scores.columns != 0]
    if levels.empty or 0 not in scores:
        return Estimate()
    toward = scores[levels].sub(scores[0.0], axis=0) * np.sign(levels)
    changed = changes.reindex(index=toward.index, columns=levels).where(toward.notna())
    count = toward.count()
    n = int(toward.notna().any(axis=1).sum())
    if n < 2 or not count.all():
        return Estimate()
    divisor = float(changed.mean().sum())
    error = _error(changed)
    if not divisor > CLEAR * error:
        return Estimate()
    ratio = float(toward.mean().sum()) / divisor
    margin = stats.t.ppf((1 + confidence) / 2, n - 1) * _error(toward - ratio * changed) / divisor
    return Estimate(ratio, float(ratio - margin), float(ratio + margin))


def _error(values: pd.DataFrame) -> float:
    """Compute the standard error of the sum of the columns' means, over images (the rows)."""
    own = ((values - values.mean()) / values.count()).sum(axis=1)
    n = int(values.notna().any(axis=1).sum())
    return float(np.sqrt((own**2).sum() * n / (n - 1)))


def _with_level_0(levels: pd.DataFrame) -> pd.DataFrame:
    """Add the level of the unedited images."""
    still = pd.DataFrame({"level": [0.0], "step": 0.0, "moved": 0.0, "reason": None})
    return pd.concat([levels.astype({"reason": object}), still]).sort_values("level")


def _image_change(
    wide: pd.DataFrame, levels: "pd.Series[float]", confidence: float
) -> pd.DataFrame:
    """Compute the mean image change at each level; exactly 0 at level 0."""
    means = frames.means(wide.reindex(columns=levels), "image_change", confidence)
    means = means.drop(columns="n")
    means.loc[0.0] = 0.0
    return means.rename(columns={"low": "image_change_low", "high": "image_change_high"})


def _slope(frame: pd.DataFrame, named: dict[str, str], confidence: float) -> mixed.Slope:
    """Fit the slope of the scores over `alpha`."""
    try:
        return mixed.slope(frame, confidence=confidence)
    except MnemoError as why:
        LOGGER.warning(
            "%s of %s in layer %s: %s", *(named[key] for key in ("shape", "assessor", "layer")), why
        )
        return mixed.missing(frames.scored(frame)["image"].nunique())
