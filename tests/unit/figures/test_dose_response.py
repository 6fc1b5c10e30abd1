"""What the figure of dose and response promises to a reader."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.text import Annotation
from tests.support.drawn import points, words

from mnemo.figures import dose_response, style

ALPHAS = (-4.0, 0.0, 4.0)


@pytest.fixture
def means(scores: pd.DataFrame) -> pd.DataFrame:
    grouped = scores.groupby(["shape", "alpha"])["score"]
    frame = grouped.agg(["mean", "sem", "size"]).reset_index().rename(columns={"size": "n"})
    frame = frame.assign(survivors=False)
    return frame.assign(low=frame["mean"] - 2 * frame["sem"], high=frame["mean"] + 2 * frame["sem"])


@pytest.fixture
def slopes() -> pd.DataFrame:
    rows = {"shape": ["square", "oval"], "slope": [0.0213, -0.011]}
    return pd.DataFrame(rows).assign(low=[0.0199, -0.03], high=[0.0227, 0.008], survivors=False)


def test_dose_response_draws_every_mean_with_its_interval(
    scores: pd.DataFrame, means: pd.DataFrame, slopes: pd.DataFrame
) -> None:
    figure = dose_response.draw(scores, means, slopes, None, 0.95)
    for panel, shape in ((figure.axes[1], "square"), (figure.axes[3], "oval")):
        own = means[means["shape"] == shape]
        drawn, bars = points(panel)
        np.testing.assert_allclose(drawn, own[["alpha", "mean"]])
        np.testing.assert_allclose([ends[:, 1] for ends in bars], own[["low", "high"]])


def test_dose_response_writes_the_slope_and_how_many_images_there_are(
    scores: pd.DataFrame, means: pd.DataFrame, slopes: pd.DataFrame
) -> None:
    told = words(dose_response.draw(scores, means, slopes, None, 0.9))
    assert "square, n = 40 at each alpha" in told
    assert "oval, n = 37 to 40 at each alpha" in told
    assert "square, 90 % intervals" in told
    assert any("0.0213 [0.0199, 0.0227] per alpha" in text for text in told)
    assert any("−0.011 [−0.030, 0.008] per alpha" in text for text in told)


def test_dose_response_writes_n_below_each_mean_where_it_differs(
    scores: pd.DataFrame, means: pd.DataFrame, slopes: pd.DataFrame
) -> None:
    figure = dose_response.draw(scores, means, slopes, None, 0.95)
    _, square, _, oval = figure.axes
    low = means[means["shape"] == "oval"].set_index("alpha")["low"]
    counts = [text for text in oval.texts if isinstance(text, Annotation)]
    assert [text.get_text() for text in counts] == ["40", "40", "37"]
    assert [text.xy for text in counts] == [(alpha, low[alpha]) for alpha in ALPHAS]
    assert "n below each mean" in oval.get_title("left")
    assert not [text for text in square.texts if isinstance(text, Annotation)]
    assert "n below" not in square.get_title("left")


def test_an_alpha_without_a_score_leaves_the_other_means_drawn(
    scores: pd.DataFrame, means: pd.DataFrame, slopes: pd.DataFrame, tmp_path: Path
) -> None:
    lost = (means["shape"] == "oval") & (means["alpha"] == 4)
    means.loc[lost, ["mean", "low", "high"]] = np.nan
    means.loc[lost, "n"] = 0
    kept = scores[~((scores["shape"] == "oval") & (scores["alpha"] == 4))]
    figure = dose_response.draw(kept, means, slopes, None, 0.95)
    style.save(figure, tmp_path / "figure.svg")
    counts = [text.get_text() for text in figure.axes[3].texts if isinstance(text, Annotation)]
    assert counts == ["40", "40"]


def test_the_points_of_survivors_are_hollow_and_named(
    scores: pd.DataFrame, means: pd.DataFrame, slopes: pd.DataFrame
) -> None:
    few = (means["shape"] == "oval") & (means["alpha"] == 4)
    of_few = slopes["shape"] == "oval"
    marked = means.assign(survivors=few), slopes.assign(survivors=of_few)
    _, square, _, oval = dose_response.draw(scores, *marked, None, 0.95).axes
    (hollow,) = [line for line in oval.lines if line.get_markerfacecolor() == "white"]
    np.testing.assert_allclose(hollow.get_xydata(), means.loc[few, ["alpha", "mean"]])
    assert "hollow: survivors alone" in oval.get_title("left")
    assert any("slope of the mixed model, of survivors" in text.get_text() for text in oval.texts)
    assert "survivors" not in square.get_title("left")
    assert not any("survivors" in text.get_text() for text in square.texts)


def test_slopes_of_both_shapes_look_as_steep_as_they_are(
    scores: pd.DataFrame, means: pd.DataFrame, slopes: pd.DataFrame
) -> None:
    figure = dose_response.draw(scores, means, slopes, None, 0.95)
    square, oval = (np.ptp(figure.axes[index].get_ylim()) for index in (1, 3))
    assert square == pytest.approx(oval)


def test_controls_are_grey_bands_around_the_mean_at_alpha_0(
    scores: pd.DataFrame, means: pd.DataFrame, slopes: pd.DataFrame
) -> None:
    rows = [
        {"control": control, "shape": shape, "alpha": alpha, "change": 0.001 * alpha * place}
        for shape in ("square", "oval")
        for place, control in enumerate(("random", "permuted", "brightness"))
        for alpha in (-4.0, 4.0)
    ]
    moved = pd.DataFrame(rows)
    moved = moved.assign(change_low=moved["change"] - 0.002, change_high=moved["change"] + 0.002)
    figure = dose_response.draw(scores, means, slopes, moved, 0.95)
    panel = figure.axes[1]
    start = means.loc[(means["shape"] == "square") & (means["alpha"] == 0), "mean"].item()
    bands = [each for each in panel.collections if isinstance(each, FillBetweenPolyCollection)]
    for place, band in zip((2, 1, 0), bands, strict=True):
        corners = band.get_paths()[0].vertices
        reach = 0.004 * place + 0.002
        np.testing.assert_allclose(corners.min(axis=0), [-4, start - reach])
        np.testing.assert_allclose(corners.max(axis=0), [4, start + reach])
    (legend,) = figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["control: random", "control: permuted", "control: brightness"]
