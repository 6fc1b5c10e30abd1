"""What the panels of inverted photographs promise to a reader."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from tests.support.drawn import words

from mnemo import images, tables
from mnemo.figures import inversions, pictures

KEYS = ["photo-00001", "photo-00002", "photo-00003"]


@pytest.fixture(name="faces")
def make_faces(faces_64: NDArray[np.uint8]) -> pd.DataFrame:
    shown = {name: list(faces_64[i : i + 3]) for i, name in enumerate(inversions.PICTURES)}
    return pd.DataFrame({"image": KEYS, **shown})


@pytest.fixture(name="found")
def make_inversions() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "photo": KEYS,
            "steps": [325, 1000, 400],
            "mse": [0.0123, 0.2, 0.03],
            "perceptual": [0.21, 0.5, np.nan],
            "perceptual_by": ["lpips-vgg16", "lpips-vgg16", None],
            "identity_distance": [0.43, np.nan, np.nan],
            "identity_by": ["dlib-face", "dlib-face", None],
            "converged": [True, False, True],
        }
    )


def test_each_photograph_is_shown_as_it_was_aligned_and_recovered(
    faces: pd.DataFrame, found: pd.DataFrame
) -> None:
    figure = inversions.draw(faces, found)
    panels = [panel for panel in figure.axes if panel.images]
    for panel, (face, name) in zip(
        panels, ((face, name) for face in range(3) for name in inversions.PICTURES), strict=True
    ):
        np.testing.assert_array_equal(panel.images[0].get_array(), faces[name][face])


def test_a_panel_says_how_like_the_recovered_image_is_and_by_what(
    faces: pd.DataFrame, found: pd.DataFrame
) -> None:
    told = words(inversions.draw(faces, found))
    assert "mean squared error 0.012, lpips-vgg16 0.21, dlib-face 0.43" in told
    assert "mean squared error 0.2, lpips-vgg16 0.5, dlib-face: no face" in told
    assert "mean squared error 0.03" in told


def test_a_photograph_that_did_not_converge_stands_out(
    faces: pd.DataFrame, found: pd.DataFrame
) -> None:
    figure = inversions.draw(faces, found)
    ended = {
        panel.get_title("right"): panel.title.get_color()
        for panel in figure.axes
        if panel.get_title("right")
    }
    assert list(ended) == [
        "converged after 325 steps",
        "not converged after 1,000 steps",
        "converged after 400 steps",
    ]
    assert "1 of 3 have not converged." in " ".join(words(figure))


def test_a_figure_of_some_photographs_says_of_how_many(
    faces: pd.DataFrame, found: pd.DataFrame
) -> None:
    told = " ".join(words(inversions.draw(faces[:1], found)))
    assert "1 of 3 photographs are shown." in told


def test_a_study_without_a_usable_photograph_has_a_figure_that_says_so(
    faces: pd.DataFrame, found: pd.DataFrame
) -> None:
    assert words(inversions.draw(faces[:0], found[:0]))[-1] == "0 of 0 photographs are shown."


def test_the_first_recovered_photographs_are_gathered(faces: pd.DataFrame, tmp_path: Path) -> None:
    made = tables.Provenance("demo", "align_photos", {}, {})
    place = {"set": ["photos"] * 3, "edit": [None] * 3, "alpha": [None] * 3, "image": KEYS}
    encoded = {
        name: [images.encode(face, key) for face, key in zip(faces[name], KEYS, strict=True)]
        for name in inversions.PICTURES
    }
    aligned, recovered = tmp_path / "aligned.parquet", tmp_path / "recovered.parquet"
    schema = images.IMAGES.append(pa.field("original", images.PIXELS.type))
    columns = {**place, "pixels": [None, *encoded["aligned"][1:]], "original": encoded["original"]}
    pq.write_table(pa.table(columns, schema), aligned)
    rows = {name: values[1:] for name, values in place.items()}
    tables.write(recovered, images.IMAGES, {**rows, "pixels": encoded["recovered"][1:]}, made)
    wanted = pictures.first([recovered], 1)
    assert wanted == ["photo-00002"]
    gathered = inversions.gather([aligned], [recovered], wanted)
    assert list(gathered["image"]) == wanted
    for name in inversions.PICTURES:
        np.testing.assert_array_equal(gathered[name][0], faces[name][1])
    assert inversions.gather([aligned], [recovered], []).empty
    # Without a face there is nothing to be recovered.
    assert pictures.first([aligned], 5) == KEYS[1:]
