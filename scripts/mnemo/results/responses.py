"""What every edit does to the images where all change the score, or the image, equally.

The tables `methods` and `method_contrasts` are measured from it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.interpolate import make_interp_spline

from mnemo.statistics import equal_effect, frames, ranks
from mnemo.statistics.equal_effect import At, Floats, Response, Sample, clear

#: Images below which nothing has an interval: a bootstrap of few shows too little of their error.
LEAST = 10


class Place(NamedTuple):
    """What a response is of.

    Attributes:
        edit: The edit.
        assessor: The assessor that scores its images.
        shape: Their shape.
    """

    edit: str
    assessor: str
    shape: str


class Measured(NamedTuple):
    """What an edit does at an equal gain or change.

    Attributes:
        whole: Each estimate over all images; nan where there is none.
        resampled: (r,) each estimate in resamples of the images; empty where `reason` says why
            there is no estimate.
        drawn: Number of images in a resample.
        reason: Why there is no estimate; None where there is.
    """

    whole: dict[str, float]
    resampled: dict[str, Floats]
    drawn: int
    reason: str | None


class Responses:
    """The responses of the images to all edits, measured at an equal gain or image change.

    Between two alphas, each image's scores, image change and distance follow a straight line. The
    images of a response are those that its assessor scored at every alpha from 0 on, so that the
    mean of their lines is one curve. The alpha is where it first reaches the gain or change.

    In bootstrap resamples of the images, each finds its alpha anew; where a resample's curve ends
    below the gain or change, its last piece is continued by its own length. Gains also have the
    error of the standard deviations of the set fit, drawn from a normal distribution of their
    logarithms. Resamples of the same number of images are the same images for all edits, with the
    same errors of the deviations. If there are more than `ranks.RESAMPLED` images, resamples are
    smaller.

    Args:
        scores: One row per `edit`, `image`, `assessor`, `shape` and `alpha`, alpha 0 among them,
            with its `score`. Alphas below 0 are ignored.
        fit_scores: Scores of the set fit, by other images: one row per `image`, `assessor` and
            `shape`, with its `score`.
        changes: One row per `edit`, `image` and `alpha` above 0, with its `image_change`.
        edits: For each edit its name, `edit`, and `assessors`: by the name of each that the edit is
            compared by, the lists `confirmed_by` and `attributes`.
        faces: Distances of embeddings, as `identity_distances.read` has them; None if not measured.
        gain: Mean change of the score at which edits are compared, above 0, in standard deviations
            of the set fit.
        change: Mean image change at which edits are compared; None for the largest that all reach.
        threshold: Distance of embeddings below which two faces count as one person's; None if there
            is no such distance.
        resamples: Number of bootstrap resamples.
        seed: Seed of the resamples.

    Attributes:
        edits: As given.
        of: The response of each place, in the order of the edits.
        identity: Whether distances of embeddings are measured.
    """

    def __init__(
        self,
        scores: pd.DataFrame,
        fit_scores: pd.DataFrame,
        changes: pd.DataFrame,
        edits: Sequence[Mapping[str, Any]],
        *,
        faces: pd.DataFrame | None = None,
        gain: float = 0.5,
        change: float | None = None,
        threshold: float | None = None,
        resamples: int = 1000,
        seed: int = 0,
    ):
        deviations = frames.deviations(fit_scores)
        self.edits = list(edits)
        self.of: dict[Place, Response] = {
            place: own
            for edit in edits
            for place, own in _responses(edit, scores, deviations[deviations > 0], changes, faces)
        }
        self._gain, self._change = gain, change
        self.identity = faces is not None
        self._threshold, self._resamples, self._seed = threshold, resamples, seed
        self._errors = _errors(fit_scores, resamples, seed)
        self._measured: dict[Any, Measured] = {}

    def equal(self, at: At, *compared: Response) -> float:
        """Return the gain or change at which responses are compared.

        Args:
            at: What is equal.
            compared: The responses. A change that is not given is the largest that they reach, and
                that all reach on all of their images.

        Returns:
            The gain or change; nan if no image has one.
        """
        if at == "gain":
            return self._gain
        if self._change is not None:
            return self._change
        known = [own for own in (*self.of.values(), *compared) if len(own.images)]
        return float(min((own.image[:, -1].mean() for own in known), default=np.nan))

    def measured(self, place: Place, own: Response, at: At, wanted: float) -> Measured:
        """Measure a response at an equal gain or change.

        Args:
            place: What the response is of.
            own: The response, or what it shares with another one.
            at: What is equal.
            wanted: The gain or change.

        Returns:
            What the edit does.
        """
        key = place, at, wanted, tuple(own.images), *map(tuple, (own.confirming, own.attributes))
        if key not in self._measured:
            self._measured[key] = self._measure(own, place.shape, at, wanted)
        return self._measured[key]

    def _measure(self, own: Response, shape: str, at: At, wanted: float) -> Measured:
        n = len(own.images)
        if own.own not in own.changes or not n:
            lacks = "no image is scored at all alphas from 0 on"
            return Measured({}, {}, 0, "the scores of the set fit do not differ" if n else lacks)
        everyone = Sample(np.arange(n)[np.newaxis], {name: np.ones(1) for name in own.changes})
        found = equal_effect.measure(own, everyone, at, wanted, self._threshold)
        whole = {name: float(values[0]) for name, values in found.items()}
        if not whole["alpha"] <= own.alphas[-1]:
            curve = own.changes[own.own] if at == "gain" else own.image
            reached, unit = curve.mean(axis=0).max(), " SD" if at == "gain" else ""
            what = "the mean score rises" if at == "gain" else "the mean image changes"
            reason = f"{what} by {wanted:.3g}{unit} at no alpha: by at most {reached:.3g}{unit}"
            return Measured({}, {}, 0, reason)
        gains = make_interp_spline(own.alphas, own.changes[own.own], k=1, axis=1)(whole["alpha"])
        if not clear(gains):
            whole["confirmed_gain"] = np.nan
        if not (clear(own.unedited) and own.unedited.mean() > 0):
            whole["relative_gain"] = np.nan
        drawn = min(n, ranks.RESAMPLED)
        rows = np.random.default_rng(self._seed).integers(n, size=(self._resamples, drawn))
        # Deviations of smaller resamples are rescaled later, and these with them.
        scale = np.sqrt(n / drawn)
        units = {name: np.exp(scale * self._errors[name, shape]) for name in own.changes}
        resampled = equal_effect.measure(own, Sample(rows, units), at, wanted, self._threshold)
        return Measured(whole, resampled, drawn, None)


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
) -> Iterator[tuple[Place, Response]]:
    """Lay out the responses of an edit."""
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
            yield (
                Place(edit["edit"], name, shape),
                Response(
                    images=whole.index,
                    alphas=alphas,
                    unedited=whole[0.0].to_numpy(),
                    deviation=float(deviations.get((name, shape), np.nan)),
                    changes=moved,
                    own=name,
                    confirming=[each for each in others["confirmed_by"] if each in moved],
                    attributes=[each for each in others["attributes"] if each in moved],
                    image=image.reindex(whole.index).to_numpy(),
                    identity=None if apart is None else apart.reindex(whole.index).to_numpy(),
                ),
            )
