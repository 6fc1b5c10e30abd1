"""What the figure of methods promises to a reader."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from tests.support.drawn import saved_twice, words

from mnemo.figures import methods

EDITS = [("plain", "hyperplane", "student"), ("far", "layers", "student"), ("lent", "file", None)]


def table(assessors: int = 2, *, faces: bool = True) -> pd.DataFrame:
    """Rows of three edits, of which one doesn't reach the gain."""
    rows = []
    for number in range(assessors):
        for place, (edit, method, found_with) in enumerate(EDITS):
            for at in ("gain", "change"):
                about = {"edit": edit, "method": method, "found_with": found_with, "at": at}
                about |= {"assessor": f"assessor-{number}", "shape": "square", "n": 100}
                reached = (edit, at) != ("far", "gain")
                estimates = {"alpha": 2.0 if reached else np.nan}
                for column in methods.COLUMNS:
                    known = reached and (faces or column.estimate != "identity_distance")
                    value = (0.5 if column.given == at else 0.1 * place + 0.2) if known else np.nan
                    half = np.nan if column.given == at else 0.05
                    estimates[column.estimate] = value
                    estimates[f"{column.estimate}_low"] = value - half
                    estimates[f"{column.estimate}_high"] = value + half
                rows.append({**about, **estimates})
    return pd.DataFrame(rows)


def test_every_edit_has_a_mark_at_equal_gain_and_one_at_equal_change() -> None:
    figure = methods.draw(table(), 0.95)
    across = len(methods.COLUMNS)
    assert len(figure.axes) == 2 * across
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names[1:] == ["far\nlayers, found with student", "lent\nfile"]
    lines = [line for line in figure.axes[1].lines if line.get_marker() in ("o", "s")]
    marks = {line.get_marker(): line.get_xdata() for line in lines}
    np.testing.assert_allclose(marks["o"], [0.2, np.nan, 0.4])
    np.testing.assert_allclose(marks["s"], [0.2, 0.3, 0.4])
    said = [text.replace("\N{NO-BREAK SPACE}", " ") for text in words(figure)]
    assert {"at equal gain", "at equal image change", "scored by assessor-1, n = 100"} <= {*said}
    assert said.count("not reached") == 2
    assert "95 % intervals" in " ".join(said)


def test_a_name_says_each_thing_once() -> None:
    own = table(1)
    own = own[own["edit"] != "lent"].replace({"plain": "ridge", "hyperplane": "ridge"})
    names = [label.get_text() for label in methods.draw(own, 0.95).axes[0].get_yticklabels()]
    assert names == ["ridge", "far\nlayers"]
    assert "all directions found with student" in " ".join(words(methods.draw(own, 0.95)))


def test_an_estimate_that_an_edit_lacks_is_a_dash() -> None:
    own = table(2)
    lacking = (own["assessor"] == "assessor-1") & (own["edit"] == "plain")
    own.loc[lacking, ["confirmed_gain", "confirmed_gain_low", "confirmed_gain_high"]] = np.nan
    assert words(methods.draw(own, 0.95)).count("\N{EN DASH}") == 2


def test_the_gain_that_is_equal_is_a_line_and_no_mark() -> None:
    gain = methods.draw(table(1), 0.95).axes[0]
    assert not [line for line in gain.lines if line.get_marker() == "o"]
    assert [0.5, 0.5] in [list(line.get_xdata()) for line in gain.lines]


def test_a_study_that_measures_no_identity_has_no_column_of_it() -> None:
    figure = methods.draw(table(1, faces=False), 0.95)
    assert len(figure.axes) == len(methods.COLUMNS) - 1
    assert "identity" not in " ".join(words(figure))


def test_a_figure_is_drawn_of_edits_that_reach_nothing() -> None:
    names = ["alpha", *(column.estimate for column in methods.COLUMNS)]
    [panel] = methods.draw(table(1).assign(**dict.fromkeys(names, np.nan)), 0.95).axes
    assert np.isfinite([*panel.get_xlim(), *panel.get_ylim()]).all()


def test_the_same_figure_has_the_same_bytes(tmp_path: Path) -> None:
    first, second = saved_twice(lambda: methods.draw(table(1), 0.95), tmp_path)
    assert first == second


def test_long_names_leave_the_panels_and_their_titles_room() -> None:
    long = {"edit": "an-edit-" * 8, "found_with": "an_assessor_of_my_own_" * 2}
    long["assessor"] = str(long["found_with"])
    figure = methods.draw(table(1).assign(**long), 0.95)
    figure.draw_without_rendering()
    titles = [panel.title.get_window_extent() for panel in figure.axes]
    assert all(one.x1 < other.x0 for one, other in pairwise(titles))
    labels = figure.axes[0].get_yticklabels()
    assert labels[0].get_window_extent().height < figure.axes[0].get_window_extent().height
