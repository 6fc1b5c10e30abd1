"""What the figure of the visual factors promises to a reader."""

import numpy as np
import pandas as pd
import pytest
from tests.support.drawn import points

from mnemo.figures import factors

ALPHAS = (-4.0, 0.0, 4.0)
SLOPES = {"brightness": 0.2, "redness": 0.02, "eye-opening": -0.1}
DEVIATIONS = {"brightness": 0.1, "redness": 0.01, "eye-opening": 0.05}


@pytest.fixture
def table() -> pd.DataFrame:
    """Changes of three factors along one edit of squares and ovals."""
    rows = [
        {"edit": "memorable", "factor": factor, "shape": shape, "alpha": alpha, "pairs": 200}
        | {
            name: (slope * alpha + off) * DEVIATIONS[factor]
            for name, off in (("change", 0), ("change_low", -0.1), ("change_high", 0.2))
        }
        | {"deviation": DEVIATIONS[factor]}
        for factor, slope in SLOPES.items()
        for shape in ("square", "oval")
        for alpha in ALPHAS
    ]
    return pd.DataFrame(rows)


def test_each_factor_is_a_line_in_standard_deviations_with_its_name_at_the_end(
    table: pd.DataFrame,
) -> None:
    square, oval = factors.draw(table, 0.95).axes
    assert square.get_title("left") == "memorable, square, n = 200"
    assert oval.get_title("left") == "memorable, oval, n = 200"
    for number, (factor, slope) in enumerate(SLOPES.items()):
        drawn, bars = points(square, number)
        np.testing.assert_allclose(drawn[:, 1], slope * np.array(ALPHAS))
        np.testing.assert_allclose(np.diff([ends[:, 1] for ends in bars]), 0.3)
        assert factor in [text.get_text() for text in square.texts]


def test_no_two_factors_look_alike(table: pd.DataFrame) -> None:
    named = [table.assign(factor=table["factor"] + f" {number}") for number in range(4)]
    square, _ = factors.draw(pd.concat(named), 0.95).axes
    lines = [line for line in square.lines if line.get_marker() in ("o", *"s^vDPX*")]
    looks = [(line.get_color(), line.get_linestyle()) for line in lines]
    assert len(looks) == len(set(looks)) == 12


def test_a_factor_without_a_spread_or_a_change_is_left_out(table: pd.DataFrame) -> None:
    table.loc[table["factor"] == "redness", "deviation"] = 0
    table.loc[table["factor"] == "eye-opening", ["change", "change_low", "change_high"]] = np.nan
    square, _ = factors.draw(table, 0.95).axes
    assert [text.get_text() for text in square.texts] == ["brightness"]
    nothing = factors.draw(table.assign(deviation=np.nan), 0.95)
    assert [panel.get_title("left") for panel in nothing.axes] == [
        "memorable, square",
        "memorable, oval",
    ]
