"""Hyperplanes that separate latents with high scores from those with low (paper 1, section 2.4)."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold, train_test_split

from mnemo import tables
from mnemo.directions.validation import HeldOut, of_folds, of_holdout, permutation_p
from mnemo.errors import MnemoError
from mnemo.scores import ASSESSOR, SHAPE

HYPERPLANES = tables.define(
    "Hyperplanes that separate high from low scores, and how well",
    tables.field("space", pa.string(), "latent space of the hyperplane", limits="z, w, w_plus"),
    ASSESSOR,
    SHAPE,
    tables.field("threshold", pa.string(), "rule that cuts high from low", limits="mean, median"),
    tables.field("cut", pa.float64(), "the threshold's value; a score at or above it is high"),
    tables.field("n", pa.int64(), "images that have a score, fitted on or held out"),
    tables.field("validation", pa.string(), "how seeds were held out"),
    *tables.estimate(
        "accuracy",
        "share of held-out seeds on the right side; of a cross-validation, the mean over its folds "
        "and repetitions, with a corrected t interval over them (Nadeau and Bengio 2003) for "
        "hyperplanes that are fitted on as many seeds as in a fold (one of 95 % covers 94 to "
        "99 % where classes are alike in size, and 80 to 95 % where they are not), or Wilson's if "
        "all folds are equally accurate; of a holdout, with Wilson's interval for this hyperplane",
        limits="0 to 1",
    ),
    *tables.estimate(
        "balanced_accuracy",
        "mean of the two classes' shares of held-out seeds on the right side, 0.5 for a guess; its "
        "interval is a corrected t like that of accuracy, of a holdout Newcombe's; null if only "
        "one class is held out, its interval also where all folds are equal",
        limits="0 to 1",
        nullable=True,
    ),
    *tables.estimate(
        "auc",
        "area under the ROC curve on held-out seeds, 0.5 for a guess; its interval is a corrected "
        "t like that of accuracy, of a holdout Brunner and Munzel's (with DeLong's variance); null "
        "if only one class is held out, its interval also where all folds are equal, and for a "
        "holdout that is ranked perfectly or has one seed of a class",
        limits="0 to 1",
        nullable=True,
    ),
    tables.field("base_rate", pa.float64(), "share of the larger class", limits="0.5 to 1"),
    tables.field(
        "permuted_accuracy",
        pa.float64(),
        "accuracy on held-out seeds with shuffled labels, the control; null without permutations",
        limits="0 to 1",
        nullable=True,
    ),
    tables.field(
        "permutation_p",
        pa.float64(),
        "(1 + shuffles of the labels that are predicted at least as accurately as the true ones) / "
        "(1 + shuffles), so never below 1 / (1 + shuffles); accuracy is here that of the first "
        "repetition of the cross-validation; null without permutations",
        limits="above 0, to 1",
        nullable=True,
    ),
    tables.field(
        "train_accuracy", pa.float64(), "accuracy on the seeds fitted on", limits="0 to 1"
    ),
    tables.field(
        "layers", pa.int64(), "layers that the space tiles one latent over; 1 but for w_plus"
    ),
    tables.field(
        "normal", pa.list_(pa.field("element", pa.float64(), nullable=False)), "unit normal"
    ),
    tables.field(
        "intercept",
        pa.float64(),
        "signed distance of the origin: the distance of a latent is normal . latent + intercept",
    ),
    tables.field(
        "coefficient_norm", pa.float64(), "logits per unit of distance from the hyperplane"
    ),
    tables.field(
        "reliability",
        pa.float64(),
        "expected cosine between normals fitted on two independent sets of as many images, from a "
        "jackknife over 20 groups of images; by chance below 0 for a normal that is noise; null "
        "where the images are fewer than twice the effective parameters of the hyperplane",
        limits="at most 1",
        nullable=True,
    ),
)

HELD_OUT = tables.define(
    "Predictions of held-out seeds by hyperplanes that were fitted on others",
    tables.field("image", pa.string(), "key of the image"),
    tables.field("hit", pa.bool_(), "whether its predicted side is the right one"),
    tables.field(
        "fold",
        pa.int64(),
        "fold that held it out, from 1, in the first repetition of the cross-validation; 1 for a "
        "holdout",
    ),
)

Threshold = Literal["mean", "median"]
Validation = Literal["cross-validation", "holdout"]
Floats = NDArray[np.floating[Any]]

_ITERATIONS = 4000
_AUTHORS_SEED = 42
# At scikit-learn's default of 1e-4, lbfgs can stop 16 degrees away from the optimal normal for
# correlated latents such as StyleGAN's w. At 1e-6, it reaches the precision of float32.
_TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class Hyperplane:
    """A separating hyperplane, and how well it separates held-out images.

    Attributes:
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
        base_rate: Share of the larger class among the held-out images, the accuracy of guessing.
        permuted_accuracy: Held-out accuracy with permuted labels, mean over the permutations.
        permutation_p: Share of the permutations, with the true labels as one of them, whose
            accuracy is at least that of the true labels. All are cross-validated once, in the
            folds of the first repetition.
        train_accuracy: Share of the fitted images on the correct side.
        layers: Number of copies of a latent in the space; 1 for z and w.
        normal: (layers * d,) unit normal, which points to high scores.
        intercept: Signed distance of the origin, in units of alpha: latent x is at the signed
            distance `normal @ x + intercept`.
        coefficient_norm: Length of the logistic regression's coefficients, in logits per unit of
            distance: the logit is `coefficient_norm` times the signed distance.
        folds: (n,) fold that held out each image in the first repetition, from 1; 0 if none did.
        hits: (n,) whether that fold's prediction of the image is correct; false if there is none.
    """

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
    base_rate: float
    permuted_accuracy: float
    permutation_p: float
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
    layers: int = 1,
    folds: int = 5,
    repeats: int = 2,
    regularisation: float = 1.0,
    permutations: int = 99,
    validation: Validation = "cross-validation",
    seed: int = 0,
    confidence: float = 0.95,
) -> Hyperplane:
    """Fit a hyperplane between high and low scores by logistic regression, and validate it.

    The model is that of the paper's authors: scikit-learn's, with an L2 penalty and lbfgs, on
    unscaled latents. With `layers`, the hyperplane is fitted in the space of as many copies of the
    latent, the paper's "extended latent space", without making the copies: the penalised solution
    has the same d coefficients u / layers in each copy, where u solves the problem in one copy with
    C = layers * regularisation.

    Memory stays within 1.1 times that of the latents, because folds are weights of 0 and 1 instead
    of copies. The penalty counts weights, so the solution is that of the training images alone.

    Args:
        latents: (n, d) latents, one image per row; float32 is fitted in float32.
        scores: (n,) scores of the same images, none missing.
        threshold: The threshold that separates high from low scores.
        layers: Number of copies of a latent in the space.
        folds: Number of folds of the cross-validation, which are stratified and shuffled.
        repeats: Number of repetitions of the cross-validation, each with other folds.
        regularisation: Inverse strength C of the penalty in the (tiled) space.
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
            folds, the latents do not differ between the classes, or lbfgs did not converge.
    """
    high, cut = labels(scores, threshold)
    smaller = int(min(high.sum(), (~high).sum()))
    if smaller < folds:
        raise MnemoError(
            f"The {threshold} leaves {smaller} images in the smaller class, too few for {folds} "
            "folds. Draw more images, lower `folds`, or use the median."
        )
    inverse_penalty = layers * regularisation
    if validation == "holdout":
        repeats = folds = 1
    rows = _held_out(high, folds, repeats, validation, seed)
    tested = list(_predict(latents, high, rows, inverse_penalty))
    first = tested[:folds]
    fold_of_image, hits = np.zeros(len(high), dtype=np.int64), np.zeros(len(high), dtype=bool)
    for number, fold in enumerate(first, start=1):
        fold_of_image[fold.rows], hits[fold.rows] = number, fold.hits
    is_held_out = fold_of_image > 0

    generator = np.random.default_rng(seed)
    permuted_accuracies = []
    for _ in range(permutations):
        permuted = generator.permutation(high)
        rows = _held_out(permuted, folds, 1, validation, seed)
        predicted = _predict(latents, permuted, rows, inverse_penalty)
        permuted_accuracies.append(np.concatenate([fold.hits for fold in predicted]).mean())

    fitted = np.ones(len(high), dtype=bool)
    if validation == "holdout":
        fitted = ~is_held_out
    model = _train(latents, high, fitted, inverse_penalty)
    coefficients = model.coef_[0].astype(np.float64)
    length = float(np.linalg.norm(coefficients))
    # What the classes' equal means leave is rounding, whose direction means nothing.
    if np.ptp(model.decision_function(latents)) <= _TOLERANCE:
        raise MnemoError(
            f"The latents of the {len(high)} images do not differ between high and low scores, so "
            "no hyperplane separates them. Look at the latents: they may all be equal."
        )
    coefficient_norm = length / np.sqrt(layers)
    return Hyperplane(
        threshold=threshold,
        cut=cut,
        n=len(high),
        validation=validation,
        **(
            of_holdout(first[0], confidence)
            if validation == "holdout"
            else of_folds(tested, repeats, confidence)
        ),
        base_rate=float(max(high[is_held_out].mean(), (~high[is_held_out]).mean())),
        permuted_accuracy=float(np.mean(permuted_accuracies)) if permutations else float("nan"),
        permutation_p=permutation_p(hits[is_held_out].mean(), permuted_accuracies),
        train_accuracy=float((model.predict(latents) == high)[fitted].mean()),
        layers=layers,
        normal=np.tile(coefficients / length, layers) / np.sqrt(layers),
        intercept=float(model.intercept_[0] / coefficient_norm),
        coefficient_norm=float(coefficient_norm),
        folds=fold_of_image,
        hits=hits,
    )


def row(
    space: str,
    assessor: str,
    shape: str,
    hyperplane: Hyperplane,
    reliability: float = float("nan"),
) -> dict[str, list[Any]]:
    """Return a hyperplane as the single row of a table `HYPERPLANES`.

    Args:
        space: Its latent space.
        assessor: Assessor of the scores that it separates.
        shape: Shape of the images scored.
        hyperplane: The hyperplane.
        reliability: That of its normal, if it is known.

    Returns:
        The columns.
    """
    named = {"space": space, "assessor": assessor, "shape": shape, "reliability": reliability}
    columns = {**named, **asdict(hyperplane)}
    return {name: [value] for name, value in columns.items()}


def held_out(images: Sequence[str], hyperplane: Hyperplane) -> dict[str, NDArray[Any]]:
    """Return the predictions of the held-out images as a table `HELD_OUT`.

    Args:
        images: (n,) keys of the images that the hyperplane was fitted to.
        hyperplane: The hyperplane.

    Returns:
        The columns, in the order of the images.
    """
    tested = hyperplane.folds > 0
    return {
        "image": np.asarray(images)[tested],
        "hit": hyperplane.hits[tested],
        "fold": hyperplane.folds[tested],
    }


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


def _predict(
    latents: Floats,
    high: NDArray[np.bool_],
    held_out: list[NDArray[np.intp]],
    inverse_penalty: float,
) -> Iterator[HeldOut]:
    """Predict the labels of the images that each fold holds out, by a fit to all others."""
    for rows in held_out:
        fitted = np.ones(len(high), dtype=bool)
        fitted[rows] = False
        logits = _train(latents, high, fitted, inverse_penalty).decision_function(latents)[rows]
        yield HeldOut(rows, high[rows], logits)


def _train(
    latents: Floats, high: NDArray[np.bool_], fitted: NDArray[np.bool_], inverse_penalty: float
) -> LogisticRegression:
    model = LogisticRegression(C=inverse_penalty, tol=_TOLERANCE, max_iter=_ITERATIONS)
    model.fit(latents, high, sample_weight=fitted.astype(latents.dtype))
    if model.n_iter_[0] >= _ITERATIONS:
        raise MnemoError(
            f"The logistic regression did not converge in {_ITERATIONS} iterations. Lower "
            "`regularisation`, or check whether the spread of the latents' columns is very unequal."
        )
    return model


def fitted_on(n: int, validation: Validation) -> NDArray[np.bool_]:
    """Return which of n images the hyperplane is fitted on: all, but for those of a holdout."""
    fitted = np.ones(n, dtype=bool)
    if validation == "holdout":
        fitted[train_test_split(np.arange(n), test_size=0.1, random_state=_AUTHORS_SEED)[1]] = False
    return fitted


def coefficients(
    latents: Floats, high: NDArray[np.bool_], fitted: NDArray[np.bool_], inverse_penalty: float
) -> NDArray[np.float64]:
    """Fit a hyperplane to some images alone.

    Args:
        latents: (n, d) latents, one image per row.
        high: (n,) labels.
        fitted: (n,) whether an image is fitted on.
        inverse_penalty: Inverse strength C of the penalty, times the number of layers.

    Returns:
        (d,) coefficients of the logistic regression, in logits.

    Raises:
        MnemoError: lbfgs did not converge.
    """
    found: NDArray[np.float64] = _train(latents, high, fitted, inverse_penalty).coef_[0]
    return found.astype(np.float64)
