"""Transfer: slopes in standard deviations, and relative to those of the direction's own scores."""

import numpy as np
import pandas as pd
from benchmarks.simulations import Interval, Simulation
from benchmarks.simulations.slopes import frame

from mnemo.results import slopes, transfer

_ALPHAS = np.array([-2.0, 0.0, 2.0])
_PLANE = {
    "space": "z",
    "assessor": "resmem",
    "shape": "square",
    "threshold": "mean",
    "estimator": "logistic",
}


def _edited(n: int, n_fit: int, rises: tuple[float, float], alike: float) -> Simulation:
    """Move images along a direction that changes the scores of two assessors by `rises` per alpha.

    Both assessors' scores have a standard deviation of 1 among the n_fit unedited images. `alike`
    is the correlation of the two among unedited images, and of the images' own slopes.
    """
    covariance = np.array([[1, alike], [alike, 1]])

    def draw(seed: int) -> dict[str, Interval]:
        generator = np.random.default_rng(seed)
        unedited = generator.multivariate_normal([0, 0], covariance, size=n_fit)
        offsets = generator.multivariate_normal([0, 0], covariance, size=n)
        own = rises + 0.2 * generator.multivariate_normal([0, 0], covariance, size=n)
        parts, fits = [], []
        for number, assessor in enumerate(("resmem", "age")):
            noise = 0.1 * generator.standard_normal((n, len(_ALPHAS)))
            scores = offsets[:, [number]] + own[:, [number]] * _ALPHAS + noise
            parts.append(frame(scores, _ALPHAS, assessor))
            fits.append(frame(unedited[:, [number]], np.zeros(1), assessor))
        edited = pd.concat(parts, ignore_index=True)
        measured = transfer.matrix(
            slopes.measure(edited),
            [{"edit": "memorable", **_PLANE}],
            edited,
            pd.concat(fits, ignore_index=True),
        )
        row = measured[measured["assessor"] == "age"].iloc[0]
        truths = {"standard_slope": rises[1], "relative_slope": rises[1] / rises[0]}
        return {
            name: (row[f"{name}_low"], truth, row[f"{name}_high"]) for name, truth in truths.items()
        }

    setting = (
        f"{n:,} images edited, {n_fit:,} unedited, slopes {rises[0]:g} and {rises[1]:g}, "
        f"correlation {alike:g}"
    )
    return Simulation("transfer", setting, draw, {})


SIMULATIONS = [
    _edited(100, 1000, (0.5, 0.4), 0.6),
    _edited(100, 1000, (0.5, 0.0), 0.6),
    _edited(1000, 1000, (0.5, 0.4), 0.0),
]
