"""Agreement of two scores of the same images."""

import numpy as np
from benchmarks.simulations import Interval, Simulation
from scipy import stats

from mnemo.statistics import ranks


def _normal(n: int, correlation: float) -> Simulation:
    # Of a bivariate normal distribution (Kendall and Gibbons, Rank Correlation Methods, 1990).
    spearman = 6 / np.pi * np.arcsin(correlation / 2)
    kendall = 2 / np.pi * np.arcsin(correlation)

    def draw(seed: int) -> dict[str, Interval]:
        covariance = [[1, correlation], [correlation, 1]]
        pairs = stats.multivariate_normal([0, 0], covariance).rvs(n, random_state=seed)
        found = ranks.agreement(pairs[:, 0], pairs[:, 1], resamples=200, seed=seed)
        return {
            "spearman": (found.spearman_low, spearman, found.spearman_high),
            "kendall": (found.kendall_low, kendall, found.kendall_high),
        }

    return Simulation("agreement", f"{n:,} images, normal, correlation {correlation:g}", draw, {})


SIMULATIONS = [_normal(100, 0.0), _normal(100, 0.6), _normal(1000, 0.6)]
