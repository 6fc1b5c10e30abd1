"""Hyperplanes that separate latents with high scores from those with low (paper 1, section 2.4)."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, train_test_split
from statsmodels.stats.proportion import proportion_confint

from mnemo import tables
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
    *tables.estimate("accuracy", "share of held-out seeds on the right side", limits="0 to 1"),
    tables.field(
        "auc",
        pa.float64(),
        "area under the ROC curve on held-out seeds; null if only one class is held out",
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
        accuracy: Share of held-out images on the correct side, 0 to 1.
        accuracy_low: Lower end of the Wilson score interval of `accuracy`.
        accuracy_high: Upper end of the Wilson score interval of `accuracy`.
        fold_accuracies: Accuracy on each held-out fold.
        auc: Area under the ROC curve of the held-out signed distances. It is the mean over the
            folds, because distances from the hyperplanes of different folds have no common scale.
            nan if only one class is held out, as a small `holdout` may do.
        base_rate: Share of the larger class among the held-out images, the accuracy of guessing.
        permuted_accuracy: Held-out accuracy with permuted labels, mean over the permutations.
        train_accuracy: Share of the fitted images on the correct side.
        layers: Number of copies of a latent in the space; 1 for z and w.
        normal: (layers * d,) unit normal, which points to high scores.
        intercept: Signed distance of the origin, in units of alpha: latent x is at the signed
            distance `normal @ x + intercept`.
        coefficient_norm: Length of the logistic regression's coefficients, in logits per unit of
            distance: the logit is `coefficient_norm` times the signed distance.
    """

    threshold: Threshold
    cut: float
    n: int
    validation: Validation
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    fold_accuracies: tuple[float, ...]
    auc: float
    base_rate: float
    permuted_accuracy: float
    train_accuracy: float
    layers: int
    normal: NDArray[np.float64]
    intercept: float
    coefficient_norm: float


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
    regularisation: float = 1.0,
    permutations: int = 10,
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
        regularisation: Inverse strength C of the penalty in the (tiled) space.
        permutations: Number of label permutations of the control; with 0, `permuted_accuracy` is
            nan.
        validation: `cross-validation` evaluates on all images out of fold and fits the hyperplane
            on all images. `holdout` evaluates on a tenth and fits on the rest, as the paper's
            authors did with seed 42.
        seed: Seed of folds and permutations; `holdout` always splits with the authors' seed.
        confidence: Confidence of the interval of the accuracy, between 0 and 1.

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
    held_out = _held_out(high, folds, validation, seed)
    tested = np.concatenate(held_out)
    hits, fold_accuracies, auc = _validate(latents, high, held_out, inverse_penalty)
    accuracy_low, accuracy_high = proportion_confint(
        hits.sum(), len(hits), alpha=1 - confidence, method="wilson"
    )

    generator = np.random.default_rng(seed)
    permuted_accuracies = []
    for _ in range(permutations):
        permuted = generator.permutation(high)
        folds_of_permuted = _held_out(permuted, folds, validation, seed)
        permuted_hits = _validate(latents, permuted, folds_of_permuted, inverse_penalty)[0]
        permuted_accuracies.append(permuted_hits.mean())

    fitted = np.ones(len(high), dtype=bool)
    if validation == "holdout":
        fitted[tested] = False
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
        accuracy=float(hits.mean()),
        accuracy_low=float(accuracy_low),
        accuracy_high=float(accuracy_high),
        fold_accuracies=fold_accuracies,
        auc=auc,
        base_rate=float(max(high[tested].mean(), (~high[tested]).mean())),
        permuted_accuracy=float(np.mean(permuted_accuracies)) if permutations else float("nan"),
        train_accuracy=float((model.predict(latents) == high)[fitted].mean()),
        layers=layers,
        normal=np.tile(coefficients / length, layers) / np.sqrt(layers),
        intercept=float(model.intercept_[0] / coefficient_norm),
        coefficient_norm=float(coefficient_norm),
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
    high: NDArray[np.bool_], folds: int, validation: Validation, seed: int
) -> list[NDArray[np.intp]]:
    """Return the rows that each fold holds out."""
    if validation == "holdout":
        rows = np.arange(len(high))
        return [train_test_split(rows, test_size=0.1, random_state=_AUTHORS_SEED)[1]]
    splitter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    return [held_out for _, held_out in splitter.split(high, high)]


def _validate(
    latents: Floats,
    high: NDArray[np.bool_],
    held_out: list[NDArray[np.intp]],
    inverse_penalty: float,
) -> tuple[NDArray[np.bool_], tuple[float, ...], float]:
    """Predict held-out labels.

    Returns:
        Whether each prediction is correct, the accuracy by fold, and the mean AUC.
    """
    hits, aucs = [], []
    for rows in held_out:
        fitted = np.ones(len(high), dtype=bool)
        fitted[rows] = False
        logits = _train(latents, high, fitted, inverse_penalty).decision_function(latents)[rows]
        hits.append((logits > 0) == high[rows])
        both = high[rows].any() and not high[rows].all()
        aucs.append(roc_auc_score(high[rows], logits) if both else np.nan)
    return np.concatenate(hits), tuple(float(fold.mean()) for fold in hits), float(np.mean(aucs))


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
