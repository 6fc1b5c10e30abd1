"""What the figure of distributions promises to a reader."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.support.drawn import words

from mnemo.figures import distributions, style


def test_distributions_tell_how_many_images_each_shape_has(scores: pd.DataFrame) -> None:
    told = words(distributions.draw(scores[scores["alpha"] == 4]))
    assert any(text.startswith("square, n = 40\n") for text in told)
    assert any(text.startswith("oval, n = 37\n") for text in told)


def test_distributions_have_a_panel_for_each_assessor(scores: pd.DataFrame) -> None:
    others = [scores.assign(assessor=name) for name in ("a", "b", "c", "d")]
    told = words(distributions.draw(pd.concat(others)))
    assert [text for text in told if text in "abcd" and text] == ["a", "b", "c", "d"]


def test_a_density_is_that_of_its_scores(scores: pd.DataFrame) -> None:
    own = scores[(scores["shape"] == "square") & (scores["alpha"] == 0)]
    x, y = distributions.draw(own).axes[0].lines[0].get_data()
    assert np.trapezoid(y, x) == pytest.approx(1, abs=0.03)
    assert np.trapezoid(x * y, x) / np.trapezoid(y, x) == pytest.approx(
        own["score"].mean(), abs=0.005
    )


def test_scores_that_are_all_equal_are_drawn_too(scores: pd.DataFrame, tmp_path: Path) -> None:
    style.save(distributions.draw(scores.assign(score=0.5)), tmp_path / "figure.svg")
