"""Slopes with the error of the fitted direction: wider, and null where it is unknown."""

import numpy as np
import pandas as pd
import pytest
from tests.data.responses import respond

from mnemo import tables
from mnemo.results import slopes
from mnemo.statistics import mixed

GENERATOR = np.random.default_rng(0)
#: A direction of 30 numbers, and gradients beside it, without each of 20 groups.
DIRECTION = np.eye(30)[0] + 0.03 * GENERATOR.standard_normal((20, 30))
GRADIENT = np.eye(30)[0] + np.eye(30)[1] + 0.03 * GENERATOR.standard_normal((20, 30))


def edited():
    named = {"edit": "memorable", "assessor": "resmem"}
    frames = [
        respond(60, [-1, 0, 1], [0.7, 0.8, 0.9], noise=0.05, seed=seed).assign(shape=shape, **named)
        for seed, shape in enumerate(("square", "oval"))
    ]
    return pd.concat(frames, ignore_index=True)


def test_the_interval_with_the_directions_error_is_wider_around_the_same_slope():
    gradients = {("resmem", "square"): GRADIENT}
    found = slopes.measure(edited(), direction=DIRECTION, gradients=gradients)
    table = tables.conform(found, slopes.SLOPES).to_pandas().set_index("shape")
    square = table.loc["square"]
    assert square["low_fit"] < square["low"] < square["slope"] < square["high"] < square["high_fit"]
    assert square["low_fit"] + square["high_fit"] == pytest.approx(2 * square["slope"])
    tiled = slopes.measure(edited(), direction=DIRECTION, gradients=gradients, layers=18)
    own = tiled.set_index("shape").loc["square"]
    assert square["low_fit"] < own["low_fit"] < own["low"]
    # No gradient is known of the ovals' scores.
    assert table.loc["oval", ["low_fit", "high_fit"]].isna().all()
    assert table.loc["oval", ["low", "high"]].notna().all()


def test_without_the_refits_of_its_direction_a_slope_is_that_of_the_mixed_model():
    scores = edited()
    table = slopes.measure(scores, confidence=0.9)
    assert table[["low_fit", "high_fit"]].isna().all(axis=None)
    for row in table.itertuples():
        own = mixed.slope(scores[scores["shape"] == row.shape], confidence=0.9)
        assert (row.slope, row.low, row.high) == (own.slope, own.low, own.high)
