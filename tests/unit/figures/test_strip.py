"""What the strip of faces promises to a reader."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tests.support.drawn import words

from mnemo import images, tables
from mnemo.figures import strip

ALPHAS = (-4.0, 0.0, 4.0)


def test_a_strip_shows_every_face_at_every_alpha_in_both_shapes(
    pictures: pd.DataFrame, scores: pd.DataFrame
) -> None:
    figure = strip.draw(pictures, scores, "memorable", "resmem")
    shown = [panel for panel in figure.axes if panel.images]
    assert len(figure.axes) == 2 * 3 * 2
    assert len(shown) == 11
    np.testing.assert_array_equal(shown[0].images[0].get_array(), pictures["pixels"][0])


def test_a_strip_says_where_no_face_was_found(pictures: pd.DataFrame, scores: pd.DataFrame) -> None:
    figure = strip.draw(pictures, scores, "memorable", "resmem")
    assert words(figure).count("no face") == 1
    assert [text.get_text() for text in figure.axes[-1].texts] == ["no face"]


def test_a_strip_writes_the_score_into_each_picture(
    pictures: pd.DataFrame, scores: pd.DataFrame
) -> None:
    figure = strip.draw(pictures, scores, "memorable", "resmem")
    by_cell = scores.set_index(["image", "shape", "alpha"])["score"]
    wanted = [
        f"{by_cell.get((image, shape, alpha), np.nan):.2f}"
        for image in ("0000000", "0000001")
        for shape in ("square", "oval")
        for alpha in ALPHAS
    ]
    written = [panel.texts[0].get_text() for panel in figure.axes]
    assert written[:-1] == wanted[:-1]


def test_a_strip_marks_the_original_and_both_directions(
    pictures: pd.DataFrame, scores: pd.DataFrame
) -> None:
    told = words(strip.draw(pictures, scores, "memorable", "resmem"))
    for text in ("original", "scored less\nmemorable", "scored more\nmemorable", "alpha +4"):
        assert told.count(text) == 1


def test_a_strip_of_a_borrowed_direction_claims_no_change_of_the_scores(
    pictures: pd.DataFrame, scores: pd.DataFrame
) -> None:
    told = words(strip.draw(pictures, scores, "", "resmem"))
    assert {"lower alpha", "higher alpha"} <= set(told)
    assert not any("scored" in text for text in told)


def test_a_strip_names_who_gave_its_scores(pictures: pd.DataFrame, scores: pd.DataFrame) -> None:
    assert "scores by\nresmem" in words(strip.draw(pictures, scores, "memorable", "resmem"))


def test_a_strip_of_ever_larger_alphas_has_one_direction(
    pictures: pd.DataFrame, scores: pd.DataFrame
) -> None:
    told = words(strip.draw(pictures[pictures["alpha"] >= 0], scores, "memorable", "resmem"))
    assert "scored more\nmemorable" in told
    assert not any("less" in text for text in told)


def test_a_strip_gathers_the_faces_that_it_was_asked_for(
    faces_64: NDArray[np.uint8], tmp_path: Path
) -> None:
    keys = ["0000000", "0000001", "0000002"]
    pixels = [images.encode(face, key) for face, key in zip(faces_64, keys, strict=False)]
    place = {"set": ["eval"] * 3, "edit": ["memorable"] * 3, "alpha": [4.0] * 3, "image": keys}
    made = tables.Provenance("demo", "render_images", {}, {})
    path = tmp_path / "00000.parquet"
    tables.write(path, images.IMAGES, {**place, "pixels": [None, *pixels[1:]]}, made)
    gathered = strip.gather([path], "square", keys[:2])
    assert list(gathered["image"]) == keys[:2]
    assert gathered["pixels"][0] is None
    np.testing.assert_array_equal(gathered["pixels"][1], faces_64[1])
