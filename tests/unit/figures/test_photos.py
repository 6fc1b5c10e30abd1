"""What the figure of edited photographs promises to a reader."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from tests.support.drawn import words

from mnemo.errors import MnemoError
from mnemo.figures import photos

KEYS = ("photo-00001", "photo-00002")
ALPHAS = (-30.0, 0.0, 30.0)


@pytest.fixture(name="faces")
def make_faces(faces_64: NDArray[np.uint8]) -> pd.DataFrame:
    """Two photographs at three alphas, in the order of the shards; the second is lost at 30."""
    # The edit's shards say their alpha, those of the photographs none.
    rows = [
        {"image": key, "alpha": alpha, "pixels": faces_64[4 * row + column]}
        for column, alpha in enumerate((None, *ALPHAS))
        for row, key in enumerate(KEYS)
    ]
    rows[-1]["pixels"] = None
    return pd.DataFrame(rows)


@pytest.fixture(name="given")
def make_scores() -> pd.DataFrame:
    rows = [
        {"image": key, "alpha": alpha, "score": 0.5 + 0.01 * alpha + 0.1 * row}
        for alpha in ALPHAS
        for row, key in enumerate(KEYS)
    ]
    return pd.DataFrame(rows)


def test_a_row_shows_a_photograph_recovered_less_and_more_memorable(
    faces: pd.DataFrame, given: pd.DataFrame, faces_64: NDArray[np.uint8]
) -> None:
    figure = photos.draw(faces, given, "memorable", "resmem")
    # The photograph, what was recovered at alpha 0, and the edit below and above it.
    order = [row + column for row in (0, 4) for column in (0, 2, 1, 3)]
    for panel, face in zip(figure.axes[:-1], order[:-1], strict=True):
        np.testing.assert_array_equal(panel.images[0].get_array(), faces_64[face])
    titles = [panel.get_title("center") for panel in figure.axes[:4]]
    assert titles == [
        "photograph",
        "recovered",
        "scored less\nmemorable\nalpha \N{MINUS SIGN}30",
        "scored more\nmemorable\nalpha +30",
    ]


def test_each_picture_that_was_scored_shows_its_score(
    faces: pd.DataFrame, given: pd.DataFrame
) -> None:
    figure = photos.draw(faces, given, "memorable", "resmem")
    written = [[text.get_text() for text in panel.texts] for panel in figure.axes]
    assert written == [
        *([], ["0.50"], ["0.20"], ["0.80"]),
        *([], ["0.60"], ["0.30"], ["no face"]),
    ]
    assert "scores by resmem" in words(figure)


def test_a_photograph_that_was_scored_itself_shows_that_too(
    faces: pd.DataFrame, given: pd.DataFrame
) -> None:
    own = pd.DataFrame([{"image": KEYS[0], "alpha": None, "score": 0.77}])
    figure = photos.draw(faces, pd.concat([own, given]), "memorable", "resmem")
    assert [text.get_text() for text in figure.axes[0].texts] == ["0.77"]


def test_a_direction_of_unknown_quality_claims_no_change_of_the_scores(
    faces: pd.DataFrame, given: pd.DataFrame
) -> None:
    told = words(photos.draw(faces, given, "", "resmem"))
    assert "alpha +30" in told
    assert not any("scored" in text for text in told)


def test_without_a_photograph_the_error_says_where_the_reasons_are(
    faces: pd.DataFrame, given: pd.DataFrame
) -> None:
    with pytest.raises(MnemoError, match=r"The column `reason` of photos\.parquet"):
        photos.draw(faces[:0], given[:0], "memorable", "resmem")
