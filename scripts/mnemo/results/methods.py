"""Methods: what every edit does where all change the score, or the image, equally.

At equal alpha, methods can't be compared: an alpha of 2 is another effect along another direction.
Others therefore compare edits at an equal change of the attribute (StyleRes, CVPR 2023). Here they
are compared where the mean score has risen equally (`gain`), and where the mean image has changed
equally (`change`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import stats
from scipy.interpolate import make_interp_spline

from mnemo import tables
from mnemo.scores import ASSESSOR, SHAPE
from mnemo.statistics import equal_effect, frames, ranks, shares
from mnemo.statistics.equal_effect import At, Floats, Response, Sample, clear
from mnemo.statistics.means import CLEAR, Estimate

#: Images below which nothing has an interval: a bootstrap of few shows too little of their error.
LEAST = 10
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
    tables.field("direction", pa.string(), "name of the direction that the edit moves along"),
    tables.field("edit", pa.string(), "name of the edit"),
    tables.field(
        "method",
        pa.string(),
        "how the direction was found, or what sets the edit apart. hyperplane, ridge, svm: the "
        "normal of a hyperplane of logistic regression, ridge regression or a linear SVM. "
        "conditioned: such a normal that holds attributes constant. learned: through generator and "
        "assessor. file: read from a file. layers: any of them, moving some layers alone",
        limits="hyperplane, ridge, svm, conditioned, learned, file, layers",
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
    tables.field(
        "n", pa.int64(), "number of images scored by this assessor at alpha 0 and every alpha above"
    ),
    *tables.estimate(
        "alpha",
        "alpha, from 0 on, that first has this gain or image change, by linear interpolation of "
        "means between the alphas; like all figures for the line through the measured alphas, "
        "whatever lies between them; null where the reason says why",
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
    tables.field(
        "confirmed_by",
        pa.string(),
        "the assessors of the same quality that confirm the gain: neither this one, nor the one "
        "that the direction was found with, nor one that shares a part with them; null if none",
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
        "relative_gain",
        "mean change of the score divided by the mean score at alpha 0 (after MemCoach's relative "
        "memorability, a mean over images); null where alpha is, or where that mean is less than "
        f"{CLEAR:g} standard errors above 0",
        nullable=True,
    ),
    *tables.estimate(
        "image_change",
        "mean perceptual distance of the squares from those at alpha 0; at equal change it is "
        "given, and has no interval; null where alpha is",
        limits="at least 0",
        nullable=True,
    ),
    tables.field(
        "perceptual_by",
        pa.string(),
        "the perceptual distance: lpips-vgg16 is LPIPS; resnet152-early is not, and its numbers "
        "can't be compared with LPIPS's",
        limits="resnet152-early, lpips-vgg16",
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
    *tables.estimate(
        "attribute_dependency",
        "mean absolute change of an image's score by an attribute, in standard deviations of its "
        "scores of the set fit, averaged over the attributes (attribute dependency; Wu et al., "
        "StyleSpace, CVPR 2021); null where there are none, or where alpha is",
        unit="standard deviations",
        limits="at least 0",
        nullable=True,
    ),
    tables.field(
        "attributes",
        pa.string(),
        "the attributes: the assessors of other qualities and the visual factors, as far as they "
        "score these images and their scores of the set fit differ; null if none",
        nullable=True,
    ),
    *tables.estimate(
        "frechet_difference", f"as in the table realness{_AT}; {_NONE}", nullable=True
    ),
    *tables.estimate("kernel_difference", f"as in the table realness{_AT}; {_NONE}", nullable=True),
    *tables.estimate(
        "precision", f"as in the table realness{_AT}; {_NONE}", limits="0 to 1", nullable=True
    ),
    *tables.estimate(
        "recall", f"as in the table realness{_AT}; {_NONE}", limits="0 to 1", nullable=True
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
    scores: pd.DataFrame,
    fit_scores: pd.DataFrame,
    changes: pd.DataFrame,
    edits: Sequence[Mapping[str, Any]],
    *,
    faces: pd.DataFrame | None = None,
    realness: pd.DataFrame | None = None,
    gain: float = 0.5,
    change: float | None = None,
    threshold: float | None = None,
    resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare edits at an equal gain, and at an equal image change.

    Between two alphas, each image's scores, image change and distance follow a straight line. A
    row's images are those that its assessor scored at every alpha from 0 on, so that the mean of
    their lines is one curve. The alpha is where it first reaches the gain or change.

    The intervals are percentiles over bootstrap resamples of the images, each of which finds its
    alpha anew; where a resample's curve ends below the gain or change, its last piece is continued
    by its own length. An end is nan if more resamples than lie beyond it don't reach it even so.
    Gains also have the error of the standard deviations of the set fit, drawn from a normal
    distribution of their logarithms. If there are more than `ranks.RESAMPLED` images, resamples are
    smaller and their deviations rescaled, as described for `ranks.agreement`. All are expanded as t
    intervals of few images are (Hesterberg, The American Statistician 69:371, 2015). Shares have
    Wilson intervals, for the number of images that their bootstrap variance corresponds to (Korn
    and Graubard, Survey Methodology 24:193, 1998).

    Args:
        scores: One row per `edit`, `image`, `assessor`, `shape` and `alpha`, alpha 0 among them,
            with its `score`. Alphas below 0 are ignored.
        fit_scores: Scores of the set fit, by other images: one row per `image`, `assessor` and
            `shape`, with its `score`.
        changes: One row per `edit`, `image` and `alpha` above 0, with its `image_change`.
        edits: For each edit `edit`, `direction`, `method` and `found_with` as in `METHODS`; and
            `assessors`: by the name of each that the edit is compared by, the lists
            `confirmed_by` and `attributes`.
        faces: Distances of embeddings, as `identity_distances.read` has them; None if not measured.
        realness: Rows of `realness.REALNESS`; None if not measured.
        gain: Mean change of the score at which edits are compared, above 0, in standard deviations
            of the set fit.
        change: Mean image change at which edits are compared; None for the largest that all reach.
        threshold: Distance of embeddings below which two faces count as one person's; None if there
            is no such distance.
        resamples: Number of bootstrap resamples.
        seed: Seed of the resamples.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The columns of `METHODS` but for `moved`, `perceptual_by` and `seconds`: for each edit,
        assessor and shape a row at equal gain and one at equal change.
    """
    deviations = frames.deviations(fit_scores)
    found = [
        pair
        for edit in edits
        for pair in _responses(edit, scores, deviations[deviations > 0], changes, faces)
    ]
    if change is None:
        ends = [own.image[:, -1].mean() for _, own in found if len(own.image)]
        change = float(min(ends, default=np.nan))
    errors = _errors(fit_scores, resamples, seed)
    rows = []
    for about, own in found:
        n, generator = len(own.unedited), np.random.default_rng(seed)
        drawn = generator.integers(max(n, 1), size=(resamples, min(n, ranks.RESAMPLED)))
        # Deviations of smaller resamples are rescaled later, and these with them.
        scale = np.sqrt(n / max(drawn.shape[1], 1))
        units = {name: np.exp(scale * errors[name, about["shape"]]) for name in own.changes}
        equal: dict[At, float] = {"gain": gain, "change": change}
        for at, wanted in equal.items():
            row = _measured(own, Sample(drawn, units), at, wanted, threshold, confidence)
            beside = _realness(realness, about["edit"], row["alpha"])
            rows.append({**about, "at": at, "n": n, **row, **beside})
    return pd.DataFrame(rows)


