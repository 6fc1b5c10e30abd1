"""What the figure of transfer promises to a reader."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from tests.support.drawn import boxes, cells, saved_twice, words

from mnemo.figures import style, transfer

SHAPES = ("square", "oval")
SLOPE = ["standard_slope", "standard_slope_low", "standard_slope_high"]


def transfers(assessors: int, shapes: tuple[str, ...] = SHAPES) -> pd.DataFrame:
    """Make slopes of three edits by some assessors; some of the intervals contain 0."""
    names = [f"a-long-name-{number:02d}" for number in range(assessors)]
    origins = [(f"edit-{number}", names[number % assessors]) for number in range(3)]
    rows = [
        {"edit": edit, "fitted_on": fitted, "assessor": assessor, "shape": shape}
        for edit, fitted in origins
        for assessor in names
        for shape in shapes
    ]
    frame = pd.DataFrame(rows).assign(
        space="z", fitted_shape="square", threshold="mean", estimator="logistic"
    )
    slope = np.random.default_rng(0).normal(0, 0.2, len(frame))
    frame = frame.assign(slope=0.04 * slope, low=0, high=0, deviation=0.04, standard_slope=slope)
    ends = {"standard_slope_low": slope - 0.1, "standard_slope_high": slope + 0.1}
    return frame.assign(**ends, n=np.where(frame["shape"] == "square", 200, 193))


@pytest.mark.parametrize("assessors", [2, 7, 14])
def test_transfer_shows_every_slope_with_its_interval_inside_its_cell(assessors: int) -> None:
    frame = transfers(assessors)
    figure = transfer.draw(frame, 0.95)
    for panel, shape in zip(figure.axes, SHAPES, strict=True):
        texts = [text.get_text().replace("−", "-") for text in panel.texts]
        told = [[float(number) for number in re.findall(r"-?[0-9.]+", text)] for text in texts]
        own = frame.loc[frame["shape"] == shape, SLOPE].to_numpy()
        np.testing.assert_allclose(told, own, atol=0.005)
        for text, cell in boxes(figure, panel):
            assert text.get_window_extent().width <= cell.get_window_extent().width
            assert text.get_window_extent().height <= cell.get_window_extent().height


def test_transfer_hatches_what_may_be_0_and_frames_what_was_fitted_on() -> None:
    frame = transfers(3)
    figure = transfer.draw(frame, 0.95)
    for panel, shape in zip(figure.axes, SHAPES, strict=True):
        own = frame[frame["shape"] == shape]
        filled = [patch for patch in panel.patches if patch.get_fill()]
        frames = [patch.get_xy() for patch in panel.patches if not patch.get_fill()]
        zero = (own["standard_slope_low"] <= 0) & (own["standard_slope_high"] >= 0)
        assert [bool(patch.get_hatch()) for patch in filled] == list(zero)
        assert 0 < zero.sum() < len(zero)
        fitted = [(number - 0.5, number - 0.5) for number in range(3)]
        assert frames == (fitted if shape == "square" else [])


def test_transfer_colours_slopes_of_either_sign_alike_strong_and_0_white() -> None:
    frame = transfers(2, ("square",)).iloc[:4].assign(standard_slope=[0.3, -0.3, 0.0, 0.1])
    (panel,) = transfer.draw(frame, 0.95).axes
    colours = [patch.get_facecolor()[:3] for patch in panel.patches if patch.get_fill()]
    np.testing.assert_allclose(colours[0], to_rgb("#5FA8D3"))
    np.testing.assert_allclose(colours[1], to_rgb("#E8894F"))
    np.testing.assert_allclose(colours[2], 1, atol=0.01)
    # A third of the strongest: between it and white.
    assert colours[0][0] < colours[3][0] < colours[2][0]


def test_transfer_names_a_hyperplane_by_no_more_than_tells_it_apart() -> None:
    frame = transfers(3)
    told = words(transfer.draw(frame, 0.95))
    assert "a-long-name-00 square" in told
    spaces = frame.assign(space=frame["edit"].map({"edit-0": "z", "edit-1": "w", "edit-2": "z"}))
    assert "a-long-name-01 square\nw" in words(transfer.draw(spaces, 0.95))
    alike = frame.assign(fitted_on="a-long-name-00")
    told = words(transfer.draw(alike, 0.95))
    assert "a-long-name-00 square\nedit-0" in told
    assert "a-long-name-00 square\nedit-2" in told


def test_transfer_says_how_many_images_each_shape_has() -> None:
    told = words(transfer.draw(transfers(2), 0.9))
    assert "scored as square, n = 200" in told
    assert "scored as oval, n = 193" in told
    assert any("90 % interval" in text for text in told)


def test_a_slope_that_could_not_be_measured_is_a_dash(tmp_path: Path) -> None:
    frame = transfers(2, ("square",))
    frame.loc[1, SLOPE] = np.nan
    figure = transfer.draw(frame, 0.95)
    style.save(figure, tmp_path / "figure.svg")
    shown = cells(figure.axes[0])
    text, patch = shown["a-long-name-00 square\nedit-0", "a-long-name-01"]
    assert text == "–"
    assert patch.get_hatch()
    style.save(
        transfer.draw(frame.assign(**dict.fromkeys(SLOPE, np.nan)), 0.95), tmp_path / "f.svg"
    )


def test_the_same_data_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = saved_twice(lambda: transfer.draw(transfers(2), 0.95), tmp_path)
    assert first == second
