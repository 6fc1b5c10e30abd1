"""Fitting hyperplanes again without each group of images in turn, for the jackknife."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from mnemo.directions import hyperplanes
from mnemo.directions.hyperplanes import Floats, Threshold, Validation
from mnemo.directions.jackknife import GROUPS, Refits


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
    layers: int = 1,
    regularisation: float = 1.0,
    validation: Validation = "cross-validation",
) -> Refits | None:
    """Fit a hyperplane, and the gradient of the score, without each group of images in turn.

    The cut between high and low scores is that of all images. The gradient is a ridge regression
    with the shrinkage of the logistic regression, whose information in each image is a quarter
    where its label is open.

    Args:
        latents: (n, d) latents, one image per row.
        scores: (n,) scores of the same images.
        groups: (n,) group of each image.
        threshold: As for `hyperplanes.fit`.
        layers: As for `hyperplanes.fit`.
        regularisation: As for `hyperplanes.fit`.
        validation: As for `hyperplanes.fit`: images of a holdout are not fitted on.

    Returns:
        The fits; None if there are fewer than two images for each effective parameter, or if fewer
        than two of a class are left without some group, because such fits show nothing.
    """
    high, _ = hyperplanes.labels(scores, threshold)
    fitted = hyperplanes.fitted_on(len(high), validation)
    penalty = 1 / (layers * regularisation)
    without = [fitted & (groups != group) for group in range(GROUPS)]
    gradients, parameters = _gradients(latents, scores, groups, fitted, 4 * penalty)
    least = min(int(min(high[rows].sum(), (~high[rows]).sum())) for rows in without)
    if least < 2 or parameters > fitted.sum() / 2:
        return None
    coefficients = [hyperplanes.coefficients(latents, high, rows, 1 / penalty) for rows in without]
    return Refits(
        n=np.array([int(rows.sum()) for rows in without]),
        parameters=parameters,
        coefficients=np.array(coefficients),
        gradients=gradients,
    )


def _gradients(
    latents: Floats,
    scores: Floats,
    groups: NDArray[np.int64],
    fitted: NDArray[np.bool_],
    penalty: float,
) -> tuple[NDArray[np.float64], float]:
    """Fit ridge regressions without each group in turn, from the groups' sums of products.

    Returns:
        (groups, d) coefficients, and the effective number of parameters of the fit to all groups.
    """
    centre = latents.mean(axis=0, dtype=np.float64)
    sums = []
    for group in range(GROUPS):
        rows = fitted & (groups == group)
        design = np.column_stack([np.ones(rows.sum()), latents[rows] - centre])
        sums.append((design.T @ design, design.T @ scores[rows].astype(np.float64)))
    gram, moment = (np.sum(part, axis=0) for part in zip(*sums, strict=True))
    ridge = penalty * np.diag(np.arange(len(gram)) > 0)
    gradients = [
        np.linalg.solve(gram - own + ridge, moment - own_moment)[1:] for own, own_moment in sums
    ]
    return np.array(gradients), float(np.trace(np.linalg.solve(gram + ridge, gram)))
