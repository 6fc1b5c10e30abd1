"""Conditional edits: move along a normal and hold attributes still (paper 1, 2.4 and A.5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import linalg

from mnemo import tables
from mnemo.directions import jackknife
from mnemo.directions.jackknife import Fits
from mnemo.errors import MnemoError
from mnemo.statistics.jackknife import interval

Preset = Literal["corrected", "faithful"]

CONDITIONS = tables.define(
    "Cosines of hyperplanes' directions with the attributes of a study, and what is held constant",
    tables.field("direction", pa.string(), "name of the direction"),
    tables.field("attribute", pa.string(), "assessor of the attribute"),
    tables.field("held", pa.bool_(), "whether the direction holds the attribute constant"),
    *tables.estimate(
        "cosine_before",
        "cosine between the hyperplane's normal and the attribute's; its interval is for the "
        "expected cosine of hyperplanes fitted on as many images, which is nearer 0 than that of "
        "the true normals",
        limits="-1 to 1",
    ),
    *tables.estimate(
        "cosine_true",
        "the same corrected for the noise of both normals: an estimate of the cosine between the "
        "normals that infinitely many images would give, with an interval that is wider than it "
        "need be where they share most of their noise; null where the reliability of either is "
        "unknown or not above 0",
        limits="-1 to 1",
        nullable=True,
    ),
    tables.field(
        "cosine_after",
        pa.float64(),
        "cosine between the direction and the attribute's normal",
        limits="-1 to 1",
    ),
    *tables.estimate(
        "kept",
        "length of the unit normal that the projection leaves; 1 where nothing is held. Its "
        "interval is for the root mean square over fit sets of this size, wider than it need be "
        "where an attribute hardly shares the direction, or shares most of its noise; null also "
        "where the length is above 1",
        limits="0 to 1; above 1 under the preset faithful where attributes are alike",
    ),
    tables.field(
        "reliability",
        pa.float64(),
        "expected cosine between normals of the attribute fitted on two independent sets of this "
        "size; null if there are too few images",
        limits="at most 1",
        nullable=True,
    ),
    tables.field(
        "slope_left",
        pa.float64(),
        "share of the attribute's slope along the hyperplane's normal that is expected to be left "
        "along the direction, to first order, because the attribute's normal is known with noise; "
        "an estimate without an interval. Null where the attribute is not held, and where the "
        "interval of cosine_true contains 0 or is null: then there may be no slope to hold",
        limits="near 0 to 1; negative where more than the slope is removed",
        nullable=True,
    ),
)

# A normal fitted on 100,000 latents of 512 dimensions is some degrees off: 0.06 of a degree that
# is left of it is noise.
_LEAST_KEPT = 1e-3


@dataclass(frozen=True, eq=False)
class Condition:
    """The normal of an edit, made to hold attributes still.

    Attributes:
        attributes: What is held.
        normal: (d,) unit normal to move along.
        kept: Length of the unit normal that the projection leaves, before it is made a unit again.
            A move by alpha adds `kept` times alpha to the distance from the edit's own hyperplane.
            Paper 1's authors leave the normal at that length: their step of alpha is one of `kept`
            times alpha here.
        cosines_before: Cosine between the edit's normal and that of each attribute, -1 to 1.
        cosines_after: The same of `normal`; 0 but for rounding, unless the preset is `faithful`.
    """

    attributes: tuple[str, ...]
    normal: NDArray[np.float64]
    kept: float
    cosines_before: NDArray[np.float64]
    cosines_after: NDArray[np.float64]


def project(
    normal: NDArray[np.float64],
    held: Mapping[str, NDArray[np.float64]],
    *,
    preset: Preset = "corrected",
) -> Condition:
    """Take out of an edit's normal what would change attributes.

    Paper 1 subtracts the normal's projection on each attribute: w* - sum of (w* . a_i) a_i. That is
    orthogonal to the attributes only where they are so to each other; age and glasses are not. So
    the sum is taken over an orthonormal basis of the attributes' span in place of themselves, which
    is the orthogonal projection on what is orthogonal to all of them. It depends on that span
    alone, and for one or two attributes is InterFaceGAN's `project_boundary`.

    Args:
        normal: (d,) unit normal of the edit's hyperplane, in any space.
        held: (d,) normal of each attribute's hyperplane in the same space, of any length; they may
            depend on each other.
        preset: `corrected` projects orthogonally; `faithful` takes the paper's sum. Of one
            attribute they are the same.

    Returns:
        The condition.

    Raises:
        MnemoError: A normal belongs to another space, or the attributes leave nothing of the edit.
    """
    for name, attribute in held.items():
        if attribute.shape != normal.shape:
            raise MnemoError(
                f"the normal of {name} has {attribute.size} numbers and that of the edit "
                f"{normal.size}: fit both in one space of one generator"
            )
    if not held:
        nothing = np.empty(0)
        return Condition((), normal, 1.0, nothing, nothing)
    units = jackknife.units(np.array([*held.values()]))
    left = _projected(normal, units, preset)
    kept = float(np.linalg.norm(left))
    if kept < _LEAST_KEPT:
        raise MnemoError(
            f"holding {', '.join(held)} constant leaves nothing of the direction: {kept:.1g} of "
            "its unit normal is orthogonal to them. Hold fewer attributes, or take another "
            "assessor's hyperplane."
        )
    left /= kept
    return Condition(tuple(held), left, kept, units @ normal, units @ left)


@dataclass(frozen=True, eq=False)
class Plane:
    """The hyperplane of a direction or of an attribute.

    Attributes:
        normal: (d,) unit normal, of one of the copies of a latent.
        layers: Number of the copies.
        intercept: Signed distance of the origin, in units of alpha.
        accuracy: Share of held-out images on the correct side.
        accuracy_low: Lower end of its interval.
        accuracy_high: Upper end of its interval.
        base_rate: Accuracy of guessing the larger class.
        fits: (groups, d) coefficients without each group of images, moved as by `Refits.moved`;
            None if there are too few images.
    """

    normal: NDArray[np.float64]
    layers: int
    intercept: float
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    base_rate: float
    fits: Fits | None

    @property
    def above_base_rate(self) -> bool:
        """Whether it is shown to predict better than guessing the larger class."""
        return self.accuracy_low > self.base_rate


def read(hyperplane: str | Path, refits: str | Path) -> Plane:
    """Read a hyperplane, of one of the copies of a latent, and its fits without each group.

    Args:
        hyperplane: A table `HYPERPLANES` of one row.
        refits: The table `REFITS` of the same hyperplane.

    Returns:
        The hyperplane.

    Raises:
        MnemoError: As for `tables.read`.
    """
    names = ["accuracy", "accuracy_low", "accuracy_high", "base_rate", "layers", "intercept"]
    [row] = tables.read(hyperplane, [*names, "normal"]).to_pylist()
    normal, layers = np.array(row.pop("normal")), row["layers"]
    return Plane(
        normal=normal[: normal.size // layers] * np.sqrt(layers),
        fits=jackknife.normals(jackknife.read(refits)),
        **row,
    )


def _projected(
    normal: NDArray[np.float64], units: NDArray[np.float64], preset: Preset
) -> NDArray[np.float64]:
    """Take the (k, d) unit normals of attributes out of a normal."""
    subtracted = units if preset == "faithful" else linalg.orth(units.T).T
    left: NDArray[np.float64] = normal - subtracted.T @ (subtracted @ normal)
    return left


def check(direction: str, held: Mapping[str, Plane]) -> None:
    """Refuse to hold an attribute whose hyperplane is not above its base rate.

    The normal of such a hyperplane may be noise, and projecting it out holds nothing.

    Args:
        direction: Name of the direction.
        held: The hyperplanes of the attributes to hold, by assessor.

    Raises:
        MnemoError: An attribute can't be held.
    """
    guesses = [
        f"{name} (accuracy {plane.accuracy:.3f}, interval {plane.accuracy_low:.3f} to "
        f"{plane.accuracy_high:.3f}, base rate {plane.base_rate:.3f})"
        for name, plane in held.items()
        if not plane.above_base_rate
    ]
    if guesses:
        raise MnemoError(
            f"the direction {direction} can't hold {', '.join(guesses)} constant: on held-out "
            "images, the hyperplane is not clearly better than guessing, so its normal may be "
            "noise. Draw more images for the set fit, use the other threshold or another assessor "
            "of the attribute, or take it out of `hold`."
        )


def refitted(own: Fits | None, held: Sequence[Fits | None], preset: Preset) -> Fits | None:
    """Project a hyperplane's normal without each group of images off those of attributes.

    Args:
        own: (groups, d) coefficients of the hyperplane without each group.
        held: The same of each attribute, fitted without the same groups.
        preset: As for `project`.

    Returns:
        (groups, d) directions, of the coefficients' length times what the projection keeps; None
        if there are too few images for the fits of any of these.
    """
    if own is None or any(fits is None for fits in held):
        return None
    if not held:
        return own
    units = [jackknife.units(fits) for fits in held if fits is not None]
    left = [
        _projected(vector, np.array(also), preset)
        for vector, *also in zip(own, *units, strict=True)
    ]
    return np.array(left)


def rows(
    direction: str,
    own: Plane,
    attributes: Mapping[str, Plane],
    hold: Sequence[str],
    *,
    preset: Preset = "corrected",
    confidence: float = 0.95,
) -> dict[str, list[Any]]:
    """Compare a direction with attributes, as rows of a table `CONDITIONS`.

    Normals are noisy. Noise turns their cosine towards 0, and, where the scores of the same images
    err alike, towards 1. The expected cosine is c sqrt(r s) + t, where c is the cosine of the true
    normals, r and s are the reliabilities of both, and t is the trace of the covariance of both
    (Spearman, American Journal of Psychology 15, 1904, with errors that are correlated). All three
    are the jackknife's, over the fits without each group of images.

    Args:
        direction: Name of the direction.
        own: The hyperplane whose normal it is derived from.
        attributes: The hyperplanes of the attributes, by assessor.
        hold: Those that it holds constant.
        preset: As for `project`.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The columns, one row for each attribute.
    """
    normals = {name: attributes[name].normal for name in hold}
    condition = project(own.normal, normals, preset=preset)
    after = refitted(own.fits, [attributes[name].fits for name in hold], preset)
    kept = _kept(condition.kept, own.fits, after, confidence)
    table: dict[str, list[Any]] = {name: [] for name in CONDITIONS.names}
    for name, plane in attributes.items():
        before, cosine_after = (
            float(each @ plane.normal) for each in (own.normal, condition.normal)
        )
        cosines = _cosines(before, own.fits, plane.fits, confidence)
        left = np.nan
        if name in hold and cosines["cosine_true_low"] * cosines["cosine_true_high"] > 0:
            remains = cosine_after - jackknife.shared(after, plane.fits)
            left = remains / (before - jackknife.shared(own.fits, plane.fits))
        row = {
            "direction": direction,
            "attribute": name,
            "held": name in hold,
            **cosines,
            "cosine_after": cosine_after,
            **kept,
            "reliability": jackknife.reliability(plane.fits),
            "slope_left": left,
        }
        for column, value in row.items():
            table[column].append(value)
    return table


def _cosines(
    before: float, own: Fits | None, attribute: Fits | None, confidence: float
) -> dict[str, float]:
    """Give the cosine of two normals its interval, and correct both for noise."""
    names = ("cosine_before", "cosine_true")
    ends = {f"{name}{end}": np.nan for name in names for end in ("", "_low", "_high")}
    ends["cosine_before"] = before
    if own is None or attribute is None:
        return ends
    margin = jackknife.half_width([jackknife.cosine_variance(own, attribute)], confidence)
    low, high = np.clip([before - margin, before + margin], -1, 1)
    ends |= {"cosine_before_low": low, "cosine_before_high": high}
    reliable = jackknife.reliability(own), jackknife.reliability(attribute)
    if min(reliable) > 0:
        noise, length = jackknife.shared(own, attribute), np.sqrt(np.prod(reliable))
        found = (np.array([before, before - margin, before + margin]) - noise) / length
        true, true_low, true_high = np.clip(found, -1, 1)
        ends |= {"cosine_true": true, "cosine_true_low": true_low, "cosine_true_high": true_high}
    return ends


def _kept(kept: float, own: Fits | None, after: Fits | None, confidence: float) -> dict[str, float]:
    """Give the length that a projection leaves its interval.

    What the projection takes away, sqrt(1 - kept^2), is a cosine, whose error does not vanish where
    `kept` is near 1.
    """
    low = high = np.nan
    if own is not None and after is not None and kept <= 1:
        left = (after**2).sum(axis=1) / (own**2).sum(axis=1)
        taken = np.array([1 - kept**2, *np.maximum(1 - left, 0)]) ** 0.5
        least, most = interval(taken, confidence)
        low, high = np.sqrt(1 - np.clip([most, least], 0, 1) ** 2)
    return {"kept": kept, "kept_low": low, "kept_high": high}
