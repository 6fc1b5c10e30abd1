"""How well a hyperplane predicts the labels of images that it was not fitted on."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import r2_score, roc_auc_score
from statsmodels.stats.nonparametric import rank_compare_2indep
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from mnemo.statistics.folds import corrected_t

Interval = tuple[float, float]

_OF_SCORES = ("spearman", "r_squared")
_LEAST = {"spearman": -1, "r_squared": -np.inf}


class HeldOut(NamedTuple):
    """Images that were held out together, and what a fit to others says of them.

    Attributes:
        rows: (n,) their rows among all images.
        above: (n,) their scores, less the cut: those of at least 0 are high.
        outputs: (n,) what the fit gives for them; they are predicted to be high above 0.
    """

    rows: NDArray[np.intp]
    above: NDArray[np.floating[Any]]
    outputs: NDArray[np.floating[Any]]

    @property
    def high(self) -> NDArray[np.bool_]:
        """(n,) their labels."""
        high: NDArray[np.bool_] = self.above >= 0
        return high

    @property
    def hits(self) -> NDArray[np.bool_]:
        """(n,) whether each prediction is right."""
        hits: NDArray[np.bool_] = (self.outputs > 0) == self.high
        return hits

    @property
    def both(self) -> bool:
        """Whether both labels are among them."""
        return bool(self.high.any() and not self.high.all())

    @property
    def accuracy(self) -> float:
        """Share of right predictions."""
        return float(self.hits.mean())

    @property
    def balanced_accuracy(self) -> float:
        """Mean of the shares of right predictions in the two classes; nan if one is absent."""
        hits, high = self.hits, self.high
        return float((hits[high].mean() + hits[~high].mean()) / 2) if self.both else float("nan")

    @property
    def auc(self) -> float:
        """Area under the ROC curve; nan if one class is absent."""
        return float(roc_auc_score(self.high, self.outputs)) if self.both else float("nan")

    @property
    def spearman(self) -> float:
        """Rank correlation of the outputs and the scores; nan if either are all equal."""
        if not (np.ptp(self.above) > 0 and np.ptp(self.outputs) > 0):
            return float("nan")
        return float(stats.spearmanr(self.outputs, self.above).statistic)

    @property
    def r_squared(self) -> float:
        """Share of the scores' variance that outputs predict which are scores less the cut."""
        return float(r2_score(self.above, self.outputs)) if np.ptp(self.above) > 0 else float("nan")


def of_folds(folds: Sequence[HeldOut], repeats: int, confidence: float) -> dict[str, float]:
    """Average what a cross-validation measures, with corrected t intervals over its folds.

    The AUC and the rank correlation are means over the folds because distances from the hyperplanes
    of different folds have no common scale. Without an effect, two images in different folds enter
    the AUC of both folds in the same way, so that folds are correlated more than the correction
    assumes, and repetitions add little. If they counted, intervals of 95 % would cover 91 %.

    Args:
        folds: The folds of all repetitions, each with both labels among its images.
        repeats: Number of repetitions.
        confidence: Confidence of the intervals.

    Returns:
        `accuracy`, `balanced_accuracy`, `auc`, `spearman` and `r_squared`, each with `_low` and
        `_high`, as described for `Hyperplane`.
    """
    count = len(folds) // repeats
    estimates: dict[str, float] = {}
    for name in ("accuracy", "balanced_accuracy", "auc", *_OF_SCORES):
        each = [getattr(fold, name) for fold in folds]
        separate = count if name in ("auc", *_OF_SCORES) else None
        # For each image that a fold tests, its hyperplane is fitted on count - 1 others.
        ends = corrected_t(each, 1 / (count - 1), confidence, separate=separate)
        if name == "accuracy" and np.isnan(ends[0]):
            n = sum(len(fold.rows) for fold in folds[:count])
            ends = _wilson(each[0] * n, n, confidence)
        estimates |= _named(name, float(np.mean(each)), ends)
    return estimates


def of_holdout(held_out: HeldOut, confidence: float) -> dict[str, float]:
    """Measure one fit on images that are independent of it.

    The accuracy has Wilson's interval. The balanced accuracy is the mean of two independent shares,
    and its interval combines their Wilson intervals (Newcombe, Statistics in Medicine 17:873, 1998,
    method 10). The interval of the AUC is that of Brunner and Munzel (Biometrical Journal 42:17,
    2000): the variance of DeLong, DeLong and Clarke-Pearson (Biometrics 44:837, 1988), with a
    t distribution for few images.

    Args:
        held_out: The images.
        confidence: Confidence of the intervals.

    Returns:
        As `of_folds`.
    """
    hits, high = held_out.hits, held_out.high
    unknown = (float("nan"), float("nan"))
    balanced = auc = unknown
    if held_out.both:
        # The balanced accuracy is (1 + sensitivity - false positive rate) / 2.
        difference = confint_proportions_2indep(
            *(hits[high].sum(), high.sum(), (~hits)[~high].sum(), (~high).sum()),
            method="newcomb",
            compare="diff",
            alpha=1 - confidence,
        )
        balanced = ((1 + difference[0]) / 2, (1 + difference[1]) / 2)
        # Perfect ranks, or a class of one image, have no variance.
        with np.errstate(divide="ignore", invalid="ignore"):
            ranks = rank_compare_2indep(held_out.outputs[high], held_out.outputs[~high])
            auc = ranks.conf_int(alpha=1 - confidence)
    return {
        **_named("accuracy", held_out.accuracy, _wilson(hits.sum(), len(hits), confidence)),
        **_named("balanced_accuracy", held_out.balanced_accuracy, balanced),
        **_named("auc", held_out.auc, auc),
        **{
            key: value
            for name in _OF_SCORES
            for key, value in _named(name, getattr(held_out, name), unknown).items()
        },
    }


def permutation_p(observed: float, permuted: Sequence[float]) -> float:
    """Compute how often shuffled labels are predicted at least as well as the true ones.

    The true labels count as one of the shuffles (Phipson and Smyth, Statistical Applications in
    Genetics and Molecular Biology 9:39, 2010), so that p is never below 1 / (1 + shuffles), and
    without an effect is at most x with a probability of at most x.

    Args:
        observed: The statistic with the true labels.
        permuted: The same statistic, with labels shuffled.

    Returns:
        p, above 0 and up to 1; nan without shuffles.
    """
    if not len(permuted):
        return float("nan")
    return float((1 + np.sum(np.asarray(permuted) >= observed)) / (1 + len(permuted)))


def _wilson(hits: float, n: int, confidence: float) -> Interval:
    low, high = proportion_confint(hits, n, alpha=1 - confidence, method="wilson")
    return float(low), float(high)


def _named(name: str, estimate: float, ends: Interval) -> dict[str, float]:
    low, high = np.clip(ends, _LEAST.get(name, 0), 1)
    return {name: estimate, f"{name}_low": float(low), f"{name}_high": float(high)}
