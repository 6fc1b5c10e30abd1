"""Layerwise edits: images that respond each in its own way, in score and in image."""

import numpy as np
import pandas as pd
from benchmarks.simulations import Interval, Simulation

from mnemo.results import layers

_LEVELS = np.array([-3.0, -2.0, -1.0, 1.0, 2.0])
#: Distance moved, and mean image change, at level 1.
_SIZE, _CHANGE = 5.0, 0.05


def _study(n: int, change: float, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure one layer; its scores change by `change` for each level on average."""
    random = np.random.default_rng(seed)
    images = np.array([f"{key:07d}" for key in range(n)])
    before = random.normal(0.8, 0.05, n)
    # An image that changes more also responds more.
    own = random.gamma(8, 1 / 8, (n, 1))
    responses = change * own + random.normal(0, 0.01, (n, 1))
    after = before[:, np.newaxis] + responses * _LEVELS + random.normal(0, 0.02, (n, len(_LEVELS)))
    noise = random.gamma(8, 1 / 8, (n, len(_LEVELS)))
    changes = _CHANGE * np.abs(_LEVELS) * own * noise
    place = {
        "layer": "0",
        "image": np.repeat(images, len(_LEVELS)),
        "step": np.tile(_SIZE * _LEVELS, n),
    }
    named = {"assessor": "a", "shape": "square"}
    steps = {"level": _LEVELS, "step": _SIZE * _LEVELS, "moved": _SIZE * _LEVELS}
    return layers.measure(
        pd.DataFrame({**place, **named, "score": after.ravel()}),
        pd.DataFrame({**named, "image": images, "score": before}),
        pd.DataFrame({**place, "image_change": changes.ravel()}),
        pd.DataFrame({"layer": "0", **steps, "reason": None}),
    )


def _levels(n: int, change: float) -> Simulation:
    def draw(seed: int) -> dict[str, Interval]:
        row = _study(n, change, seed)[0].set_index("level").loc[2.0]
        return {
            "mean": (row["low"], 0.8 + 2 * change, row["high"]),
            "change": (row["change_low"], 2 * change, row["change_high"]),
            "image_change": (row["image_change_low"], 2 * _CHANGE, row["image_change_high"]),
        }

    return Simulation("layers", f"{n:,} images, level 2, change {2 * change:g}", draw, {})


def _effects(n: int, change: float) -> Simulation:
    def draw(seed: int) -> dict[str, Interval]:
        [row] = _study(n, change, seed)[1].to_dict("records")
        ends = row["slope_per_change_low"], row["slope_per_change_high"]
        return {
            "slope": (row["low"], change / _SIZE, row["high"]),
            "slope_per_change": (ends[0], change / _CHANGE, ends[1]),
        }

    return Simulation("layer_effects", f"{n:,} images, change {change:g} per level", draw, {})


SIMULATIONS = [
    _levels(100, 0.0),
    _levels(3000, 0.02),
    _effects(100, 0.0),
    _effects(3000, 0.02),
]
