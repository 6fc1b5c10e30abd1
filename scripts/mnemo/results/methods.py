"""Methods: what every edit does where all change the score, or the image, equally.

At equal alpha, methods can't be compared: an alpha of 2 is another effect along another direction.
Others therefore compare edits at an equal change of the attribute (StyleRes, CVPR 2023). Here they
are compared where the mean score has risen equally (`gain`), and where the mean image has changed
equally (`change`).
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import stats

from mnemo import tables
from mnemo.results import columns
from mnemo.results.responses import LEAST, Measured, Responses
from mnemo.scores import ASSESSOR, SHAPE
from mnemo.statistics import ranks, shares
from mnemo.statistics.equal_effect import AT, At
from mnemo.statistics.means import CLEAR, Estimate

#: What is taken from `realness`, against the generator's own images.
REALNESS = ("frechet_difference", "kernel_difference", "precision", "recall")
#: The columns of `realness` that are read.
READ = [
    "edit",
    "alpha",
    "reference",
    *(end for name in REALNESS for end in Estimate().columns(name)),
]

_AT = "; interpolated between alphas like the scores, for the alpha of this row taken as given"
_OF_IMAGES = (
    ". The interval is Wilson's, for as many images as a bootstrap shows the share to be worth: it "
    "is a little cautious. It covers 83 to 100 % in place of 95 % where fewer than five images are "
    "in the share or out of it"
)
_NONE = "null where the reason says why, or where the study doesn't measure it"

METHODS = tables.define(
    "Methods at equal gain and at equal image change",
    tables.field("edit", pa.string(), "name of the edit"),
    tables.field(
        "method",
        pa.string(),
        "what sets the edit apart; the column method of the table directions says only where the "
        "direction comes from. hyperplane, ridge, svm: the normal of a hyperplane of logistic "
        "regression, ridge regression or a linear SVM. conditioned: such a normal that holds "
        "attributes constant. learned: through generator and assessor. file: read from a file. "
        "layers: any of them, moving some layers alone",
        limits="hyperplane, ridge, svm, conditioned, learned, file, layers",
    ),
    tables.field(
        "estimator",
        pa.string(),
        "estimator of the hyperplane whose normal the direction is; null if it is of none",
        limits="logistic, ridge, svm",
        nullable=True,
    ),
    tables.field(
        "found_with",
        pa.string(),
        "assessor that the direction was found with; null if a file doesn't say",
        nullable=True,
    ),
    ASSESSOR,
    SHAPE,
    tables.field(
        "at",
        pa.string(),
        "what is equal: gain, the mean change of this assessor's score (methods.gain); change, the "
        "mean image change (methods.change)",
        limits="gain, change",
    ),
    *tables.estimate(
        "gain",
        "mean change of the score from alpha 0, in standard deviations of the assessor's scores of "
        "the set fit; at equal gain it is given, and has no interval; null where alpha is",
        unit="standard deviations",
        nullable=True,
    ),
    *tables.estimate(
        "confirmed_gain",
        "share of the gain that other assessors confirm: the mean gain by the assessors of "
        "confirmed_by, each in its own standard deviations, divided by the gain. 1: they respond "
        "as much; 0: only this assessor does. Null where there are none, or where the gain is less "
        f"than {CLEAR:g} standard errors from 0",
        nullable=True,
    ),
    *tables.estimate(
        "image_change",
        "mean perceptual distance of the squares from those at alpha 0; at equal change it is "
        "given, and has no interval; null where alpha is",
        limits="at least 0",
        nullable=True,
    ),
    *tables.estimate(
        "improvement_ratio",
        "share of the images whose score is above that at alpha 0 (MemCoach); null where alpha is"
        + _OF_IMAGES,
        limits="0 to 1",
        nullable=True,
    ),
    *tables.estimate(
        "attribute_dependency",
        "mean absolute change of an image's score by an attribute, in standard deviations of its "
        "scores of the set fit, averaged over the attributes (attribute dependency; Wu et al., "
        "StyleSpace, CVPR 2021); null where there are none, or where alpha is",
        unit="standard deviations",
        limits="at least 0",
        nullable=True,
    ),
    *tables.estimate(
        "identity_distance",
        "mean distance of the face's embedding from that at alpha 0, among the n faces found at "
        f"both alphas around this one; {_NONE}",
        limits="at least 0",
        nullable=True,
    ),
    *tables.estimate(
        "accepted",
        "share of these faces whose distance is below identity.threshold, as in the table "
        f"identity; {_NONE}{_OF_IMAGES}",
        limits="0 to 1",
        nullable=True,
    ),
    *tables.estimate("kernel_difference", f"as in the table realness{_AT}; {_NONE}", nullable=True),
    *tables.estimate(
        "frechet_difference", f"as in the table realness{_AT}; {_NONE}", nullable=True
    ),
    *tables.estimate(
        "precision", f"as in the table realness{_AT}; {_NONE}", limits="0 to 1", nullable=True
    ),
    *tables.estimate(
        "recall", f"as in the table realness{_AT}; {_NONE}", limits="0 to 1", nullable=True
    ),
    *tables.estimate(
        "relative_gain",
        "mean change of the score divided by the mean score at alpha 0 (after MemCoach's relative "
        "memorability, a mean over images); null where alpha is, or where that mean is less than "
        f"{CLEAR:g} standard errors above 0",
        nullable=True,
    ),
    *tables.estimate(
        "alpha",
        "alpha, from 0 on, that first has this gain or image change, by linear interpolation of "
        "means between the alphas; like all figures for the line through the measured alphas, "
        "whatever lies between them. The table calibration takes a smooth curve instead, and has "
        "other alphas where the measured ones are far apart. Null where the reason says why",
        unit="length in the latent space of the edit; along a learned direction that of the score",
        nullable=True,
    ),
    tables.field(
        "moved",
        pa.float64(),
        "distance that the latent moves at alpha; null where alpha is",
        unit="length in the latent space of the edit",
        nullable=True,
    ),
    tables.field(
        "n", pa.int64(), "number of images scored by this assessor at alpha 0 and every alpha above"
    ),
    tables.field(
        "seconds",
        pa.float64(),
        "wall time of the jobs that found the direction, as Snakemake measured it: of a hyperplane "
        "its fit with cross-validation and permutations, and those of what it holds constant, but "
        "not the images and scores of the set fit, which all share; of a learning that was killed "
        "and went on, the last job alone; differs from run to run; null for a file",
        unit="seconds",
        nullable=True,
    ),
    tables.field("direction", pa.string(), "name of the direction that the edit moves along"),
    tables.field(
        "confirmed_by",
        pa.string(),
        "the assessors of the same quality that confirm the gain: neither this one, nor the one "
        "that the direction was found with, nor one that shares a part with them; null if none",
        nullable=True,
    ),
    columns.PERCEPTUAL_BY,
    tables.field(
        "attributes",
        pa.list_(pa.field("element", pa.string(), nullable=False)),
        "the attributes: the assessors of other qualities and the visual factors, as far as they "
        "score these images and their scores of the set fit differ",
    ),
    tables.field(
        "reason", pa.string(), "why the row has no alpha; null where it has", nullable=True
    ),
)

#: Means and shares over the images, and the mean that is given.
_MEANS = (
    *("gain", "confirmed_gain", "relative_gain", "image_change", "identity_distance"),
    "attribute_dependency",
)
_SHARES = ("improvement_ratio", "accepted")
_GIVEN = {"gain": "gain", "change": "image_change"}


def seconds(
    benchmarks: Iterable[str | Path], edits: Iterable[Mapping[str, Any]]
) -> dict[str, float]:
    """Add up how long the jobs took that found each edit's direction.

    Args:
        benchmarks: Snakemake's benchmark files, `<rule>/<job>.tsv`.
        edits: For each edit its name, `edit`, and the jobs, `found_by`, as `<rule>/<job>`.

    Returns:
        Wall time in seconds by the edit's name; nan for one whose direction no job found.
    """
    spent = {
        Path(path).with_suffix("").as_posix(): pd.read_csv(path, sep="\t")["s"].iloc[0]
        for path in benchmarks
    }

    def of(job: str) -> float:
        return next(float(each) for path, each in spent.items() if path.endswith(f"/{job}"))

    return {
        each["edit"]: sum(map(of, each["found_by"])) if each["found_by"] else np.nan
        for each in edits
    }


def measure(
    responses: Responses, *, realness: pd.DataFrame | None = None, confidence: float = 0.95
) -> pd.DataFrame:
    """Compare edits at an equal gain, and at an equal image change.

    The intervals are percentiles over bootstrap resamples of the images, which `Responses`
    describes. An end is nan if more resamples than lie beyond it don't reach the gain or change
    even so. If there are more than `ranks.RESAMPLED` images, the deviations of the smaller
    resamples are rescaled, as described for `ranks.agreement`. All are expanded as t intervals of
    few images are (Hesterberg, The American Statistician 69:371, 2015). Shares have Wilson
    intervals, for the number of images that their bootstrap variance corresponds to (Korn and
    Graubard, Survey Methodology 24:193, 1998).

    Args:
        responses: The responses to the edits, of which each also has `direction`, `method`,
            `estimator` and `found_with` as in `METHODS`.
        realness: Rows of `realness.REALNESS`; None if not measured.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The columns of `METHODS` but for `moved`, `perceptual_by` and `seconds`: for each edit,
        assessor and shape a row at equal gain and one at equal change.
    """
    edits = {edit["edit"]: edit for edit in responses.edits}
    rows = []
    for place, own in responses.of.items():
        named = ("direction", "edit", "method", "estimator", "found_with")
        about = {key: edits[place.edit][key] for key in named}
        about |= {"assessor": place.assessor, "shape": place.shape, "n": len(own.images)}
        about |= {"confirmed_by": ", ".join(own.confirming) or None, "attributes": own.attributes}
        for at in AT:
            measured = responses.measured(place, own, at, responses.equal(at))
            row = _estimated(measured, len(own.images), at, confidence)
            beside = _realness(realness, place.edit, row["alpha"])
            rows.append({**about, "at": at, **row, **beside})
    return pd.DataFrame(rows)


def _estimated(measured: Measured, n: int, at: At, confidence: float) -> dict[str, Any]:
    """Return what was measured, with intervals."""
    found: dict[str, Any] = {"reason": measured.reason}
    # Of few images, percentiles are too narrow by as much as a mean's normal interval with the
    # deviation of n in place of n - 1 is, against its t interval.
    tail = (1 + confidence) / 2
    student = stats.t.ppf(tail, n - 1) / stats.norm.ppf(tail)
    expanded = np.sqrt(measured.drawn / max(n - 1, 1)) * student
    for name in ("alpha", *_MEANS, *_SHARES):
        value = measured.whole.get(name, np.nan)
        low = high = np.nan
        if measured.resampled and n >= LEAST and name != _GIVEN[at]:
            around = value + expanded * (measured.resampled[name] - value)
            low, high = (float(end[0]) for end in ranks.bounds(around[:, np.newaxis], confidence))
            if name in _SHARES and np.isfinite([low, high]).all():
                worth = value * (1 - value) / np.nanvar(around) if 0 < value < 1 else n
                _, low, high, _ = shares.of_images(value, worth, confidence)
        found |= Estimate(value, low, high).columns(name)
    return found


def _realness(realness: pd.DataFrame | None, edit: str, alpha: float) -> dict[str, float]:
    """Interpolate the distances of an edit from the generator's own images at an alpha."""
    names = READ[3:]
    if realness is None or np.isnan(alpha):
        return dict.fromkeys(names, np.nan)
    own = realness[(realness["edit"] == edit) & (realness["reference"] == "generator")]
    own = own.sort_values("alpha")
    if own.empty:
        return dict.fromkeys(names, np.nan)
    return {name: float(np.interp(alpha, own["alpha"], own[name].astype(float))) for name in names}
