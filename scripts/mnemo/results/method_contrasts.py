"""Method contrasts: differences between edits at equal effect, on the same images."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import stats

from mnemo import tables
from mnemo.results.responses import LEAST, Place, Responses
from mnemo.scores import ASSESSOR, SHAPE
from mnemo.statistics import corrections, ranks
from mnemo.statistics.equal_effect import At, Floats, Response
from mnemo.statistics.means import CLEAR

#: What is compared at equal gain and at equal change.
ESTIMATES: dict[At, tuple[str, ...]] = {
    "gain": (
        *("image_change", "confirmed_gain", "improvement_ratio"),
        *("attribute_dependency", "identity_distance"),
    ),
    "change": (
        *("gain", "confirmed_gain", "improvement_ratio"),
        *("attribute_dependency", "identity_distance"),
    ),
}

METHOD_CONTRASTS = tables.define(
    "Differences between methods at equal gain and at equal image change, on the same images",
    tables.field(
        "at",
        pa.string(),
        "what is equal, as in the table methods: gain, the mean change of this assessor's score; "
        "change, the mean image change",
        limits="gain, change",
    ),
    tables.field(
        "estimate",
        pa.string(),
        "what is compared: a column of the table methods, in its unit. The confirmed gain is by "
        "the assessors that confirm both edits, the attribute dependency of the attributes of both",
        limits=", ".join(dict.fromkeys(name for names in ESTIMATES.values() for name in names)),
    ),
    ASSESSOR,
    SHAPE,
    tables.field("a", pa.string(), "name of the edit"),
    tables.field("b", pa.string(), "name of the edit that is subtracted, of the same set"),
    tables.field(
        "n", pa.int64(), "number of images scored at alpha 0 and every alpha above, by both edits"
    ),
    tables.field(
        "difference",
        pa.float64(),
        "estimate of a minus estimate of b, both over the n images, each edit at the alpha where "
        "these have the equal gain or change; null where the reason says why",
        nullable=True,
    ),
    tables.field(
        "low",
        pa.float64(),
        "lower end of the interval: a t interval with the standard error of a bootstrap that draws "
        "the same images for both edits. That of improvement_ratio is cautious where most images "
        "improve: it covers up to 99 % in place of 95 %. Null where the difference is, for "
        f"fewer than {LEAST} images, and where many resamples don't reach the gain or change",
        nullable=True,
    ),
    tables.field("high", pa.float64(), "upper end of the same interval", nullable=True),
    tables.field(
        "p",
        pa.float64(),
        "p-value of a difference of 0, from the same t distribution; null where the interval is",
        limits="0 to 1",
        nullable=True,
    ),
    tables.field(
        "p_holm",
        pa.float64(),
        "p corrected by Holm's method for the number of contrasts of this estimate at equal gain, "
        "or at equal change, in the study; null where p is",
        limits="0 to 1",
        nullable=True,
    ),
    tables.field(
        "reason", pa.string(), "why there is no difference; null where there is", nullable=True
    ),
)


def measure(
    responses: Responses, pairs: Sequence[Sequence[str]], *, confidence: float = 0.95
) -> pd.DataFrame:
    """Compare pairs of edits at an equal gain, and at an equal image change, on the same images.

    On the same images, the errors of two edits are correlated: their intervals can overlap although
    the difference is clear. Each resample of the bootstrap has the same images for both edits, and
    the same errors of the standard deviations of the set fit; the standard deviation of the
    differences is the standard error of a t interval, of n - 1 degrees of freedom. There is no
    interval if more resamples than lie beyond one of its ends don't reach the gain or change.

    Two edits that improve all images leave a bootstrap no doubt. The difference of improvement
    ratios is therefore tested, and has its interval, with two images more, each of which one of the
    edits improves (Bonett and Price, Journal of Educational and Behavioral Statistics 37:479,
    2012).

    Args:
        responses: The responses to the edits.
        pairs: Names of the edits that are compared.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The columns of `METHOD_CONTRASTS`, by what is equal and by estimate.
    """
    rows = [
        {"at": at, "estimate": name, **row}
        for at, names in ESTIMATES.items()
        for name in names
        if name != "identity_distance" or responses.identity
        for row in _of_estimate(responses, pairs, at, name, confidence)
    ]
    table = pd.DataFrame(rows, columns=METHOD_CONTRASTS.names)
    table["p_holm"] = table.groupby(["at", "estimate"])["p"].transform(corrections.holm)
    return table


def _of_estimate(
    responses: Responses, pairs: Sequence[Sequence[str]], at: At, name: str, confidence: float
) -> list[dict[str, Any]]:
    """Compare the pairs in one estimate, for each assessor and shape that both are judged by."""
    rows = []
    scores = dict.fromkeys((place.assessor, place.shape) for place in responses.of)
    for assessor, shape in scores:
        for a, b in pairs:
            places = Place(a, assessor, shape), Place(b, assessor, shape)
            if {*places} <= {*responses.of}:
                about = {"assessor": assessor, "shape": shape, "a": a, "b": b}
                rows.append(about | _contrast(responses, places, at, name, confidence))
    return rows


def _contrast(
    responses: Responses, places: tuple[Place, Place], at: At, name: str, confidence: float
) -> dict[str, Any]:
    """Compare two edits in one estimate."""
    first, second = (responses.of[place] for place in places)
    first, second = first.shared(second), second.shared(first)
    n, wanted = len(first.images), responses.equal(at, first, second)
    a, b = (
        responses.measured(place, own, at, wanted)
        for place, own in zip(places, (first, second), strict=True)
    )
    for place, each in zip(places, (a, b), strict=True):
        if each.reason:
            return {"n": n, "reason": f"{place.edit}: {each.reason}"}
    difference = a.whole[name] - b.whole[name]
    if np.isnan(difference):
        return {"n": n, "reason": _reason(name, first)}
    tested = _tested(difference, a.resampled[name] - b.resampled[name], n, name, confidence)
    return {"n": n, "difference": difference, **tested}


def _reason(name: str, own: Response) -> str:
    """Say why edits that have an alpha have no difference."""
    if name == "confirmed_gain" and own.confirming:
        return f"a gain is less than {CLEAR:g} standard errors from 0"
    return {
        "confirmed_gain": "no other assessor confirms the gain of both",
        "attribute_dependency": "there are no attributes of both",
        "identity_distance": "no face was found at both alphas",
    }[name]


def _tested(
    difference: float, resampled: Floats, n: int, name: str, confidence: float
) -> dict[str, float]:
    """Return the interval and the test of a difference from its resamples."""
    missing = float(np.isnan(resampled).mean())
    if n < LEAST or missing > ranks.tails(confidence)[0]:
        return {}
    error = float(np.nanstd(resampled)) * np.sqrt(min(n, ranks.RESAMPLED) / (n - 1))
    middle = difference
    if name == "improvement_ratio":
        middle = difference * n / (n + 2)
        error = np.hypot(error, np.sqrt(2) / (n + 2))
    margin = stats.t.ppf((1 + confidence) / 2, n - 1) * error
    # Two edits that are one leave no doubt.
    p = 2 * stats.t.sf(abs(middle) / error, n - 1) if error else 1.0
    return {"low": middle - margin, "high": middle + margin, "p": p}
