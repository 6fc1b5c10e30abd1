"""Responses of images over alpha, measured where their mean reaches a gain or an image change.

Between two alphas, each image's values follow a straight line.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from mnemo.statistics.means import CLEAR

At = Literal["gain", "change"]
AT: tuple[At, ...] = ("gain", "change")
Floats = NDArray[np.float64]

# Part of a mean that is rounding: sums of the same numbers in another order differ.
_ROUNDING = 1e-9


class Response(NamedTuple):
    """How the n images of one edit respond at the alphas from 0 on, by one assessor in one shape.

    Attributes:
        images: (n,) keys of the images, ascending.
        alphas: (a,) ascending, from 0.
        unedited: (n,) scores at alpha 0.
        changes: (n, a) change of the score in standard deviations, by scorer: the assessor itself,
            those that confirm its gain, and the attributes. Only the assessor's own is never nan.
        own: The assessor.
        confirming: Assessors that confirm its gain.
        attributes: Scorers of attributes.
        deviation: Standard deviation of the assessor's scores of the set fit.
        image: (n, a) image changes.
        identity: (n, a) distances of embeddings; None if they are not measured.
    """

    images: "pd.Index[str]"
    alphas: Floats
    unedited: Floats
    changes: Mapping[str, Floats]
    own: str
    confirming: Sequence[str]
    attributes: Sequence[str]
    deviation: float
    image: Floats
    identity: Floats | None

    def shared(self, other: "Response") -> "Response":
        """Return the response of the images, and by the scorers, that another one has as well."""
        images = self.images.intersection(other.images)
        rows = self.images.get_indexer(images)
        return self._replace(
            images=images,
            unedited=self.unedited[rows],
            changes={
                name: own[rows] for name, own in self.changes.items() if name in other.changes
            },
            confirming=[name for name in self.confirming if name in other.confirming],
            attributes=[name for name in self.attributes if name in other.attributes],
            image=self.image[rows],
            identity=None if self.identity is None else self.identity[rows],
        )


class Sample(NamedTuple):
    """Resamples of the images and of the scorers' deviations.

    Attributes:
        rows: (r, k) the places of the k images of each of r resamples.
        units: (r,) the deviation of each scorer's scores, divided by that of all images.
    """

    rows: NDArray[np.int64]
    units: Mapping[str, Floats]


def measure(
    own: Response, sample: Sample, at: At, wanted: float, threshold: float | None
) -> dict[str, Floats]:
    """Find the alpha of an equal gain or change in each resample, and measure a response there.

    Args:
        own: The response.
        sample: The resamples.
        at: What is equal.
        wanted: The gain in standard deviations, or the image change.
        threshold: Distance of embeddings below which two faces count as one person's, if known.

    Returns:
        (r,) of each estimate; nan where a resample has none.
    """
    rows, units = sample
    gains = own.changes[own.own]
    curves = _means((gains if at == "gain" else own.image)[rows])
    piece, share = _reach(curves, wanted * units[own.own] if at == "gain" else wanted)

    def lines(values: Floats) -> Floats:
        """Return the values of the images in each resample at its alpha, (r, k)."""
        before, after = (values[rows, (piece + end)[:, np.newaxis]] for end in (0, 1))
        line: Floats = (1 - share[:, np.newaxis]) * before + share[:, np.newaxis] * after
        return line

    gain = lines(gains)
    mean = _means(gain) / units[own.own]
    others = [_means(lines(own.changes[name])) / units[name] for name in own.confirming]
    attributes = [_means(np.abs(lines(own.changes[name]))) / units[name] for name in own.attributes]
    none = np.full(len(rows), np.nan)
    apart = accepted = none
    if own.identity is not None:
        away = lines(own.identity)
        apart = _means(away)
        if threshold is not None:
            accepted = _share(away, away < threshold)
    return {
        "alpha": (1 - share) * own.alphas[piece] + share * own.alphas[piece + 1],
        "gain": mean,
        "confirmed_gain": np.mean(others, axis=0) / mean if others else none,
        "relative_gain": _means(gain) * own.deviation / _means(own.unedited[rows]),
        "image_change": _means(lines(own.image)),
        "identity_distance": apart,
        "attribute_dependency": np.mean(attributes, axis=0) if attributes else none,
        "improvement_ratio": _share(gain, gain > 0),
        "accepted": accepted,
    }


def _reach(curves: Floats, wanted: Floats | float) -> tuple[NDArray[np.intp], Floats]:
    """Find where curves first reach a value.

    Args:
        curves: (r, a) values at ascending alphas, of which the first is 0.
        wanted: Value above 0, or one for each curve.

    Returns:
        (r,) index of the alpha before; and (r,) the share of the way to the next: from 1 to 2 where
        a curve ends below the value, and its last piece would reach it in as much again; nan where
        it would not.
    """
    above = curves[:, 1:] >= np.reshape(wanted, (-1, 1)) * (1 - _ROUNDING)
    reached = above.any(axis=1)
    piece = np.where(reached, above.argmax(axis=1), curves.shape[1] - 2)
    row = np.arange(len(curves))
    start, end = curves[row, piece], curves[row, piece + 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(end > start, (wanted - start) / (end - start), np.nan)
    share = np.where(reached, np.minimum(share, 1), share)
    return piece, np.where(share <= 2, share, np.nan)


def clear(values: Floats) -> bool:
    """Return whether a mean is far enough from 0 to be a divisor."""
    return len(values) > 1 and abs(values.mean()) > CLEAR * stats.sem(values)


def _means(values: Floats) -> Floats:
    """Compute means over the images, the second axis, of those that are known; nan if none is."""
    known = np.isfinite(values)
    count = known.sum(axis=1)
    total = np.where(known, values, 0).sum(axis=1)
    means: Floats = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return means


def _share(values: Floats, counted: NDArray[np.bool_]) -> Floats:
    """Compute the share of the images that count among those whose value is known."""
    return _means(np.where(np.isnan(values), np.nan, counted))
