"""Slopes: how fast the scores of an edit change over all its alphas."""

import logging
from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from mnemo import tables
from mnemo.directions import jackknife
from mnemo.errors import MnemoError
from mnemo.results import columns, survivors
from mnemo.statistics import frames, mixed

SLOPES = tables.define(
    "Slope of the score over alpha, from a linear mixed-effects model",
    *columns.EDITED,
    tables.field("n", pa.int64(), "number of images"),
    columns.SLOPE[0],
    tables.field(
        "low",
        pa.float64(),
        "lower end of the interval of the slope along this direction; wider than it need be for "
        "few images that respond alike, and covers less than it claims if few images have very "
        "skewed scores or responses",
        nullable=True,
    ),
    columns.SLOPE[2],
    *columns.SLOPE_FIT,
    tables.field("p_value", pa.float64(), "p-value of the t test of a slope of 0", nullable=True),
    tables.field(
        "model",
        pa.string(),
        "the model's formula, in the notation of R's lme4; empty if the slope is null",
    ),
    survivors.SURVIVORS_AT_ANY,
)

LOGGER = logging.getLogger(__name__)


def measure(
    scores: pd.DataFrame,
    *,
    direction: NDArray[np.float64] | None = None,
    gradients: Mapping[tuple[str, str], NDArray[np.float64]] | None = None,
    layers: int = 1,
    least_found: float = 0.9,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Measure the slope of the scores of an edit over alpha, for each assessor and shape.

    `low` and `high` are for the edit's own direction: the expected slope over images. `low_fit` and
    `high_fit` are for directions that are fitted on other sets of images of the same size: the
    expected slope over images and fit sets. The variance between fit sets, of
    `jackknife.slope_variance`, is added to that between images. It takes the response to be linear
    around alpha 0, with the mean gradient in the set fit.

    Args:
        scores: One row per `edit`, `assessor`, `shape`, `alpha` and `image`, with its `score`.
        direction: (groups, d) the edit's direction without each group of the set fit, of any
            length; None if it is not known.
        gradients: (groups, d) gradient of the scores in the direction's space without each group,
            by assessor and shape, as far as they are known.
        layers: Number of copies of a latent in the direction's space.
        least_found: As for `survivors.marked`.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The columns of `SLOPES`. What the images do not determine is nan; `low_fit` and `high_fit`
        are also nan without the direction or the gradient.
    """
    alphas = np.unique(scores["alpha"].to_numpy(np.float64))
    rows = []
    for (edit, assessor, shape), frame in scores.groupby(["edit", "assessor", "shape"]):
        named = {"edit": str(edit), "assessor": str(assessor), "shape": str(shape)}
        try:
            slope = mixed.slope(frame, confidence=confidence)
        except MnemoError as why:
            LOGGER.warning("%s of %s: %s", shape, assessor, why)
            slope = mixed.missing(frames.scored(frame)["image"].nunique())
        gradient = (gradients or {}).get((named["assessor"], named["shape"]))
        margin = np.nan
        if direction is not None and gradient is not None:
            squared = slope.standard_error**2
            of_images = jackknife.Variance(squared, squared, slope.freedom)
            of_fits = jackknife.slope_variance(direction, gradient, layers)
            margin = jackknife.half_width([of_images, of_fits], confidence)
        fit = {"low_fit": slope.slope - margin, "high_fit": slope.slope + margin}
        left = bool(survivors.marked(frame, alphas, least_found).any())
        rows.append({**named, **asdict(slope), **fit, "survivors": left})
    return pd.DataFrame(rows)
