"""Every figure: the same bytes for the same data, and fit for print."""

import re
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest
from PIL import Image
from tests.support.drawn import saved_twice

from mnemo.figures import distributions, strip, style


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_the_same_data_give_the_same_bytes(
    scores: pd.DataFrame, tmp_path: Path, suffix: str
) -> None:
    first, second = saved_twice(lambda: distributions.draw(scores), tmp_path, suffix)
    assert first == second


def test_a_figure_holds_no_date(scores: pd.DataFrame, tmp_path: Path) -> None:
    style.save(distributions.draw(scores), tmp_path / "figure.svg")
    assert not re.search(r"<dc:date>|\b20\d\d-\d\d-\d\d\b", (tmp_path / "figure.svg").read_text())


def test_a_figure_is_the_same_whatever_matplotlibrc_says(
    scores: pd.DataFrame, tmp_path: Path
) -> None:
    (tmp_path / "matplotlibrc").write_text(
        "text.usetex: True\naxes.grid: True\nsavefig.bbox: tight\nfont.family: serif\n"
    )
    style.save(distributions.draw(scores), tmp_path / "plain.svg")
    with mpl.rc_context(fname=tmp_path / "matplotlibrc"):
        style.save(distributions.draw(scores), tmp_path / "own.svg")
    assert (tmp_path / "plain.svg").read_bytes() == (tmp_path / "own.svg").read_bytes()


def test_a_saved_picture_is_fit_for_print(
    pictures: pd.DataFrame, scores: pd.DataFrame, tmp_path: Path
) -> None:
    style.save(strip.draw(pictures, scores, "memorable", "resmem"), tmp_path / "strip.png")
    with Image.open(tmp_path / "strip.png") as image:
        width = image.width
    assert width / 200 == pytest.approx(0.7 + 3 * strip.CELL, abs=0.01)
