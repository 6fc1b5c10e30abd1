"""Controls: scores that change by chance, or by a known amount, from those of the same images."""

import numpy as np
import pandas as pd
from benchmarks.simulations import Interval, Simulation

from mnemo.results import controls


def _moved(n: int, change: float) -> Simulation:
    def draw(seed: int) -> dict[str, Interval]:
        random = np.random.default_rng(seed)
        place = {"image": [f"{key:07d}" for key in range(n)], "assessor": "a", "shape": "square"}
        before = random.normal(0.8, 0.05, n)
        # Each image has its own direction, and so its own change.
        after = before + random.normal(change, 0.03, n) + random.normal(0, 0.01, n)
        moved = pd.DataFrame({**place, "edit": "random", "alpha": 2.0, "score": after})
        unedited = pd.DataFrame({**place, "score": before})
        [row] = controls.measure(moved, unedited, [2.0]).to_dict("records")
        return {
            "mean": (row["low"], 0.8 + change, row["high"]),
            "change": (row["change_low"], change, row["change_high"]),
        }

    setting = f"{n} images, each with its own direction, change {change:g}"
    return Simulation("controls", setting, draw, {})


SIMULATIONS = [_moved(25, 0.0), _moved(50, 0.02)]