def _errors(fit_scores: pd.DataFrame, resamples: int, seed: int) -> dict[Any, Floats]:
    """Draw errors of the logarithms of deviations, (resamples,) for each assessor and shape.

    Those of two scores of the same images are correlated.
    """
    influences = frames.influences(fit_scores).fillna(0)
    covariance = influences.T @ influences
    generator = np.random.default_rng((seed, 1))
    errors = generator.multivariate_normal(np.zeros(len(covariance)), covariance, size=resamples)
    return dict(zip(influences.columns, errors.T, strict=True))


def _responses(
    edit: Mapping[str, Any],
    scores: pd.DataFrame,
    deviations: "pd.Series[float]",
    changes: pd.DataFrame,
    faces: pd.DataFrame | None,
) -> Iterator[tuple[dict[str, Any], Response]]:
    """Lay out the responses of an edit, each with what its rows say of it."""
    moved_to = scores[(scores["edit"] == edit["edit"]) & (scores["alpha"] >= 0)]
    # Those at which no image has a score are among them.
    alphas = np.unique(moved_to["alpha"].astype(np.float64))
    own = frames.scored(moved_to)

    def wide(frame: pd.DataFrame, value: str) -> pd.DataFrame:
        return frame.pivot(index="image", columns="alpha", values=value).reindex(columns=alphas)

    image = wide(changes[changes["edit"] == edit["edit"]], "image_change")
    image[0.0] = 0.0
    apart = None if faces is None else wide(faces[faces["edit"] == edit["edit"]], "distance")
    scored = {key: wide(frame, "score") for key, frame in own.groupby(["assessor", "shape"])}
    for shape in dict.fromkeys(moved_to["shape"]):
        for name, others in edit["assessors"].items():
            whole = scored.get((name, shape), pd.DataFrame(columns=alphas, dtype=float)).dropna()
            moved = {}
            for scorer in (name, *others["confirmed_by"], *others["attributes"]):
                score = scorer, shape
                if score in scored and score in deviations:
                    of_images = scored[score].reindex(whole.index)
                    change = of_images.sub(of_images[0.0], axis=0) / deviations[score]
                    # A face or object that is lost has no factors.
                    if change.notna().all(axis=1).any():
                        moved[scorer] = change.to_numpy()
            known = {key: [each for each in others[key] if each in moved] for key in others}
            about = {key: edit[key] for key in ("direction", "edit", "method", "found_with")}
            about |= {"assessor": name, "shape": shape}
            about |= {key: ", ".join(names) or None for key, names in known.items()}
            yield (
                about,
                Response(
                    alphas=alphas,
                    unedited=whole[0.0].to_numpy(),
                    deviation=float(deviations.get((name, shape), np.nan)),
                    changes=moved,
                    own=name,
                    confirming=known["confirmed_by"],
                    attributes=known["attributes"],
                    image=image.reindex(whole.index).to_numpy(),
                    identity=None if apart is None else apart.reindex(whole.index).to_numpy(),
                ),
            )


