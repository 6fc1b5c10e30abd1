"""The jackknife of normals: how much of them is noise, from fits without each group of images."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import stats

from mnemo import tables
from mnemo.directions.planes import Plane
from mnemo.scores import ASSESSOR, SHAPE

Fits = NDArray[np.float64]

#: Groups of images that are left out in turn.
GROUPS = 20

_COEFFICIENTS = tables.field(
    "coefficients",
    pa.list_(pa.field("element", pa.float64(), nullable=False)),
    "coefficients of the fit, of one of the layers' copies of a latent in w_plus",
    unit="output (logits of logistic, score of ridge, margins of svm) per unit of the latent's "
    "numbers",
)
_GROUP = tables.field("group", pa.int64(), "the group that is left out", limits="0 to 19")

REFITS = tables.define(
    "Fits of one hyperplane without each group of images in turn; no row if the images are too few",
    tables.field("space", pa.string(), "latent space of the hyperplane", limits="z, w, w_plus"),
    ASSESSOR,
    SHAPE,
    tables.field("threshold", pa.string(), "rule that cuts high from low", limits="mean, median"),
    tables.field("estimator", pa.string(), "what is fitted", limits="logistic, ridge, svm"),
    _GROUP,
    tables.field("n", pa.int64(), "images fitted on"),
    tables.field(
        "parameters",
        pa.float64(),
        "effective number of parameters of the fit to all groups, the trace of its hat matrix",
    ),
    _COEFFICIENTS,
    tables.field(
        "gradient",
        pa.list_(pa.field("element", pa.float64(), nullable=False)),
        "coefficients of the linear regression of the score on the latent",
        unit="score per unit of the latent's numbers",
    ),
)

DIRECTION_REFITS = tables.define(
    "A direction derived from the fits without each group of images in turn; no row if there are "
    "too few images. The fits are moved towards their mean, so that the plain jackknife holds",
    tables.field("direction", pa.string(), "name of the direction"),
    tables.field(
        "layers", pa.int64(), "layers that the space tiles one latent over; 1 but for w_plus"
    ),
    _GROUP,
    _COEFFICIENTS,
)


@dataclass(frozen=True, eq=False)
class Refits:
    """Fits without each group of images in turn.

    Attributes:
        n: (groups,) images that each is fitted on.
        parameters: Effective number of parameters of the fit to all groups.
        coefficients: (groups, d) coefficients of the fits.
        gradients: (groups, d) coefficients of the linear regressions of the score; nan if there are
            fewer than two images for each.
    """

    n: NDArray[np.int64]
    parameters: float
    coefficients: Fits
    gradients: Fits

    @property
    def moved_coefficients(self) -> Fits:
        """The coefficients, as `_moved` moves them."""
        return self._moved(self.coefficients, self.parameters)

    @property
    def moved_gradients(self) -> Fits:
        """The gradients, as `_moved` moves them."""
        return self._moved(self.gradients, 1 + self.gradients.shape[1])

    def _moved(self, fits: Fits, parameters: float) -> Fits:
        """Move fits towards their mean, so that the jackknife's variance is right.

        Fits without a group differ from each other by more than the jackknife assumes, because
        fewer images hold their p parameters. For a linear regression on normal latents, the
        jackknife's variance is exactly n' / (n' - p) times the true one, where n' images are left:
        the variance of the fit without a group is that of the whole fit plus that of their
        difference, and the whole fit's is in proportion to 1 / (n - p).

        Args:
            fits: (groups, d) fits.
            parameters: Their number p of parameters.

        Returns:
            (groups, d).
        """
        centre = fits.mean(axis=0)
        moved: Fits = centre + np.sqrt(1 - parameters / self.n.mean()) * (fits - centre)
        return moved


def rows(plane: Plane, fits: Refits | None) -> Any:
    """Lay refits out as a table `REFITS`, which has no row if there are none.

    Args:
        plane: The hyperplane.
        fits: The refits.

    Returns:
        The columns.
    """
    if fits is None:
        return REFITS.empty_table()
    return {
        **{name: [value] * GROUPS for name, value in plane._asdict().items()},
        "group": range(GROUPS),
        "n": fits.n,
        "parameters": [fits.parameters] * GROUPS,
        "coefficients": list(fits.coefficients),
        "gradient": list(fits.gradients),
    }


def rows_of_direction(direction: str, layers: int, fits: Fits | None) -> Any:
    """Lay the refits of a direction out as a table `DIRECTION_REFITS`, without a row if None.

    Args:
        direction: Its name.
        layers: Number of copies of a latent in its space.
        fits: (groups, d) the direction without each group, of any length.

    Returns:
        The columns.
    """
    if fits is None:
        return DIRECTION_REFITS.empty_table()
    return {
        "direction": [direction] * GROUPS,
        "layers": [layers] * GROUPS,
        "group": range(GROUPS),
        "coefficients": list(fits),
    }


def read(path: str | Path) -> Refits | None:
    """Read a table `REFITS`; None if it has no row."""
    return _refits(tables.read(path, REFITS.names))


def _refits(table: pa.Table) -> Refits | None:
    if not len(table):
        return None
    return Refits(
        n=table["n"].to_numpy(),
        parameters=table["parameters"][0].as_py(),
        coefficients=np.array(table["coefficients"].to_pylist()),
        gradients=np.array(table["gradient"].to_pylist()),
    )


def read_direction(paths: Iterable[str | Path]) -> tuple[Fits | None, int]:
    """Read the refits of the direction of an edit.

    Args:
        paths: A table `DIRECTION_REFITS`; none for a direction whose error nobody knows.

    Returns:
        (groups, d) the direction without each group, None without a table or in one without rows;
        and the number of copies of a latent in its space.
    """
    for path in paths:
        table = tables.read(path, ["coefficients", "layers"])
        if len(table):
            return np.array(table["coefficients"].to_pylist()), table["layers"][0].as_py()
    return None, 1


def read_gradients(paths: Iterable[str | Path]) -> dict[tuple[str, str], Fits]:
    """Read the gradients of scores from tables `REFITS`.

    Returns:
        (groups, d) gradient without each group, as `Refits.moved_gradients`, by assessor and shape;
        without those whose table has no row.
    """
    found = {}
    for path in paths:
        table = tables.read(path, REFITS.names)
        if fits := _refits(table):
            key = table["assessor"][0].as_py(), table["shape"][0].as_py()
            found[key] = fits.moved_gradients
    return found


def units(vectors: Fits) -> Fits:
    """Scale each row to unit length."""
    scaled: Fits = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled


def deviations(fits: Fits) -> Fits:
    """Scale the fits' deviations from their mean so that their products sum to covariances.

    Args:
        fits: (groups, d) or (groups,) fits without each group, moved as in `Refits`.

    Returns:
        The deviations D: the jackknife's covariance is D.T @ D.
    """
    deviation: Fits = np.sqrt(1 - 1 / len(fits)) * (fits - fits.mean(axis=0))
    return deviation


def normals(refits: Refits | None) -> Fits | None:
    """Return the coefficients without each group, moved as in `Refits`; None without fits."""
    return None if refits is None else refits.moved_coefficients


def shared(first: Fits | None, second: Fits | None) -> float:
    """Estimate the noise that two normals share: what it adds to their cosine.

    Args:
        first: (groups, d) fits of the one without each group, moved as in `Refits`, of any
            length; None if there are none.
        second: The same of the other.

    Returns:
        The trace of the covariance between the unit normals; nan if there are no fits.
    """
    if first is None or second is None:
        return float("nan")
    return float((deviations(units(first)) * deviations(units(second))).sum())


def reliability(fits: Fits | None) -> float:
    """Estimate the expected cosine between normals fitted to two independent sets of this size.

    Of unit vectors, it is the squared length of their mean, 1 less the trace of their covariance.

    Args:
        fits: (groups, d) coefficients without each group, moved as in `Refits`; None if there
            are none.

    Returns:
        At most 1; by chance below 0 if the normal is little more than noise. nan if there are no
        fits.
    """
    return 1 - shared(fits, fits)


class Variance(NamedTuple):
    """An estimate of a variance.

    Attributes:
        value: The estimate, at least 0.
        whole: What it is the rest of, where the variance of noise was subtracted; else the same.
        freedom: Degrees of freedom of `whole`.
    """

    value: float
    whole: float
    freedom: float


def half_width(variances: Sequence[Variance], confidence: float) -> float:
    """Return half the width of the t interval of an estimate with a sum of variances.

    The degrees of freedom are Satterthwaite's (Biometrics Bulletin 2, 1946), but at least 3, the
    least with which t has a variance, where each variance has as many.

    Args:
        variances: Independent estimates.
        confidence: Confidence of the interval, between 0 and 1.

    Returns:
        Half the width; nan if a variance is.
    """
    total = sum(each.value for each in variances)
    if not total > 0:
        return float(total)
    error = sum(each.whole**2 / each.freedom for each in variances)
    freedom = max(total**2 / error, min(3.0, *(each.freedom for each in variances)))
    return float(stats.t.ppf((1 + confidence) / 2, freedom) * np.sqrt(total))


def cosine_variance(first: Fits, second: Fits) -> Variance:
    """Estimate the variance, over fit sets, of the cosine between two fitted normals.

    The jackknife counts twice the part of the variance that is noise times noise, as of any
    statistic of second degree (Efron and Stein, Annals of Statistics 9, 1981). That part is the
    variance of a . b - c (a . a + b . b) / 2, where a and b are the noise of the unit normals and c
    is their cosine; once is subtracted.

    Args:
        first: (groups, d) fits of the one without each group, moved as in `Refits`.
        second: The same of the other.

    Returns:
        The variance.
    """
    one, other = units(first), units(second)
    cosines = (one * other).sum(axis=1)
    a, b = deviations(one), deviations(other)
    crossed = (a @ b.T + b @ a.T) / 2 - cosines.mean() * (a @ a.T + b @ b.T) / 2
    whole = float((deviations(cosines) ** 2).sum())
    return Variance(max(whole - 2 * _apart(crossed), 0), whole, GROUPS - 1)


def _apart(products: Fits) -> float:
    """Sum the squares of (groups, groups) products of deviations, as if all groups were apart.

    Those of a group with itself are left out: there both have the noise of the same images. The
    mean of the others is subtracted, because deviations from a mean are not independent.
    """
    groups = len(products)
    others = products[~np.eye(groups, dtype=bool)]
    return float(((others - others.mean()) ** 2).sum() * groups / (groups - 1))


def slope_variance(direction: Fits, scored: Fits, layers: int = 1) -> Variance:
    """Estimate the variance, over fit sets, of a score's slope along the direction fitted on them.

    To first order, the slope along the unit vector v = q / |q| is b . v, where b is the gradient of
    the score, and a change e of q changes it by h . e with h = (b - (b . v) v) / |q|. With the
    covariance C of q, the variance is h' C h. Both h and C come from the same images: what the
    noise of h adds is estimated and subtracted, so that there is no bias even if q was found with
    the very scores. To second order, the length of q changes with e . e, which is added.

    Args:
        direction: (groups, d) the direction q without each group, of any length.
        scored: (groups, d) gradient b of the score without each group.
        layers: Number of copies of a latent in the direction's space.

    Returns:
        The variance, in squared score per unit of alpha.
    """
    along, gradient = direction.mean(axis=0), scored.mean(axis=0)
    along_error, gradient_error = deviations(direction), deviations(scored)
    squared = along @ along
    parallel = (gradient @ along - (gradient_error * along_error).sum()) / squared
    whole = float(((along_error @ (gradient - parallel * along)) ** 2).sum())
    variance = (
        whole
        - _apart((gradient_error - parallel * along_error) @ along_error.T)
        + parallel**2 / 2 * _apart(along_error @ along_error.T)
    )
    scale = squared * layers
    return Variance(max(variance, 0) / scale, whole / scale, GROUPS - 1)
