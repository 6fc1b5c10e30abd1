"""Hyperplanes that separate latents with high scores from those with low (paper 1, section 2.4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import RepeatedStratifiedKFold, train_test_split

from mnemo.directions import estimators
from mnemo.directions.estimators import TOLERANCE, Floats
from mnemo.directions.regularisation import Fitter
from mnemo.directions.validation import HeldOut, of_folds, of_holdout, permutation_p
from mnemo.errors import MnemoError

Threshold = Literal["mean", "median"]
Validation = Literal["cross-validation", "holdout"]

_AUTHORS_SEED = 42


@dataclass(frozen=True, eq=False)
class Hyperplane:
    """A separating hyperplane, and how well it separates held-out images.

    Attributes:
        estimator: What it is fitted with.
        threshold: The threshold that separates high from low scores.
        cut: The threshold's value; a score at or above it is high.
        n: Number of images.
        validation: How images were held out.
        accuracy: Share of held-out images on the correct side, 0 to 1. Of a cross-validation, it is
            the mean over the folds of all repetitions, and its interval is for the expected
            accuracy, on new images, of hyperplanes that are fitted on a fold's share of the images.
            Of a holdout, it and its interval are those of this hyperplane.
        accuracy_low: Lower end of its interval: corrected t (`statistics.folds`), or Wilson's for a
            holdout and where all folds are equally accurate.
        accuracy_high: Upper end of its interval.
        balanced_accuracy: Mean of the two classes' shares on the correct side, of the same images.
            nan if only one class is held out, as a small `holdout` may do.
        balanced_accuracy_low: Lower end of its interval: corrected t, or Newcombe's for a holdout.
            nan where `balanced_accuracy` is, and where all folds are equal.
        balanced_accuracy_high: Upper end of its interval.
        auc: Area under the ROC curve of the held-out signed distances, the mean over the folds. nan
            if only one class is held out.
        auc_low: Lower end of its interval: corrected t, or Brunner and Munzel's for a holdout. nan
            where `auc` is, where all folds are equal, and for a holdout that is ranked perfectly or
            has one image of a class.
        auc_high: Upper end of its interval.
        spearman: Rank correlation of the held-out signed distances and the scores, the mean over
            the folds. nan if fewer than two images are held out, or all have one score.
        spearman_low: Lower end of its interval: corrected t. nan for a holdout, where `spearman`
            is, and where all folds are equal.
        spearman_high: Upper end of its interval.
        r_squared: Of ridge, the share of the variance of the held-out scores that is predicted, the
            mean over the folds; below 0 if the mean predicts them better. nan for others.
        r_squared_low: Lower end of its interval, nan as that of `spearman`.
        r_squared_high: Upper end of its interval.
        base_rate: Share of the larger class among the held-out images, the accuracy of guessing.
        permuted_accuracy: Held-out accuracy with permuted labels, mean over the permutations.
        permutation_p: Share of the permutations, with the true labels as one of them, whose
            accuracy is at least that of the true labels. All are cross-validated once, in the
            folds of the first repetition. The strength of the penalty is chosen for each anew.
        regularisation: Inverse strength C of the penalty in the (tiled) space, of the final fit.
        train_accuracy: Share of the fitted images on the correct side.
        layers: Number of copies of a latent in the space; 1 for z and w.
        normal: (layers * d,) unit normal, which points to high scores.
        intercept: Signed distance of the origin, in units of alpha: latent x is at the signed
            distance `normal @ x + intercept`.
        coefficient_norm: Length of the coefficients: the output is `coefficient_norm` times the
            signed distance. Outputs are logits of logistic regression, the predicted score less the
            cut of ridge, and 1 at the margin of an SVM.
        folds: (n,) fold that held out each image in the first repetition, from 1; 0 if none did.
        hits: (n,) whether that fold's prediction of the image is correct; false if there is none.
    """

    estimator: estimators.Name
    threshold: Threshold
    cut: float
    n: int
    validation: Validation
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    balanced_accuracy: float
    balanced_accuracy_low: float
    balanced_accuracy_high: float
    auc: float
    auc_low: float
    auc_high: float
    spearman: float
    spearman_low: float
    spearman_high: float
    r_squared: float
    r_squared_low: float
    r_squared_high: float
    base_rate: float
    permuted_accuracy: float
    permutation_p: float
    regularisation: float
    train_accuracy: float
    layers: int
    normal: NDArray[np.float64]
    intercept: float
    coefficient_norm: float
    folds: NDArray[np.int64]
    hits: NDArray[np.bool_]


def labels(scores: Floats, threshold: Threshold) -> tuple[NDArray[np.bool_], float]:
    """Classify scores as high or low.

    Args:
        scores: (n,) scores, none missing.
        threshold: Whether the mean or the median of the scores separates high from low.

    Returns:
        (n,), true if the score is at or above the cut (the paper's authors break ties in the same
        way); and the cut, in the scores' unit.

    Raises:
        MnemoError: All scores are on one side of the cut.
    """
    # In float32, the mean of many equal scores can exceed each of them.
    scores = np.asarray(scores, dtype=np.float64)
    cut = float(np.mean(scores) if threshold == "mean" else np.median(scores))
    high = scores >= cut
    if high.all() or not high.any():
        raise MnemoError(
            f"The {threshold} of the {len(scores)} scores, {cut:g}, leaves none below it: "
            f"they range from {scores.min():g} to {scores.max():g}. Use the other threshold, or, "
            "if all scores are equal, look at the images: the generator may have collapsed."
        )
    return high, cut


def fit(
    latents: Floats,
    scores: Floats,
    *,
    threshold: Threshold,
    estimator: estimators.Name = "logistic",
    layers: int = 1,
    folds: int = 5,
    repeats: int = 2,
    regularisation: float | Literal["auto"] = 1.0,
    permutations: int = 99,
    validation: Validation = "cross-validation",
    seed: int = 0,
    confidence: float = 0.95,
) -> Hyperplane:
    """Fit a hyperplane between high and low scores, and validate it.

    The logistic regression is that of the paper's authors: scikit-learn's, with an L2 penalty and
    lbfgs, on unscaled latents. `mnemo.directions.estimators` describes the others. The hyperplane
    of a ridge regression is where it predicts the cut.

    With `layers`, the hyperplane is fitted in the space of as many copies of the latent, the
    paper's "extended latent space", without making the copies: the penalised solution has the same
    d coefficients u / layers in each copy, where u solves the problem in one copy with
    C = layers * regularisation.

    Memory stays within 1.1 times that of the latents, because folds are weights of 0 and 1 instead
    of copies. The penalty counts weights, so the solution is that of the training images alone.

    Args:
        latents: (n, d) latents, one image per row; float32 is fitted in float32.
        scores: (n,) scores of the same images, none missing.
        threshold: The threshold that separates high from low scores.
        estimator: What is fitted.
        layers: Number of copies of a latent in the space.
        folds: Number of folds of the cross-validation, which are stratified and shuffled.
        repeats: Number of repetitions of the cross-validation, each with other folds.
        regularisation: Inverse strength C of the penalty in the (tiled) space; `auto` to choose it
            by a cross-validation within the images of each fit (`regularisation.choose`), so that
            those held out have no part in it.
        permutations: Number of label permutations of the control, each cross-validated once; with
            0, `permuted_accuracy` and `permutation_p` are nan.
        validation: `cross-validation` evaluates on all images out of fold and fits the hyperplane
            on all images. `holdout` evaluates on a tenth and fits on the rest, as the paper's
            authors did with seed 42.
        seed: Seed of folds and permutations; `holdout` always splits with the authors' seed.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The hyperplane.

    Raises:
        MnemoError: All scores are on one side of the cut, a class has fewer images than there are
            folds, the latents do not differ between the classes, or a fit did not converge.
    """
    high, cut = labels(scores, threshold)
    above = scores.astype(np.float64) - cut
    smaller = int(min(high.sum(), (~high).sum()))
    if smaller < folds:
        raise MnemoError(
            f"The {threshold} leaves {smaller} images in the smaller class, too few for {folds} "
            "folds. Draw more images, lower `folds`, or use the median."
        )
    fitter = Fitter.of(estimator, latents, regularisation, layers=layers, seed=seed)
    if validation == "holdout":
        repeats = folds = 1
    tested = list(_predict(fitter, above, _held_out(high, folds, repeats, validation, seed)))
    first = tested[:folds]
    fold_of_image, hits = np.zeros(len(high), dtype=np.int64), np.zeros(len(high), dtype=bool)
    for number, fold in enumerate(first, start=1):
        fold_of_image[fold.rows], hits[fold.rows] = number, fold.hits
    is_held_out = fold_of_image > 0

    generator = np.random.default_rng(seed)
    permuted_accuracies = []
    for _ in range(permutations):
        permuted = generator.permutation(above)
        rows = _held_out(permuted >= 0, folds, 1, validation, seed)
        predicted = _predict(fitter, permuted, rows)
        permuted_accuracies.append(np.concatenate([fold.hits for fold in predicted]).mean())

    fitted = fitted_on(len(high), validation)
    model, inverse_penalty = fitter.fit(above, fitted)
    coefficients, outputs = model.coefficients.astype(np.float64), model.outputs(latents)
    length = float(np.linalg.norm(coefficients))
    # What the classes' equal means leave is rounding, whose direction means nothing.
    unit = np.ptp(above) if estimator == "ridge" else 1
    if np.ptp(outputs) <= TOLERANCE * unit:
        raise MnemoError(
            f"The latents of the {len(high)} images do not differ between high and low scores, so "
            "no hyperplane separates them. Look at the latents: they may all be equal."
        )
    coefficient_norm = length / np.sqrt(layers)
    measured = (
        of_holdout(first[0], confidence)
        if validation == "holdout"
        else of_folds(tested, repeats, confidence)
    )
    if estimator != "ridge":
        # The outputs of the others are no scores.
        measured |= dict.fromkeys(("r_squared", "r_squared_low", "r_squared_high"), float("nan"))
    return Hyperplane(
        estimator=estimator,
        threshold=threshold,
        cut=cut,
        n=len(high),
        validation=validation,
        **measured,
        base_rate=float(max(high[is_held_out].mean(), (~high[is_held_out]).mean())),
        permuted_accuracy=float(np.mean(permuted_accuracies)) if permutations else float("nan"),
        permutation_p=permutation_p(hits[is_held_out].mean(), permuted_accuracies),
        regularisation=inverse_penalty / layers,
        train_accuracy=float(((outputs > 0) == high)[fitted].mean()),
        layers=layers,
        normal=np.tile(coefficients / length, layers) / np.sqrt(layers),
        intercept=float(model.intercept / coefficient_norm),
        coefficient_norm=float(coefficient_norm),
        folds=fold_of_image,
        hits=hits,
    )


def decision(hyperplane: Hyperplane, latents: Floats) -> Floats:
    """Compute the signed distances of latents from a hyperplane (paper 1, equations 1 and 2).

    Unlike in those equations, the intercept is included, so that the distance on the hyperplane is
    0.

    Args:
        hyperplane: The hyperplane.
        latents: (n, d) latents shared by all layers, or (n, layers, d) or (n, layers * d) with one
            latent per layer.

    Returns:
        (n,) signed distances in units of alpha, positive on the side of high scores: a move by
        alpha along the normal adds alpha (paper 1, equations 3 and 4).
    """
    rows = latents.reshape(len(latents), -1)
    normal = hyperplane.normal
    if rows.shape[1] * hyperplane.layers == len(normal):
        normal = normal.reshape(hyperplane.layers, -1).sum(axis=0)
    distances: Floats = rows @ normal.astype(rows.dtype) + hyperplane.intercept
    return distances


def _held_out(
    high: NDArray[np.bool_], folds: int, repeats: int, validation: Validation, seed: int
) -> list[NDArray[np.intp]]:
    """Return the rows that each fold of each repetition holds out."""
    if validation == "holdout":
        rows = np.arange(len(high))
        return [train_test_split(rows, test_size=0.1, random_state=_AUTHORS_SEED)[1]]
    splitter = RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats, random_state=seed)
    return [held_out for _, held_out in splitter.split(high, high)]


def _predict(fitter: Fitter, above: Floats, held_out: list[NDArray[np.intp]]) -> Iterator[HeldOut]:
    """Predict the images that each fold holds out, by a fit to all others."""
    for rows in held_out:
        fitted = np.ones(len(above), dtype=bool)
        fitted[rows] = False
        model, _ = fitter.fit(above, fitted)
        yield HeldOut(rows, above[rows], model.outputs(fitter.latents)[rows])


def fitted_on(n: int, validation: Validation) -> NDArray[np.bool_]:
    """Return which of n images the hyperplane is fitted on: all, but for those of a holdout."""
    fitted = np.ones(n, dtype=bool)
    if validation == "holdout":
        fitted[train_test_split(np.arange(n), test_size=0.1, random_state=_AUTHORS_SEED)[1]] = False
    return fitted
