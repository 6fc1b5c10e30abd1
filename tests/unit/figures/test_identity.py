"""What the figure of identity promises to a reader."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.support.drawn import points, words

from mnemo.figures import identity, style

ALPHAS = (-4.0, 0.0, 4.0)


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


def test_identity_draws_distances_and_shares_with_their_intervals(identities: pd.DataFrame) -> None:
    figure = identity.draw(identities, 0.95)
    for panel, name in zip(figure.axes, ("distance", "accepted"), strict=False):
        for number, edit in enumerate(("memorable", "mild")):
            own = identities[identities["edit"] == edit]
            drawn, bars = points(panel, number)
            np.testing.assert_allclose(drawn[:, 1], own[name])
            ends = own[[f"{name}_low", f"{name}_high"]].dropna()
            np.testing.assert_allclose([ends[:, 1] for ends in bars], ends)


def test_identity_counts_the_faces_that_were_lost(identities: pd.DataFrame) -> None:
    lost = identity.draw(identities, 0.95).axes[2]
    assert lost.get_ylabel() == "faces lost\nof 193"
    np.testing.assert_array_equal(points(lost, 0)[0][:, 1], [5, 0, 9])


def test_identity_draws_and_names_the_threshold_and_the_share_of_different_faces_below_it(
    identities: pd.DataFrame,
) -> None:
    distance, accepted, _ = identity.draw(identities, 0.95).axes
    named = (
        (distance, 0.6, "threshold 0.6"),
        (accepted, 0.25, "two different unedited faces: 0.25"),
    )
    for panel, level, name in named:
        (line,) = [drawn for drawn in panel.collections if drawn.get_linestyle()[0][1]]
        np.testing.assert_array_equal(line.get_segments()[0][:, 1], [level, level])
        assert name in [text.get_text() for text in panel.texts]


def test_identity_of_one_face_has_no_different_faces(identities: pd.DataFrame) -> None:
    told = words(identity.draw(identities.assign(chance=np.nan), 0.95))
    assert not any("different" in text for text in told)


def test_identity_without_a_face_at_one_alpha_draws_the_others(
    identities: pd.DataFrame, tmp_path: Path
) -> None:
    none = (identities["edit"] == "mild") & (identities["alpha"] == 4)
    columns = [name for name in identities if name.startswith(("distance", "accepted"))]
    identities.loc[none, columns] = np.nan
    figure = identity.draw(identities.assign(n=identities["n"].where(~none, 0)), 0.95)
    style.save(figure, tmp_path / "figure.svg")
    np.testing.assert_allclose(points(figure.axes[0], 1)[0][:, 1], [0.2, 0.0, np.nan])
    assert words(figure).count("mild") == 3
