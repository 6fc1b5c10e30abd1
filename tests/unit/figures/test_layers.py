"""What the figures of the layers promise to a reader."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.support.drawn import saved_twice, words

from mnemo.figures import layers

NAMES = ["0", "1", "2", "coarse"]


def effects(assessors: int, shapes: tuple[str, ...]) -> pd.DataFrame:
    rows = [
        {
            "layer": name,
            "assessor": f"assessor-{number}",
            "shape": shape,
            "n": 200 if shape == "square" else 193,
            "slope_per_change": value,
            "slope_per_change_low": value - 0.02,
            "slope_per_change_high": value + 0.03,
            "rank": rank,
        }
        for number in range(assessors)
        for shape in shapes
        for name, value, rank in zip(NAMES, (0.1, -0.4, 0.2, 0.0), (3, 1, 2, 4), strict=True)
    ]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("assessors", [1, 2, 5])
@pytest.mark.parametrize("shapes", [("square",), ("square", "oval")])
def test_every_layer_has_its_effects_in_the_order_of_the_first_ranks(
    assessors: int, shapes: tuple[str, ...]
) -> None:
    figure = layers.draw(effects(assessors, shapes), 0.95)
    panels = [panel for panel in figure.axes if panel.axison]
    assert [panel.get_title(loc="left") for panel in panels] == [
        f"assessor-{number}, n = {'200' if len(shapes) == 1 else '193 to 200'}"
        for number in range(assessors)
    ]
    names = [label.get_text() for label in panels[0].get_yticklabels()]
    assert names == ["layer 1", "layer 2", "layer 0", "coarse"]
    for panel in panels:
        marks = [line for line in panel.lines if line.get_marker() in ("s", "o")]
        assert len(marks) == len(shapes)
        for line in marks:
            np.testing.assert_array_equal(line.get_xdata(), [-0.4, 0.2, 0.1, 0.0])
    assert "95 % intervals" in " ".join(words(figure))


def test_responses_share_their_axes_and_show_both_shapes() -> None:
    rows = [
        {
            "level": level,
            "shape": shape,
            "mean": 0.5 + 0.02 * level,
            "low": 0.48 + 0.02 * level,
            "high": 0.52 + 0.02 * level,
            "image_change": abs(level),
            "image_change_low": abs(level) - 0.1,
            "image_change_high": abs(level) + 0.1,
        }
        for level in (-1.0, 0.0, 2.0)
        for shape in ("square", "oval")
    ]
    figure = layers.responses(pd.DataFrame(rows), (0.3, 0.7), 2.5)
    score, image = figure.axes
    assert score.get_ylim() == (0.3, 0.7)
    assert image.get_ylim() == (0, 2.5)
    labels = [text.get_text() for text in score.get_legend().get_texts()]
    assert labels == ["square", "oval"]
    [curve] = [line for line in image.lines if line.get_marker() == "o"]
    np.testing.assert_array_equal(curve.get_ydata(), [1, 0, 2])


def test_the_same_figure_has_the_same_bytes(tmp_path: Path) -> None:
    first, second = saved_twice(lambda: layers.draw(effects(2, ("square",)), 0.95), tmp_path)
    assert first == second
