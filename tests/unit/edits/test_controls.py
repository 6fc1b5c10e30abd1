"""Controls move as far as an edit, in directions of their own."""

import numpy as np
import pyarrow as pa
import pytest

from mnemo import latents
from mnemo.edits import controls

KEYS = [f"{seed:07d}" for seed in range(40)]


def table(rows: np.ndarray, space: str) -> pa.Table:
    n = len(rows)
    columns = {"set": ["eval"] * n, "image": KEYS[:n], "seed": range(n), "class_index": [None] * n}
    empty = {"edit": [None] * n, "alpha": [None] * n}
    return latents.table({**columns, **empty}, **{space: rows.astype(np.float32)})


def test_a_random_direction_is_an_images_own_and_depends_on_nothing_else() -> None:
    normals = controls.random(KEYS, 20, seed=1)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1)
    np.testing.assert_array_equal(controls.random(KEYS[5:], 20, seed=1), normals[5:])
    assert np.abs(normals @ normals.T - np.eye(40)).max() < 0.9
    assert not np.array_equal(controls.random(KEYS, 20, seed=2), normals)


def test_hyperplanes_on_permuted_scores_point_nowhere() -> None:
    random = np.random.default_rng(0)
    rows = random.normal(size=(400, 10)).astype(np.float32)
    along = random.normal(size=10)
    settings = {"threshold": "mean", "regularisation": 1.0, "seed": 0}
    normals = controls.permuted(KEYS, rows, rows @ along, **settings)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1)
    cosines = normals @ along / np.linalg.norm(along)
    # The cosine of a random direction in 10 dimensions has a deviation of 0.32.
    assert abs(cosines.mean()) < 3 * 0.32 / np.sqrt(40)
    again = controls.permuted(KEYS[3:], rows, rows @ along, **settings)
    np.testing.assert_array_equal(again, normals[3:])


@pytest.mark.parametrize("space", ["z", "w", "w_plus"])
def test_every_control_moves_each_image_by_alpha(space: str) -> None:
    rows = np.random.default_rng(0).normal(size=(5, 8))
    source = table(rows, "z" if space == "z" else "w")
    normals = {"random": controls.random(KEYS[:5], 8, 0), "brightness": np.eye(8)[:1]}
    variants = [("random", 2.0), ("brightness", -3.0)]
    moved = controls.edit(source, normals, variants, space, layers=6)
    assert moved["edit"].to_pylist() == ["random"] * 5 + ["brightness"] * 5
    assert moved["alpha"].to_pylist() == [2.0] * 5 + [-3.0] * 5
    assert moved["image"].to_pylist() == KEYS[:5] * 2
    shift = latents.matrix(moved, "z" if space == "z" else "w") - np.tile(rows, (2, 1))
    # In w_plus, the six layers move by alpha together.
    tiles = 6 if space == "w_plus" else 1
    expected = np.vstack([2 * normals["random"], np.repeat(-3 * np.eye(8)[:1], 5, axis=0)])
    np.testing.assert_allclose(shift * np.sqrt(tiles), expected, atol=1e-5)


def test_controls_of_some_layers_leave_the_others() -> None:
    rows = np.random.default_rng(0).normal(size=(2, 8))
    normals = {"random": controls.random(KEYS[:2], 8, 0)}
    edited = controls.edit(table(rows, "w"), normals, [("random", 1.0)], "w", layers=4, chosen=[2])
    moved = latents.matrix(edited, "w_plus").reshape(2, 4, 8)
    np.testing.assert_allclose(moved[:, 2], rows + normals["random"], atol=1e-5)
    np.testing.assert_allclose(moved[:, 3], rows, atol=1e-5)


@pytest.mark.parametrize("side", [1, -1])
def test_brightness_moves_to_the_side_of_the_edit(side: int) -> None:
    normal = np.random.default_rng(0).normal(size=8)
    normal /= np.linalg.norm(normal)
    tiled = np.tile(normal, 6) / np.sqrt(6)
    np.testing.assert_allclose(controls.beside(side * tiled, tiled, 6), [side * normal])
