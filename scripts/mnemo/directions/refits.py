"""Fitting hyperplanes again without each group of images in turn, for the jackknife."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from mnemo.directions import hyperplanes
from mnemo.directions.hyperplanes import Floats, Threshold, Validation
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
    layers: int = 1,
    regularisation: float = 1.0,
    validation: Validation = "cross-validation",
) -> Refits | None:
    """Fit a hyperplane, and the gradient of the score, without each group of images in turn.

    The cut between high and low scores is that of all images. The gradient is an ordinary linear
    regression: if it were shrunk, it would be too small where latents vary little, which is where a
    normal is least certain.

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
    sums = _sums(latents, scores, groups, fitted)
    gram, moment = (np.sum(part, axis=0) for part in zip(*sums, strict=True))
    parameters = _parameters(gram, penalty)
    least = min(int(min(high[rows].sum(), (~high[rows]).sum())) for rows in without)
    if least < 2 or parameters > fitted.sum() / 2:
        return None
    coefficients = [hyperplanes.coefficients(latents, high, rows, 1 / penalty) for rows in without]
    return Refits(
        n=np.array([int(rows.sum()) for rows in without]),
        parameters=parameters,
        coefficients=np.array(coefficients),
        gradients=_gradients(sums, gram, moment, int(fitted.sum())),
    )


def _sums(
    latents: Floats, scores: Floats, groups: NDArray[np.int64], fitted: NDArray[np.bool_]
) -> list[tuple[Fits, Fits]]:
    """Sum the products of latents, and those of latents and scores, over each group.

    Returns:
        For each group (1 + d, 1 + d) and (1 + d,); a latent begins with a 1, for the intercept.
    """
    centre = latents.mean(axis=0, dtype=np.float64)
    sums = []
    for group in range(GROUPS):
        rows = fitted & (groups == group)
        design = np.column_stack([np.ones(rows.sum()), latents[rows] - centre])
        sums.append((design.T @ design, design.T @ scores[rows].astype(np.float64)))
    return sums


def _parameters(gram: Fits, penalty: float) -> float:
    """Compute the effective number of parameters of a logistic regression.

    The information in each image is a quarter where its label is open, so that its shrinkage is
    that of a ridge regression with four times the penalty.
    """
    ridge = 4 * penalty * np.diag(np.arange(len(gram)) > 0)
    return float(np.trace(np.linalg.solve(gram + ridge, gram)))


def _gradients(sums: Sequence[tuple[Fits, Fits]], gram: Fits, moment: Fits, images: int) -> Fits:
    """Fit linear regressions without each group in turn.

    Args:
        sums: Those of each group, as `_sums` gives them.
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
