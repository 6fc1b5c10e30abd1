"""What the figure of identity promises to a reader."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection
from tests.support.drawn import points, words

from mnemo.figures import identity, style

ALPHAS = (-4.0, 0.0, 4.0)


@pytest.fixture
def identities() -> pd.DataFrame:
    frame = pd.DataFrame({"alpha": ALPHAS, "n": [188, 193, 184], "lost": [5, 0, 9]})
    frame = frame.assign(distance=[0.5, 0.0, 0.7], accepted=[0.8, 1.0, 0.2])
    frame = frame.assign(threshold=0.6, impostor=[0.1, 0.15, 0.2], gained=[2, 0, 1])
    frame = frame.assign(accepted_bound=[0.7, 1.0, 0.1])
    edits = [frame.assign(edit="memorable"), frame.assign(edit="mild", distance=[0.2, 0.0, 0.3])]
    both = pd.concat(edits, ignore_index=True)
    both["moved"] = both["alpha"]
    for name, margin in (("distance", 0.02), ("accepted", 0.05), ("impostor", 0.03)):
        edited = both["alpha"] != 0
        both[f"{name}_low"] = (both[name] - margin).where(edited)
        both[f"{name}_high"] = (both[name] + 2 * margin).where(edited)
    return both


def test_identity_draws_distances_and_shares_with_their_intervals(identities: pd.DataFrame) -> None:
    figure = identity.draw(identities, 0.95)
    for panel, name in zip(figure.axes, ("distance", "accepted"), strict=False):
        for number, edit in enumerate(("memorable", "mild")):
            own = identities[identities["edit"] == edit]
            drawn, bars = points(panel, number)
            np.testing.assert_allclose(drawn[:, 1], own[name])
            ends = own[[f"{name}_low", f"{name}_high"]].dropna()
            np.testing.assert_allclose([ends[:, 1] for ends in bars], ends)


def test_identity_counts_the_faces_that_were_lost_and_gained(identities: pd.DataFrame) -> None:
    lost = identity.draw(identities, 0.95).axes[2]
    assert lost.get_ylabel() == "faces lost\nof 193"
    np.testing.assert_array_equal(points(lost, 0)[0][:, 1], [5, 0, 9])
    np.testing.assert_array_equal(points(lost, 2)[0][:, 1], [2, 0, 1])


def test_identity_draws_and_names_the_threshold(identities: pd.DataFrame) -> None:
    distance, _, _ = identity.draw(identities, 0.95).axes
    (line,) = [drawn for drawn in distance.collections if drawn.get_linestyle()[0][1]]
    np.testing.assert_array_equal(line.get_segments()[0][:, 1], [0.6, 0.6])
    assert "threshold 0.6" in [text.get_text() for text in distance.texts]


def test_identity_draws_the_impostors_of_each_alpha_as_the_line_to_beat(
    identities: pd.DataFrame,
) -> None:
    _, accepted, _ = identity.draw(identities, 0.95).axes
    drawn, bars = points(accepted, 2)
    own = identities[identities["edit"] == "memorable"]
    np.testing.assert_allclose(drawn[:, 1], own["impostor"])
    ends = own[["impostor_low", "impostor_high"]].dropna()
    np.testing.assert_allclose([each[:, 1] for each in bars], ends)
    assert "share of impostors: line to beat" in [
        text.get_text() for text in accepted.get_legend().get_texts()
    ]


def test_identity_shades_the_shares_down_to_where_lost_faces_are_refused(
    identities: pd.DataFrame,
) -> None:
    _, accepted, _ = identity.draw(identities, 0.95).axes
    shaded = [each for each in accepted.collections if isinstance(each, PolyCollection)]
    assert len(shaded) == 2
    heights = shaded[0].get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == (0.1, 1.0)


def test_identity_without_a_face_at_one_alpha_draws_the_others(
    identities: pd.DataFrame, tmp_path: Path
) -> None:
    none = (identities["edit"] == "mild") & (identities["alpha"] == 4)
    shares = ("distance", "accepted", "impostor")
    columns = [name for name in identities if name.startswith(shares) and "bound" not in name]
    identities.loc[none, columns] = np.nan
    figure = identity.draw(identities.assign(n=identities["n"].where(~none, 0)), 0.95)
    style.save(figure, tmp_path / "figure.svg")
    np.testing.assert_allclose(points(figure.axes[0], 1)[0][:, 1], [0.2, 0.0, np.nan])
    assert words(figure).count("mild") == 3


@pytest.fixture
def without_threshold(identities: pd.DataFrame) -> pd.DataFrame:
    """What there is of a network without a published threshold."""
    lacking = [name for name in identities if name.startswith(("accepted", "impostor"))]
    table = identities.assign(**dict.fromkeys(["threshold", *lacking], np.nan))
    return table.assign(
        threshold_own=0.82,
        accepted_own=identities["accepted"],
        accepted_own_low=identities["accepted_low"],
        accepted_own_high=identities["accepted_high"],
        rank_one=0.9,
        rank_one_low=0.8,
        rank_one_high=0.95,
    )


def test_without_a_threshold_the_generators_own_takes_its_place(
    without_threshold: pd.DataFrame, tmp_path: Path
) -> None:
    figure = identity.draw(without_threshold, 0.95)
    style.save(figure, tmp_path / "figure.svg")
    distance, accepted, _ = figure.axes
    (line,) = [drawn for drawn in distance.collections if drawn.get_linestyle()[0][1]]
    np.testing.assert_array_equal(line.get_segments()[0][:, 1], [0.82, 0.82])
    assert "generator's threshold 0.82" in [text.get_text() for text in distance.texts]
    assert accepted.get_ylabel() == "share of faces\nbelow the generator's threshold"
    drawn, _ = points(accepted, 0)
    np.testing.assert_allclose(drawn[:, 1], [0.8, 1.0, 0.2])
    # Neither impostors nor a shade down to the lost faces, for which there are no numbers.
    assert accepted.get_legend() is None
    assert not [each for each in accepted.collections if isinstance(each, PolyCollection)]
    assert words(figure).count("mild") == 3


def test_of_too_few_faces_for_any_threshold_the_nearest_face_says_whose_they_are(
    without_threshold: pd.DataFrame, tmp_path: Path
) -> None:
    own = [name for name in without_threshold if name.endswith("_own") or "_own_" in name]
    figure = identity.draw(without_threshold.assign(**dict.fromkeys(own, np.nan)), 0.95)
    style.save(figure, tmp_path / "figure.svg")
    distance, accepted, _ = figure.axes
    assert not [drawn for drawn in distance.collections if drawn.get_linestyle()[0][1]]
    assert accepted.get_ylabel() == "share of faces\nnearest to their own"
    np.testing.assert_allclose(points(accepted, 0)[0][:, 1], 0.9)
    assert words(figure).count("memorable") == 3
