"""The distance that an edit moves is the length of the difference that `move` makes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.edits.test_move import place, unit

from mnemo import latents
from mnemo.edits import distance
from mnemo.edits.move import move

LAYERS, DIM = 6, 8


@given(
    space=st.sampled_from(["z", "w", "w_plus"]),
    alpha=st.floats(-100, 100),
    chosen=st.none() | st.sets(st.integers(0, LAYERS - 1), min_size=1).map(sorted),
    seed=st.integers(0, 50),
)
def test_a_latent_moves_by_the_share_of_alpha(
    space: str, alpha: float, chosen: list[int] | None, seed: int
) -> None:
    if space == "z":
        chosen = None
    rows = np.random.default_rng(seed).normal(size=(2, DIM)).astype(np.float32)
    before = latents.table(place(2), **{"z" if space == "z" else "w": rows})
    normal = unit(LAYERS * DIM if space == "w_plus" else DIM, seed)
    after = move(before, normal, space, "e", alpha, layers=LAYERS, chosen=chosen)
    if space == "z":
        steps = latents.matrix(after, "z") - rows
    elif after["w"].null_count:
        steps = latents.matrix(after, "w_plus") - np.tile(rows, LAYERS)
    else:
        steps = np.tile(latents.matrix(after, "w") - rows, LAYERS)
    moved = np.linalg.norm(steps, axis=1)
    if space == "w":
        # A distance of 1 in w is one in each layer.
        moved /= np.sqrt(LAYERS)
    share = distance.share(normal, space, layers=LAYERS, chosen=chosen)
    np.testing.assert_allclose(moved, abs(alpha) * share, rtol=1e-4, atol=1e-5)


def test_one_of_18_equal_layers_moves_by_the_18th_part_of_the_square() -> None:
    tiled = np.tile(unit(8), 18) / np.sqrt(18)
    share = distance.share(tiled, "w_plus", layers=18, chosen=[3])
    assert 60 * share == pytest.approx(14.14, abs=0.01)


@pytest.mark.parametrize("space", ["z", "w", "w_plus"])
def test_alpha_is_the_distance_if_all_layers_move(space: str) -> None:
    assert distance.share(unit(48), space, layers=6) == 1
    if space != "z":
        assert distance.share(unit(48), space, layers=6, chosen=range(6)) == pytest.approx(1)
