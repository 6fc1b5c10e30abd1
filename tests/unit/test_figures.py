"""What the figures promise to a reader."""

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from matplotlib.text import Annotation, Text
from numpy.typing import NDArray
from PIL import Image
from tests.drawn import points, words

from mnemo import images, tables
from mnemo.figures import (
    accuracy,
    distributions,
    dose_response,
    strip,
    style,
)

ALPHAS = (-4.0, 0.0, 4.0)
NAMES = ("Fréchet distance on ResNet-152 features", "kernel distance on ResNet-152 features")


@pytest.fixture
def scores() -> pd.DataFrame:
    """Scores of 40 faces at three alphas, of 3 of which no oval was found at alpha 4."""
    random = np.random.default_rng(0)
    rows = [
        {
            "image": f"{seed:07d}",
            "alpha": alpha,
            "shape": shape,
            "score": 0.8 + 0.02 * alpha + noise,
        }
        for alpha in ALPHAS
        for shape in ("square", "oval")
        for seed, noise in enumerate(random.normal(0, 0.04, 40))
        if not (shape == "oval" and alpha == 4 and 0 < seed < 4)
    ]
    return pd.DataFrame(rows).assign(assessor="resmem")


@pytest.fixture
def means(scores: pd.DataFrame) -> pd.DataFrame:
    grouped = scores.groupby(["shape", "alpha"])["score"]
    frame = grouped.agg(["mean", "sem", "size"]).reset_index().rename(columns={"size": "n"})
    return frame.assign(low=frame["mean"] - 2 * frame["sem"], high=frame["mean"] + 2 * frame["sem"])


@pytest.fixture
def slopes() -> pd.DataFrame:
    rows = {"shape": ["square", "oval"], "slope": [0.0213, -0.011]}
    return pd.DataFrame(rows).assign(low=[0.0199, -0.03], high=[0.0227, 0.008])


@pytest.fixture
def distances() -> pd.DataFrame:
    frame = pd.DataFrame({"alpha": ALPHAS, "n": 200, "frechet": [36.0, 30.0, 39.0]})
    frame = frame.assign(frechet_ratio=[1.2, 1.0, 1.3])
    frame = frame.assign(kernel=[0.004, -0.001, 0.005], kernel_ratio=[1.4, 1.0, 1.6])
    for name in ("frechet", "frechet_ratio", "kernel", "kernel_ratio"):
        frame[f"{name}_low"], frame[f"{name}_high"] = frame[name] - 0.002, frame[name] + 0.003
    return frame


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
    return pd.DataFrame(rows)


@pytest.fixture
def identities() -> pd.DataFrame:
    frame = pd.DataFrame({"alpha": ALPHAS, "n": [188, 193, 184], "lost": [5, 0, 9]})
    frame = frame.assign(distance=[0.5, 0.0, 0.7], accepted=[0.8, 1.0, 0.2])
    frame = frame.assign(threshold=0.6, chance=0.25)
    edits = [frame.assign(edit="memorable"), frame.assign(edit="mild", distance=[0.2, 0.0, 0.3])]
    both = pd.concat(edits, ignore_index=True)
    for name, margin in (("distance", 0.02), ("accepted", 0.05)):
        edited = both["alpha"] != 0
        both[f"{name}_low"] = (both[name] - margin).where(edited)
        both[f"{name}_high"] = (both[name] + 2 * margin).where(edited)
    return both


