"""Shares with intervals: of images, and of pairs of images, of which many share an image."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats
from statsmodels.stats.proportion import proportion_confint

from mnemo.statistics.means import Estimate


class Share(NamedTuple):
    """A share with its interval; all nan if there is nothing to take a share of.

    Attributes:
        value: The share, 0 to 1.
        low: Lower end of its interval.
        high: Upper end of its interval.
        error: Its standard error.
    """

    value: float
    low: float
    high: float
    error: float

    def columns(self, name: str) -> dict[str, float]:
        """Return the share and its interval as the columns of an estimate."""
        return Estimate(self.value, self.low, self.high).columns(name)


NONE = Share(np.nan, np.nan, np.nan, np.nan)


def of_images(value: float, n: float, confidence: float) -> Share:
    """Return the Wilson score interval of a share of independent images.

    Args:
        value: The share, 0 to 1.
        n: The number of images; or their effective number, of a share with another source of
            error, as in surveys (Korn and Graubard, Survey Methodology 24:193, 1998).
        confidence: Confidence of the interval, between 0 and 1.
    """
    if not n:
        return NONE
    low, high = proportion_confint(value * n, n, alpha=1 - confidence, method="wilson")
    # Rounding would leave out a share of exactly 0 or 1.
    low, high = min(low, value), max(high, value)
    return Share(float(value), float(low), float(high), float(np.sqrt(value * (1 - value) / n)))


def of_pairs(hits: NDArray[np.bool_], pairs: NDArray[np.bool_], confidence: float) -> Share:
    """Return the share of pairs of images that are hits, with a jackknife's interval.

    Pairs that share an image are not independent, so images are left out in turn, each with all of
    its pairs.

    Args:
        hits: (n, n), true where the pair of a row's and a column's image is a hit.
        pairs: (n, n), true where there is such a pair: a hit is one.
        confidence: Confidence of the interval, between 0 and 1.

    Returns:
        The share, as for `jackknifed`. Disjoint pairs are independent, so n images are at least as
        good as n / 2 independent pairs.
    """
    total, count = int(hits.sum()), int(pairs.sum())
    if not count:
        return NONE
    own_hits = hits.sum(axis=0) + hits.sum(axis=1) - hits.diagonal()
    own = pairs.sum(axis=0) + pairs.sum(axis=1) - pairs.diagonal()
    there = np.flatnonzero(own)
    with np.errstate(invalid="ignore"):
        left = (total - own_hits[there]) / (count - own[there])
    return jackknifed(total / count, left, len(there) / 2, confidence)


def jackknifed(
    value: float, left: NDArray[np.floating[Any]], independent: float, confidence: float
) -> Share:
    """Return the interval of a share, or of another mean from 0 to 1, from a jackknife.

    The interval is a t interval on the scale of the log odds, where the errors of shares near 0 and
    1 are more nearly normal. Its standard error is that of the delete-one jackknife (Efron and
    Stein, Annals of Statistics 9:586, 1981), which is too large rather than too small.

    Args:
        value: The share.
        left: (n,), the share without each image in turn; nan where nothing is left.
        independent: Number of independent observations that the share is at least as good as. It
            gives the Wilson interval of a share of exactly 0 or 1, of which the jackknife shows no
            error.
        confidence: Confidence of the interval, between 0 and 1.

    Returns:
        The share; its interval is nan if leaving out an image leaves nothing.
    """
    n = len(left)
    error = float(np.sqrt((n - 1) / n * np.sum((left - left.mean()) ** 2)))
    if np.isnan(error):
        return Share(value, np.nan, np.nan, np.nan)
    if value in (0, 1):
        return of_images(value, independent, confidence)
    margin = stats.t.ppf((1 + confidence) / 2, n - 1) * error / (value * (1 - value))
    low, high = special.expit(special.logit(value) + np.array([-margin, margin]))
    return Share(value, float(low), float(high), error)
