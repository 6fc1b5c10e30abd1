"""Fitting hyperplanes again without each group of images in turn, for the jackknife."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from mnemo.directions import estimators, hyperplanes
from mnemo.directions.estimators import ESTIMATORS, Floats
from mnemo.directions.hyperplanes import Threshold, Validation
from mnemo.directions.jackknife import GROUPS, Fits, Refits


def groups_of(images: Sequence[str], seed: int) -> NDArray[np.int64]:
    """Assign images to groups at random, each by its own key.

    An image is in the same group for every assessor, shape and threshold, whichever other images
    have a score. So fits to different scores leave out the same images, and show the noise that
    they share.

    Args:
        images: (n,) keys.
        seed: Seed of the groups.

    Returns:
        (n,) groups, from 0 to `GROUPS` - 1.
    """
    digests = (blake2b(f"{seed} {image}".encode(), digest_size=8).digest() for image in images)
    return np.array([int.from_bytes(digest, "big") % GROUPS for digest in digests])


def fit(
    latents: Floats,
    scores: Floats,
    groups: NDArray[np.int64],
    *,
    threshold: Threshold,
    estimator: estimators.Name = "logistic",
    layers: int = 1,
    regularisation: float = 1.0,
    validation: Validation = "cross-validation",
) -> Refits | None:
    """Fit a hyperplane, and the gradient of the score, without each group of images in turn.

    The cut between high and low scores is that of all images, and so is the strength of the
    penalty: the choice of it is part of no refit. The gradient is an ordinary linear
    regression: if it were shrunk, it would be too small where latents vary little, which is where a
    normal is least certain.

    Args:
        latents: (n, d) latents, one image per row.
        scores: (n,) scores of the same images.
        groups: (n,) group of each image.
        threshold: As for `hyperplanes.fit`.
        estimator: As for `hyperplanes.fit`.
        layers: As for `hyperplanes.fit`.
        regularisation: Inverse strength C, that of the fit to all images if it was chosen.
        validation: As for `hyperplanes.fit`: images of a holdout are not fitted on.

    Returns:
        The fits; None if there are fewer than two images for each effective parameter, or if fewer
        than two of a class are left without some group, because such fits show nothing.
    """
    high, cut = hyperplanes.labels(scores, threshold)
    above = scores.astype(np.float64) - cut
    fitted = hyperplanes.fitted_on(len(high), validation)
    strength = layers * regularisation
    whole = estimators.fit(estimator, latents, above, fitted, strength).outputs(latents)
    curvature = ESTIMATORS[estimator].curvature(above[fitted], whole[fitted])
    without = [fitted & (groups != group) for group in range(GROUPS)]
    centre = latents.mean(axis=0, dtype=np.float64)
    sums = [
        estimators.sums(latents, scores, centre, fitted & (groups == group))
        for group in range(GROUPS)
    ]
    gram, moment = (np.sum(part, axis=0) for part in zip(*sums, strict=True))
    parameters = _parameters(gram, 1 / (strength * curvature))
    least = min(int(min(high[rows].sum(), (~high[rows]).sum())) for rows in without)
    if least < 2 or parameters > fitted.sum() / 2:
        return None
    fits = [estimators.fit(estimator, latents, above, rows, strength) for rows in without]
    return Refits(
        n=np.array([int(rows.sum()) for rows in without]),
        parameters=parameters,
        coefficients=np.array([fit.coefficients for fit in fits], dtype=np.float64),
        gradients=_gradients(sums, gram, moment, int(fitted.sum())),
    )


def _parameters(gram: Fits, penalty: float) -> float:
    """Compute the effective number of parameters, the trace of the hat matrix.

    It is that of a least-squares fit whose penalty is divided by the information in each image: by
    a quarter for a logistic regression, where labels are open.
    """
    return float(np.trace(np.linalg.solve(estimators.penalised(gram, penalty), gram)))


def _gradients(sums: Sequence[tuple[Fits, Fits]], gram: Fits, moment: Fits, images: int) -> Fits:
    """Fit linear regressions without each group in turn.

    Args:
        sums: Those of each group, as `estimators.sums` gives them.
        gram: Sum of their first parts.
        moment: Sum of their second parts.
        images: Number of images.

    Returns:
        (groups, d) coefficients; nan if there are fewer than two images for each.
    """
    if len(gram) > images / 2:
        return np.full((GROUPS, len(gram) - 1), np.nan)
    # Far below any variance, and above rounding: latents may lie in a subspace.
    ridge = 1e-10 * np.trace(gram) * np.eye(len(gram))
    fits = [
        np.linalg.solve(gram - own + ridge, moment - own_moment)[1:] for own, own_moment in sums
    ]
    return np.array(fits)