@pytest.fixture
def pictures(faces_64: NDArray[np.uint8]) -> pd.DataFrame:
    """Two faces at three alphas, square and oval; the second has no oval at alpha 4."""
    rows = [
        {"image": f"{seed:07d}", "alpha": alpha, "shape": shape, "pixels": faces_64[seed]}
        for seed in (0, 1)
        for alpha in ALPHAS
        for shape in ("square", "oval")
    ]
    rows[-1]["pixels"] = None
    return pd.DataFrame(rows)


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_the_same_data_give_the_same_bytes(
    scores: pd.DataFrame, tmp_path: Path, suffix: str
) -> None:
    paths = [tmp_path / f"{name}.{suffix}" for name in ("first", "second")]
    for path in paths:
        style.save(distributions.draw(scores), path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert sorted(tmp_path.iterdir()) == paths


def test_a_figure_holds_no_date(scores: pd.DataFrame, tmp_path: Path) -> None:
    style.save(distributions.draw(scores), tmp_path / "figure.svg")
    assert not re.search(r"<dc:date>|\b20\d\d-\d\d-\d\d\b", (tmp_path / "figure.svg").read_text())


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


def test_dose_response_draws_every_mean_with_its_interval(
    scores: pd.DataFrame, means: pd.DataFrame, slopes: pd.DataFrame
) -> None:
    figure = dose_response.draw(scores, means, slopes, 0.95)
    for panel, shape in ((figure.axes[1], "square"), (figure.axes[3], "oval")):
        own = means[means["shape"] == shape]
        drawn, bars = points(panel)
        np.testing.assert_allclose(drawn, own[["alpha", "mean"]])
        np.testing.assert_allclose([ends[:, 1] for ends in bars], own[["low", "high"]])


def test_dose_response_writes_the_slope_and_how_many_images_there_are(
    scores: pd.DataFrame, means: pd.DataFrame, slopes: pd.DataFrame
) -> None:
    told = words(dose_response.draw(scores, means, slopes, 0.9))
    assert "square, n = 40 at each alpha" in told
    assert "oval, n = 37 to 40 at each alpha" in told
    assert "square, 90 % intervals" in told
    assert any("0.0213 [0.0199, 0.0227] per alpha" in text for text in told)
    assert any("−0.011 [−0.030, 0.008] per alpha" in text for text in told)


def test_dose_response_writes_n_below_each_mean_where_it_differs(
    scores: pd.DataFrame, means: pd.DataFrame, slopes: pd.DataFrame
) -> None:
    figure = dose_response.draw(scores, means, slopes, 0.95)
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
    figure = dose_response.draw(kept, means, slopes, 0.95)
    style.save(figure, tmp_path / "figure.svg")
    counts = [text.get_text() for text in figure.axes[3].texts if isinstance(text, Annotation)]
    assert counts == ["40", "40"]


def test_slopes_of_both_shapes_look_as_steep_as_they_are(
    scores: pd.DataFrame, means: pd.DataFrame, slopes: pd.DataFrame
) -> None:
    figure = dose_response.draw(scores, means, slopes, 0.95)
    square, oval = (np.ptp(figure.axes[index].get_ylim()) for index in (1, 3))
    assert square == pytest.approx(oval)


def test_realness_draws_both_distances_and_their_ratios_against_1(realness: pd.DataFrame) -> None:
    figure = realness.draw(realness, *NAMES, 0.95)
    names = ("frechet", "kernel", "frechet_ratio", "kernel_ratio")
    for panel, name in zip(figure.axes, names, strict=True):
        drawn, bars = points(panel)
        np.testing.assert_allclose(drawn[:, 1], realness[name])
        np.testing.assert_allclose(
            [ends[:, 1] for ends in bars], realness[[f"{name}_low", f"{name}_high"]]
        )
        level = 1 if name.endswith("ratio") else 0
        assert [level, level] in [list(line.get_ydata()) for line in panel.lines]


def test_realness_calls_a_distance_by_the_name_it_is_given(realness: pd.DataFrame) -> None:
    told = " ".join(words(realness.draw(realness, *NAMES, 0.95)))
    assert "Fréchet distance on ResNet-152 features" in told
    assert "Kernel distance on ResNet-152 features" in told
    assert "FID" not in told
    assert "KID" not in told


def test_realness_without_a_kernel_ratio_says_why_and_draws_the_distances(
    realness: pd.DataFrame,
) -> None:
    missing = ["kernel_ratio", "kernel_ratio_low", "kernel_ratio_high"]
    figure = realness.draw(realness.assign(**dict.fromkeys(missing, np.nan)), *NAMES, 0.95)
    told = " ".join(words(figure)).replace("\n", " ")
    assert "No ratio: the distance at alpha 0 is not clearly above 0." in told
    np.testing.assert_allclose(points(figure.axes[1])[0][:, 1], realness["kernel"])
    np.testing.assert_allclose(points(figure.axes[2])[0][:, 1], realness["frechet_ratio"])
    assert not figure.axes[3].lines


@pytest.mark.parametrize("shape", ["square", "oval"])
def test_drift_draws_changes_in_standard_deviations_with_their_intervals(
    drift: pd.DataFrame, shape: str
) -> None:
    panel = drift.draw(drift, 0.95).axes[0 if shape == "square" else 1]
    assert panel.get_title("left").startswith(f"age, {shape}, n = 200")
    of_age = drift[(drift["attribute"] == "age") & (drift["shape"] == shape)]
    for number, edit in enumerate(("plain", "held")):
        own = of_age[of_age["edit"] == edit]
        drawn, bars = points(panel, number)
        np.testing.assert_allclose(drawn[:, 1], own["change"] / 8)
        np.testing.assert_allclose(drawn[:, 0], own["alpha"], atol=0.1)
        ends = own[["low", "high"]].dropna() / 8
        np.testing.assert_allclose([ends[:, 1] for ends in bars], ends)


def test_drift_draws_an_edit_that_holds_the_attribute_unlike_one_that_does_not(
    drift: pd.DataFrame,
) -> None:
    age, _, gender, _ = drift.draw(drift, 0.95).axes
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
    drift: pd.DataFrame,
) -> None:
    figure = drift.draw(drift, 0.95)
    figure.draw_without_rendering()
    age, _, gender, _ = figure.axes
    assert age.get_ylim() == gender.get_ylim()
    for panel, deviation in ((age, 8), (gender, 0.3)):
        (own_unit,) = panel.child_axes
        np.testing.assert_allclose(own_unit.get_ylim(), np.array(panel.get_ylim()) * deviation)


