"""An edit moves a latent by exactly alpha along the normal."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnemo import generators, images, keys, latents
from mnemo.edits.move import move
from mnemo.errors import MnemoError
from mnemo.generators import Generator, synthesis


@pytest.fixture(scope="module")
def generator(weights: Callable[[str], Path]) -> Generator:
    return generators.load(weights("dcgan-faces"), "dcgan-faces")


def unit(dim: int, seed: int = 0) -> np.ndarray:
    normal = np.random.default_rng(seed).normal(size=dim)
    return normal / np.linalg.norm(normal)


def test_alpha_0_leaves_latents_and_images_as_they_are_byte_for_byte(generator: Generator) -> None:
    drawn = synthesis.draw(generator, "eval", range(5), 0.8)
    moved = move(drawn, unit(100), "z", "memorable", 0.0)
    assert moved["z"].equals(drawn["z"])
    before, after = (synthesis.render(table, generator, 0.8) for table in (drawn, moved))
    assert [images.encode(image, "a") for image in before] == [
        images.encode(image, "a") for image in after
    ]


@given(alpha=st.floats(-10, 10), seed=st.integers(0, 50))
def test_the_distance_to_the_hyperplane_changes_by_alpha(alpha: float, seed: int) -> None:
    """Equations 3 and 4 of the paper."""
    rows = np.random.default_rng(seed).normal(size=(3, 20)).astype(np.float32)
    normal = unit(20, seed)
    moved = latents.matrix(move(z_table(rows), normal, "z", "e", alpha), "z")
    np.testing.assert_allclose(moved @ normal - rows @ normal, alpha, atol=1e-5)


def test_a_move_in_tiled_space_moves_each_layer_by_alpha_over_the_root_of_the_layers() -> None:
    w = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32)
    direction = unit(8)
    tiled = np.tile(direction, 18) / np.sqrt(18)
    edited = move(w_table(w), tiled, "w_plus", "e", 5.0, layers=18)
    moved = latents.matrix(edited, "w")
    np.testing.assert_allclose(moved, w + 5 / np.sqrt(18) * direction, atol=1e-6)
    distance = np.linalg.norm(np.tile(moved, 18) - np.tile(w, 18), axis=1)
    np.testing.assert_allclose(distance, 5.0, rtol=1e-6)


@pytest.mark.parametrize("space", ["z", "w", "w_plus"])
def test_a_normal_of_another_generator_is_refused(space: str) -> None:
    table = (z_table if space == "z" else w_table)(np.zeros((1, 8), np.float32))
    told = f"a normal of 512 dimensions does not fit latents of 8 dimensions in {space}"
    with pytest.raises(MnemoError, match=told):
        move(table, unit(512), space, "e", 1.0, layers=18)


def test_an_edit_of_some_layers_leaves_the_others_as_they_are() -> None:
    w = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32)
    table = move(w_table(w), unit(8), "w", "e", 2.0, layers=6, chosen=[1, 4])
    moved = latents.matrix(table, "w_plus").reshape(3, 6, 8)
    for layer in range(6):
        expected = w + 2 * unit(8) if layer in (1, 4) else w
        np.testing.assert_allclose(moved[:, layer], expected, atol=1e-6)
    assert table["w"].null_count == 3


def test_a_direction_may_move_each_layer_by_a_part_of_its_own() -> None:
    w = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32)
    direction = unit(6 * 8)
    table = move(w_table(w), direction, "w_plus", "e", 2.0, layers=6)
    moved = latents.matrix(table, "w_plus").reshape(3, 6, 8)
    np.testing.assert_allclose(
        moved - w[:, np.newaxis], np.tile(2 * direction, (3, 1)).reshape(3, 6, 8), atol=1e-6
    )


def test_an_edit_keeps_layers_that_differ_already() -> None:
    layered = np.random.default_rng(0).normal(size=(3, 6, 8)).astype(np.float32)
    table = latents.table(place(3), w=layered[:, 0], w_plus=layered.reshape(3, -1))
    moved = latents.matrix(move(table, unit(8), "w", "e", 2.0, layers=6), "w_plus")
    np.testing.assert_allclose(
        moved.reshape(3, 6, 8) - layered, np.broadcast_to(2 * unit(8), (3, 6, 8)), atol=1e-6
    )


@pytest.mark.parametrize("space", ["w", "w_plus"])
def test_an_edit_moves_photographs_that_have_latents_in_w_plus_alone(space: str) -> None:
    layered = np.random.default_rng(0).normal(size=(3, 6, 8)).astype(np.float32)
    table = latents.table(place(3), w_plus=layered.reshape(3, -1))
    normal = unit(8) if space == "w" else np.tile(unit(8), 6) / np.sqrt(6)
    moved = latents.matrix(move(table, normal, space, "e", 2.0, layers=6), "w_plus")
    step = 2 * unit(8) / (1 if space == "w" else np.sqrt(6))
    np.testing.assert_allclose(
        moved.reshape(3, 6, 8) - layered, np.broadcast_to(step, (3, 6, 8)), atol=1e-6
    )
    with pytest.raises(MnemoError, match="a normal of 16 dimensions does not fit latents of 8"):
        move(table, unit(16), "w", "e", 2.0, layers=6)


def test_a_shard_without_usable_photographs_stays_empty() -> None:
    empty = latents.table(place(0))
    assert move(empty, unit(8), "w", "e", 2.0, layers=6).equals(empty)


def z_table(rows: np.ndarray) -> object:
    return latents.table(place(len(rows)), z=rows)


def w_table(rows: np.ndarray) -> object:
    return latents.table(place(len(rows)), w=rows)


def place(n: int) -> dict[str, object]:
    return {
        "set": ["eval"] * n,
        "edit": [None] * n,
        "alpha": [None] * n,
        "image": [keys.of_seed(seed) for seed in range(n)],
        "seed": range(n),
        "class_index": [None] * n,
    }
