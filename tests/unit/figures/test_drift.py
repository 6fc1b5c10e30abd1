"""What the figure of the attributes' changes promises to a reader."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Annotation, Text
from tests.support.drawn import points

from mnemo.figures import drift, style

ALPHAS = (-4.0, 0.0, 4.0)
#: A study that compares nothing.
NONE = pd.DataFrame(columns=["kind", "a", "b", "edit", "assessor", "shape", "alpha", "p_holm"])


@pytest.fixture
def drifts() -> pd.DataFrame:
    """Two edits, of which one holds age, whose scores have a standard deviation of 8."""
    rows = [
        {
            "edit": edit,
            "attribute": attribute,
            "shape": shape,
            "held": held and attribute == "age",
            "alpha": alpha,
            "n": 200,
            "change": change * alpha * deviation,
            "low": (change * alpha - 0.1) * deviation if alpha else np.nan,
            "high": (change * alpha + 0.2) * deviation if alpha else np.nan,
            "deviation": deviation,
        }
        for edit, held, change in (("plain", False, 0.2), ("held", True, 0.01))
        for attribute, deviation in (("age", 8.0), ("gender", 0.3))
        for shape in ("square", "oval")
        for alpha in ALPHAS
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(moved=frame["alpha"])


@pytest.mark.parametrize("shape", ["square", "oval"])
def test_drift_draws_changes_in_standard_deviations_with_their_intervals(
    drifts: pd.DataFrame, shape: str
) -> None:
    panel = drift.draw(NONE, drifts, 0.95).axes[0 if shape == "square" else 1]
    assert panel.get_title("left").startswith(f"age, {shape}, n = 200")
    of_age = drifts[(drifts["attribute"] == "age") & (drifts["shape"] == shape)]
    for number, edit in enumerate(("plain", "held")):
        own = of_age[of_age["edit"] == edit]
        drawn, bars = points(panel, number)
        np.testing.assert_allclose(drawn[:, 1], own["change"] / 8)
        np.testing.assert_allclose(drawn[:, 0], own["alpha"], atol=0.1)
        ends = own[["low", "high"]].dropna() / 8
        np.testing.assert_allclose([ends[:, 1] for ends in bars], ends)


def test_drift_draws_edits_over_the_distance_whatever_the_unit_of_their_alphas(
    drifts: pd.DataFrame,
) -> None:
    """An alpha of a learned direction is in the unit of a score."""
    learned = drifts["edit"] == "held"
    drifts.loc[learned, "alpha"] /= 40
    panel = drift.draw(NONE, drifts, 0.95).axes[0]
    for number in (0, 1):
        np.testing.assert_allclose(points(panel, number)[0][:, 0], ALPHAS, atol=0.1)


def test_drift_draws_an_edit_that_holds_the_attribute_unlike_one_that_does_not(
    drifts: pd.DataFrame,
) -> None:
    age, _, gender, _ = drift.draw(NONE, drifts, 0.95).axes
    looks = {
        panel: [
            (line.get_linestyle(), line.get_markerfacecolor() == "white")
            for line in panel.lines
            if line.get_marker() in ("o", "s")
        ]
        for panel in (age, gender)
    }
    assert looks[age] == [("--", True), ("-", False)]
    assert looks[gender] == [("--", True), ("--", True)]


def test_drift_has_one_scale_in_standard_deviations_and_others_in_the_scores_units(
    drifts: pd.DataFrame,
) -> None:
    figure = drift.draw(NONE, drifts, 0.95)
    figure.draw_without_rendering()
    age, _, gender, _ = figure.axes
    assert age.get_ylim() == gender.get_ylim()
    for panel, deviation in ((age, 8), (gender, 0.3)):
        (own_unit,) = panel.child_axes
        np.testing.assert_allclose(own_unit.get_ylim(), np.array(panel.get_ylim()) * deviation)


def test_drift_of_an_attribute_that_never_varies_has_no_line(
    drifts: pd.DataFrame, tmp_path: Path
) -> None:
    constant = drifts.assign(deviation=drifts["deviation"].where(drifts["attribute"] == "age", 0))
    constant.loc[drifts["attribute"] != "age", ["change", "low", "high"]] = 0.0
    figure = drift.draw(NONE, constant, 0.95)
    style.save(figure, tmp_path / "figure.svg")
    assert np.isnan(points(figure.axes[2])[0][:, 1]).all()
    assert not np.isnan(points(figure.axes[0])[0][:, 1]).any()


def test_lines_that_end_in_one_point_have_names_apart_in_their_order(drifts: pd.DataFrame) -> None:
    plain = drifts[drifts["edit"] == "plain"]
    many = [plain.assign(edit=f"edit {n}", change=plain["change"] + n / 1e3) for n in range(8)]
    figure = drift.draw(NONE, pd.concat(many), 0.95)
    figure.draw_without_rendering()
    names = [text for text in figure.axes[0].texts if text.get_text().startswith("edit")]
    names = sorted(names, key=Annotation.get_text)
    # The extent of an annotation is that of its line too.
    boxes = [Text.get_window_extent(text) for text in names]
    assert len(boxes) == 8
    for below, above in pairwise(boxes):
        assert below.y1 <= above.y0 + 1
    inside = figure.axes[0].get_window_extent()
    assert all(box.x1 <= inside.x1 and inside.y0 <= box.y0 < box.y1 <= inside.y1 for box in boxes)


def test_drift_draws_an_edit_only_in_the_shapes_that_it_is_scored_in(drifts: pd.DataFrame) -> None:
    squares = drifts[(drifts["edit"] == "plain") | (drifts["shape"] == "square")]
    square, oval, *_ = drift.draw(NONE, squares, 0.95).axes
    assert len(points(square, 1)[0]) == len(ALPHAS)
    assert len(points(oval, 0)[0]) == len(ALPHAS)
    with pytest.raises(IndexError):
        points(oval, 1)


def test_a_star_marks_where_an_edit_clearly_holds_what_an_equal_one_does_not(
    drifts: pd.DataFrame,
) -> None:
    rows = [
        {"kind": kind, "a": "held", "b": "plain", "assessor": "age", "shape": "square"}
        | {"edit": None, "alpha": float(alpha), "p_holm": p}
        for kind, alpha, p in (("held", 4, 0.01), ("held", -4, 0.2), ("edits", -4, 0.001))
    ]
    figure = drift.draw(pd.DataFrame(rows), drifts, 0.95)
    stars = [[text.xy for text in panel.texts if text.get_text() == "*"] for panel in figure.axes]
    high = drifts.query(
        "edit == 'held' and attribute == 'age' and shape == 'square' and alpha == 4"
    )["high"]
    assert stars[1:] == [[], [], []]
    assert stars[0] == [(4, pytest.approx(high.item() / 8))]