def test_drift_of_an_attribute_that_never_varies_has_no_line(
    drift: pd.DataFrame, tmp_path: Path
) -> None:
    constant = drift.assign(deviation=drift["deviation"].where(drift["attribute"] == "age", 0))
    constant.loc[drift["attribute"] != "age", ["change", "low", "high"]] = 0.0
    figure = drift.draw(constant, 0.95)
    style.save(figure, tmp_path / "figure.svg")
    assert np.isnan(points(figure.axes[2])[0][:, 1]).all()
    assert not np.isnan(points(figure.axes[0])[0][:, 1]).any()


def test_lines_that_end_in_one_point_have_names_apart_in_their_order(drift: pd.DataFrame) -> None:
    plain = drift[drift["edit"] == "plain"]
    many = [plain.assign(edit=f"edit {n}", change=plain["change"] + n / 1e3) for n in range(8)]
    figure = drift.draw(pd.concat(many), 0.95)
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


def test_identity_draws_distances_and_shares_with_their_intervals(identity: pd.DataFrame) -> None:
    figure = identity.draw(identity, 0.95)
    for panel, name in zip(figure.axes, ("distance", "accepted"), strict=False):
        for number, edit in enumerate(("memorable", "mild")):
            own = identity[identity["edit"] == edit]
            drawn, bars = points(panel, number)
            np.testing.assert_allclose(drawn[:, 1], own[name])
            ends = own[[f"{name}_low", f"{name}_high"]].dropna()
            np.testing.assert_allclose([ends[:, 1] for ends in bars], ends)


def test_identity_counts_the_faces_that_were_lost(identity: pd.DataFrame) -> None:
    lost = identity.draw(identity, 0.95).axes[2]
    assert lost.get_ylabel() == "faces lost\nof 193"
    np.testing.assert_array_equal(points(lost, 0)[0][:, 1], [5, 0, 9])


def test_identity_draws_and_names_the_threshold_and_the_share_of_different_faces_below_it(
    identity: pd.DataFrame,
) -> None:
    distance, accepted, _ = identity.draw(identity, 0.95).axes
    named = (
        (distance, 0.6, "threshold 0.6"),
        (accepted, 0.25, "two different unedited faces: 0.25"),
    )
    for panel, level, name in named:
        (line,) = [drawn for drawn in panel.collections if drawn.get_linestyle()[0][1]]
        np.testing.assert_array_equal(line.get_segments()[0][:, 1], [level, level])
        assert name in [text.get_text() for text in panel.texts]


def test_identity_of_one_face_has_no_different_faces(identity: pd.DataFrame) -> None:
    told = words(identity.draw(identity.assign(chance=np.nan), 0.95))
    assert not any("different" in text for text in told)


def test_identity_without_a_face_at_one_alpha_draws_the_others(
    identity: pd.DataFrame, tmp_path: Path
) -> None:
    none = (identity["edit"] == "mild") & (identity["alpha"] == 4)
    columns = [name for name in identity if name.startswith(("distance", "accepted"))]
    identity.loc[none, columns] = np.nan
    figure = identity.draw(identity.assign(n=identity["n"].where(~none, 0)), 0.95)
    style.save(figure, tmp_path / "figure.svg")
    np.testing.assert_allclose(points(figure.axes[0], 1)[0][:, 1], [0.2, 0.0, np.nan])
    assert words(figure).count("mild") == 3


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


def test_accuracy_stands_beside_chance() -> None:
    row = {"space": "z", "assessor": "resmem", "shape": "square", "threshold": "mean", "n": 1000}
    frame = pd.DataFrame([row]).assign(accuracy=0.68, accuracy_low=0.65, accuracy_high=0.71)
    frame = frame.assign(base_rate=0.53, permuted_accuracy=0.49, validation="cross-validation")
    panel = accuracy.draw(frame, 0.95).axes[0]
    np.testing.assert_allclose(points(panel)[1][0][:, 0], [0.65, 0.71])
    marks = [marks for marks in panel.collections if isinstance(marks, PathCollection)]
    drawn = [list(mark.get_offsets()[:, 0]) for mark in marks]
    assert drawn == [[0.53], [0.49]]


@pytest.mark.parametrize(
    ("validation", "told"),
    [
        ("cross-validation", "share of the n images on the correct side, each when held out"),
        ("holdout", "share on the correct side, among the tenth of the n images that was held out"),
    ],
)
def test_accuracy_says_of_which_of_the_n_images_it_is(validation: str, told: str) -> None:
    row = {"space": "z", "assessor": "resmem", "shape": "square", "threshold": "mean", "n": 1000}
    frame = pd.DataFrame([row]).assign(accuracy=0.68, accuracy_low=0.65, accuracy_high=0.71)
    frame = frame.assign(base_rate=0.53, permuted_accuracy=0.49, validation=validation)
    assert told in words(accuracy.draw(frame, 0.95))


def test_a_saved_picture_is_fit_for_print(
    pictures: pd.DataFrame, scores: pd.DataFrame, tmp_path: Path
) -> None:
    style.save(strip.draw(pictures, scores, "memorable", "resmem"), tmp_path / "strip.png")
    with Image.open(tmp_path / "strip.png") as image:
        width = image.width
    assert width / 200 == pytest.approx(0.7 + 3 * strip.CELL, abs=0.01)
