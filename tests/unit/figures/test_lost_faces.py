"""What the figure of lost faces promises to a reader."""

import numpy as np
import pandas as pd
from tests.support.drawn import points, words

from mnemo.figures import lost_faces

ESTIMATES = ("square_found", "square_lost", "oval", "oval_complete", "oval_weighted")


def lost() -> pd.DataFrame:
    """Make the rows of two edits at three alphas; none is lost at 0."""
    frame = pd.DataFrame({"alpha": [-4.0, 0.0, 4.0], "found": [45, 99, 87]})
    for place, name in enumerate(ESTIMATES):
        frame[name] = np.array([-0.1, 0.0, 0.05]) * (1 + place / 10)
        frame[f"{name}_low"], frame[f"{name}_high"] = frame[name] - 0.01, frame[name] + 0.02
    frame.loc[frame["alpha"] == 0, [name for name in frame if name.startswith("square_lost")]] = (
        np.nan
    )
    edits = [frame.assign(edit="memorable"), frame.assign(edit="mild", found=[98, 99, 97])]
    return pd.concat(edits, ignore_index=True).assign(assessor="resmem")


def test_each_edit_has_its_squares_and_its_ovals_with_their_intervals() -> None:
    table = lost()
    figure = lost_faces.draw(table, 0.95)
    assert len(figure.axes) == 4
    own = table[table["edit"] == "memorable"]
    squares, ovals = figure.axes[:2]
    for panel, place, name in ((squares, 0, "square_found"), (ovals, 0, "oval")):
        drawn, bars = points(panel, place)
        np.testing.assert_allclose(drawn[:, 1], own[name])
        ends = own[[f"{name}_low", f"{name}_high"]]
        np.testing.assert_allclose([each[:, 1] for each in bars], ends)
    assert [text.get_text() for text in ovals.get_legend().get_texts()] == [
        "found at both",
        "found at every alpha",
        "weighted to all faces",
    ]


def test_the_faces_that_are_found_stand_below_each_alpha() -> None:
    told = words(lost_faces.draw(lost(), 0.9))
    assert "\N{MINUS SIGN}4\n45" in told
    assert "4\n97" in told
    assert any("90 % intervals" in text for text in told)
    assert "mild, resmem: squares" in told
