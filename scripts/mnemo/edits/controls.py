"""Controls of an edit: directions of equal length that should change the scores little.

An effect of an edit is read against three of them. A random direction shows what any move of that
length does. The normal of a hyperplane that was fitted on permuted scores shows what fitting does
where there is nothing to fit. The normal of the hyperplane of brightness shows how much of the
effect a change of light would have. The first two differ from face to face, so that the mean over
the faces is one over directions too.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mnemo import tables
from mnemo.directions import estimators, hyperplanes
from mnemo.directions.regularisation import Fitter
from mnemo.edits.move import move

DIRECTIONS = tables.define(
    "Directions of an edit's controls",
    tables.field("control", pa.string(), "control", limits="random, permuted, brightness"),
    tables.field(
        "normals",
        pa.list_(
            pa.field(
                "element",
                pa.list_(pa.field("element", pa.float64(), nullable=False)),
                nullable=False,
            )
        ),
        "unit normal of each image, or one for all of them; in w_plus, that of one of its layers, "
        "whose part of the normal is as long in each",
    ),
)
Normals = NDArray[np.float64]


def random(images: Sequence[str], dim: int, seed: int) -> Normals:
    """Draw a random direction for each image.

    Args:
        images: (n,) keys of the images; an image's direction depends on its key alone.
        dim: Dimensions of the latent.
        seed: Seed of the directions.

    Returns:
        (n, dim) unit vectors, uniform on the sphere.
    """
    drawn = np.array([_generator(image, seed).standard_normal(dim) for image in images])
    normals: Normals = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return normals


def permuted(
    images: Sequence[str],
    latents: estimators.Floats,
    scores: estimators.Floats,
    *,
    threshold: hyperplanes.Threshold,
    estimator: estimators.Name = "logistic",
    regularisation: float | Literal["auto"] = 1.0,
    layers: int = 1,
    seed: int = 0,
) -> Normals:
    """Fit a hyperplane on permuted scores for each image.

    Args:
        images: (n,) keys of the images; an image's permutation depends on its key alone.
        latents: (m, d) latents of the images to fit on.
        scores: (m,) their scores.
        threshold: The threshold that separates high from low scores.
        estimator: As for `hyperplanes.fit`.
        regularisation: As for `hyperplanes.fit`; `auto` chooses it once, for the scores as
            they are.
        layers: As for `hyperplanes.fit`.
        seed: Seed of the permutations.

    Returns:
        (n, d) unit normals.

    Raises:
        MnemoError: As for `hyperplanes.labels` and `Fitter.strength`.
    """
    _, cut = hyperplanes.labels(scores, threshold)
    above = scores.astype(np.float64) - cut
    everything = np.ones(len(above), dtype=bool)
    fitter = Fitter.of(estimator, latents, regularisation, layers=layers, seed=seed)
    strength = fitter.strength(above, everything)
    permuted = (_generator(image, seed).permutation(above) for image in images)
    fits = [estimators.fit(estimator, latents, each, everything, strength) for each in permuted]
    fitted = np.array([fit.coefficients for fit in fits], dtype=np.float64)
    normals: Normals = fitted / np.linalg.norm(fitted, axis=1, keepdims=True)
    return normals


def beside(along: Normals, plane: Normals, layers: int) -> Normals:
    """Turn a hyperplane's normal to the side of another direction.

    Args:
        along: (layers * d,) the other direction.
        plane: (layers * d,) unit normal of a hyperplane in the same space.
        layers: Number of copies of a latent in that space.

    Returns:
        (1, d) unit normal, of one of the copies.
    """
    side = -1 if plane @ along < 0 else 1
    turned: Normals = side * np.sqrt(layers) * plane.reshape(layers, -1)[:1]
    return turned


def edit(
    latents: pa.Table,
    normals: Mapping[str, Normals],
    variants: Sequence[tuple[str, float]],
    space: str,
    *,
    layers: int = 1,
    chosen: Sequence[int] | None = None,
) -> pa.Table:
    """Move images along each control's directions.

    Args:
        latents: The table `LATENTS` of the images.
        normals: Unit normals by control: (n, d), one for each image, or (1, d); or as long as an
            alpha of 1 of the edit moves.
        variants: Controls and the alphas of the edit.
        space: Space of the normals: "z", "w" or "w_plus". In "w_plus", each layer moves along the
            same d dimensions, by the distance divided by the square root of the number of layers.
        layers: Number of the generator's layers.
        chosen: Indices of the layers that move; None for all.

    Returns:
        The table `LATENTS` of all images for each variant in turn, with the control as `edit`.
    """
    tiles = layers if space == "w_plus" else 1
    moved = [
        move(
            latents,
            np.tile(normals[control], tiles) / np.sqrt(tiles),
            space,
            control,
            alpha,
            layers=layers,
            chosen=chosen,
        )
        for control, alpha in variants
    ]
    return pa.concat_tables(moved)


def _generator(image: str, seed: int) -> np.random.Generator:
    """Return a random generator of an image's own."""
    digest = hashlib.sha256(image.encode()).digest()
    return np.random.default_rng((seed, int.from_bytes(digest[:8], "little")))