def _measured(
    own: Response,
    sample: Sample,
    at: At,
    wanted: float,
    threshold: float | None,
    confidence: float,
) -> dict[str, Any]:
    """Measure a response at an equal gain or change, with intervals."""
    n, k = len(own.unedited), sample.rows.shape[1]
    names = ["alpha", *_MEANS, *_SHARES]
    absent = {end: np.nan for name in names for end in Estimate().columns(name)}
    if own.own not in own.changes:
        lacks = "no image is scored at all alphas from 0 on"
        return {**absent, "reason": "the scores of the set fit do not differ" if n else lacks}
    all_images = Sample(np.arange(n)[np.newaxis], {name: np.ones(1) for name in own.changes})
    whole = equal_effect.measure(own, all_images, at, wanted, threshold)
    if not whole["alpha"][0] <= own.alphas[-1]:
        curve = own.changes[own.own] if at == "gain" else own.image
        reached, unit = curve.mean(axis=0).max(), " SD" if at == "gain" else ""
        what = "the mean score rises" if at == "gain" else "the mean image changes"
        reason = f"{what} by {wanted:.3g}{unit} at no alpha: by at most {reached:.3g}{unit}"
        return {**absent, "reason": reason}
    gains = make_interp_spline(own.alphas, own.changes[own.own], k=1, axis=1)(whole["alpha"][0])
    if not clear(gains):
        whole["confirmed_gain"][:] = np.nan
    if not (clear(own.unedited) and own.unedited.mean() > 0):
        whole["relative_gain"][:] = np.nan
    resampled = equal_effect.measure(own, sample, at, wanted, threshold)
    found: dict[str, Any] = {"reason": None}
    # Of few images, percentiles are too narrow by as much as a mean's normal interval with the
    # deviation of n in place of n - 1 is, against its t interval.
    tail = (1 + confidence) / 2
    expanded = np.sqrt(k / max(n - 1, 1)) * stats.t.ppf(tail, n - 1) / stats.norm.ppf(tail)
    for name in names:
        value = float(whole[name][0])
        around = value + expanded * (resampled[name] - value)
        low, high = (float(end[0]) for end in ranks.bounds(around[:, np.newaxis], confidence))
        if n < LEAST or name == _GIVEN[at]:
            low = high = np.nan
        elif name in _SHARES and np.isfinite([low, high]).all():
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
