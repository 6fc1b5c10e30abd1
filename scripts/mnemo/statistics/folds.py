"""Intervals of estimates that a cross-validation repeats on each of its folds."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


def corrected_t(
    estimates: ArrayLike,
    test_share: float,
    confidence: float = 0.95,
    *,
    separate: int | None = None,
) -> tuple[float, float]:
    """Compute the corrected resampled t interval of a mean over folds.

    Folds are not independent, because their training images overlap. Nadeau and Bengio (Machine
    Learning 52:239, 2003) therefore replace the variance of a mean of J estimates, s^2 / J, by
    (1 / J + n_test / n_train) s^2, with J - 1 degrees of freedom. For k-fold cross-validation that
    is repeated r times, J is r k (Bouckaert and Frank, PAKDD 2004).

    The interval is for the expected estimate, on new images, of a model that is trained on as many
    images as in each fold.

    Args:
        estimates: (J,) estimates, one for each fold of each repetition.
        test_share: Number of a fold's test images, divided by that of its training images.
        confidence: Confidence of the interval, between 0 and 1.
        separate: Number of estimates that the variance counts in place of J. The k folds of one
            repetition are fewer, for estimates that further repetitions make hardly more precise;
            those only make s more precise.

    Returns:
        Its lower and upper end. They are nan for one estimate, for one that is nan, and for equal
        ones, which don't show how far their mean is from what it estimates.
    """
    each = np.asarray(estimates, dtype=np.float64)
    if len(each) < 2 or not np.ptp(each) > 0:
        return float("nan"), float("nan")
    error = each.std(ddof=1) * np.sqrt(1 / (separate or len(each)) + test_share)
    low, high = stats.t.interval(confidence, len(each) - 1, each.mean(), error)
    return float(low), float(high)
