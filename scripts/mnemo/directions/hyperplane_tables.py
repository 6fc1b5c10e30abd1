"""The tables of hyperplanes, and of the seeds that they were tested on."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mnemo import tables
from mnemo.directions.hyperplanes import Hyperplane
from mnemo.directions.planes import Plane
from mnemo.scores import ASSESSOR, SHAPE

HYPERPLANES = tables.define(
    "Hyperplanes that separate high from low scores, and how well",
    tables.field("space", pa.string(), "latent space of the hyperplane", limits="z, w, w_plus"),
    ASSESSOR,
    SHAPE,
    tables.field("threshold", pa.string(), "rule that cuts high from low", limits="mean, median"),
    tables.field(
        "estimator",
        pa.string(),
        "what is fitted: logistic regression or a linear SVM of the labels, or a ridge regression "
        "of the scores, whose hyperplane is where it predicts the cut",
        limits="logistic, ridge, svm",
    ),
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
    *tables.estimate(
        "spearman",
        "Spearman's rank correlation of the distances of held-out seeds with their scores, of a "
        "cross-validation the mean over its folds, with a corrected t interval (one of 95 % covers "
        "94 to 99 %); null if all scores held out are equal, its interval also for a holdout and "
        "where all folds are equal",
        limits="-1 to 1",
        nullable=True,
    ),
    *tables.estimate(
        "r_squared",
        "of ridge, the share of the variance of held-out scores that it predicts, of a "
        "cross-validation the mean over its folds, with a corrected t interval (one of 95 % covers "
        "91 to 100 %: it is wider than it need be, except for few images with a strength that is "
        "chosen); null for the others, which predict no scores; its interval also for a holdout",
        limits="at most 1; below 0 where their mean predicts them better",
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
        "regularisation",
        pa.float64(),
        "inverse strength C of the penalty of this hyperplane: given, or chosen from its images; "
        "the folds and shuffles choose their own",
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
        "coefficient_norm",
        pa.float64(),
        "output per unit of distance from the hyperplane: logits of logistic, the score's unit of "
        "ridge, margins of svm",
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


def row(
    plane: Plane, hyperplane: Hyperplane, reliability: float = float("nan")
) -> dict[str, list[Any]]:
    """Return a hyperplane as the single row of a table `HYPERPLANES`.

    Args:
        plane: Which of the study's hyperplanes it is.
        hyperplane: The hyperplane.
        reliability: That of its normal, if it is known.

    Returns:
        The columns.
    """
    columns = {**plane._asdict(), "reliability": reliability, **asdict(hyperplane)}
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
