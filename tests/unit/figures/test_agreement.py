"""What the figure of agreement promises to a reader."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.support.drawn import boxes, cells, points, saved_twice, words

from mnemo.figures import agreement

SHAPES = ("square", "oval")


def agreements(sources: int) -> pd.DataFrame:
    """Make correlations of every pair of some sources."""
    named = [(f"assessor-{number:02d}", SHAPES[number % 2]) for number in range(sources)]
    rows = [(*a, *b) for a, b in combinations(named, 2)]
    frame = pd.DataFrame(rows, columns=["assessor_a", "shape_a", "assessor_b", "shape_b"])
    rho = np.linspace(-0.05, 0.95, len(frame))
    frame = frame.assign(n=979, spearman=rho, kendall=0.7 * rho)
    for name in ("spearman", "kendall"):
        frame[f"{name}_low"], frame[f"{name}_high"] = frame[name] - 0.04, frame[name] + 0.04
    return frame


def test_agreement_draws_both_correlations_of_each_pair(tmp_path: Path) -> None:
    pair = {"assessor_a": "resmem", "shape_a": "square", "assessor_b": "resmem", "shape_b": "oval"}
    frame = pd.DataFrame([pair]).assign(n=979, spearman=0.41, kendall=0.29)
    frame = frame.assign(spearman_low=0.36, spearman_high=0.46, kendall_low=0.25, kendall_high=0.33)
    figure = agreement.draw(frame, 0.95)
    assert "resmem square and resmem oval, n = 979" in words(figure)
    for bars, ends in enumerate(([0.36, 0.46], [0.25, 0.33])):
        np.testing.assert_allclose(points(figure.axes[0], bars)[1][0][:, 0], ends)


def test_an_interval_that_misses_its_estimate_is_drawn_where_it_is() -> None:
    pair = {"assessor_a": "resmem", "shape_a": "square", "assessor_b": "resmem", "shape_b": "oval"}
    frame = pd.DataFrame([pair]).assign(n=9, spearman=0.5, kendall=0.4)
    frame = frame.assign(spearman_low=0.1, spearman_high=0.3, kendall_low=0.2, kendall_high=0.6)
    drawn, bars = points(agreement.draw(frame, 0.95).axes[0])
    assert drawn[0, 0] == 0.5
    np.testing.assert_allclose(bars[0][:, 0], [0.1, 0.3])


@pytest.mark.parametrize("turned", [False, True])
def test_agreement_of_many_has_spearman_below_the_diagonal_and_kendall_above(turned: bool) -> None:
    pairs = agreements(8)
    names = [f"assessor-{number:02d} {SHAPES[number % 2]}" for number in range(8)]
    given = pairs.copy()
    if turned:
        # The first rows, of one name and each other, give the order.
        sides = [("assessor_a", "assessor_b"), ("shape_a", "shape_b")]
        for one, other in sides:
            given.loc[9:, [one, other]] = pairs.loc[9:, [other, one]].to_numpy()
    figure = agreement.draw(given, 0.95)
    shown = cells(figure.axes[0])
    assert len(shown) == 8 * 7
    for (upper, lower), pair in zip(combinations(names, 2), pairs.itertuples(), strict=True):
        for place, value in (((lower, upper), pair.spearman), ((upper, lower), pair.kendall)):
            told, _ = shown[place][0].replace("−", "-").split("\n")
            assert float(told) == pytest.approx(value, abs=0.005)


def test_agreement_of_28_sources_fits_a_page_and_says_where_the_intervals_are() -> None:
    figure = agreement.draw(agreements(28), 0.95)
    assert figure.get_size_inches()[0] == 7
    assert figure.get_size_inches()[1] < 9
    for text, cell in boxes(figure, figure.axes[0]):
        assert text.get_window_extent().width <= cell.get_window_extent().width * 1.05
    assert "the table has the intervals" in figure.axes[0].get_xlabel()


def test_the_same_data_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = saved_twice(lambda: agreement.draw(agreements(7), 0.95), tmp_path)
    assert first == second
