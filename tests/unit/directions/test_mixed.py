"""A hyperplane on style-mixed latents finds the layers that matter."""

from pathlib import Path

import numpy as np
import pytest

from mnemo import latents, tables
from mnemo.directions import hyperplanes, mixed
from mnemo.errors import MnemoError

LAYERS, DIM = 4, 6


def write(path: Path, rows: np.ndarray, first: int) -> Path:
    n = len(rows)
    columns = {
        "set": ["fit"] * n,
        "edit": [None] * n,
        "alpha": [None] * n,
        "image": [f"{first + row:07d}" for row in range(n)],
        "seed": range(n),
        "class_index": [None] * n,
    }
    made = tables.Provenance("tiny", "mix_latents", {}, {})
    tables.write(path, latents.LATENTS, latents.table(columns, w_plus=rows), made)
    return path


def test_the_rows_of_scored_images_are_gathered_in_their_order(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(5, LAYERS * DIM)).astype(np.float32)
    paths = [write(tmp_path / "0.parquet", rows[:3], 0), write(tmp_path / "1.parquet", rows[3:], 3)]
    found = mixed.gather(paths, ["0000001", "0000002", "0000004"])
    np.testing.assert_array_equal(found, rows[[1, 2, 4]])
    with pytest.raises(MnemoError, match="1 of 2 images have a score but no latent"):
        mixed.gather(paths, ["0000001", "0000009"])


def test_a_hyperplane_differs_between_layers_where_the_score_depends_on_one_alone() -> None:
    """If all layers shared one w, their parts of the normal would be equal."""
    random = np.random.default_rng(0)
    rows = random.normal(size=(2000, LAYERS, DIM)).astype(np.float32)
    along = random.normal(size=DIM)
    scores = rows[:, 2] @ along + random.normal(size=2000)
    plane = hyperplanes.fit(
        rows.reshape(2000, -1), scores, threshold="mean", permutations=0, repeats=1
    )
    assert plane.layers == 1
    parts = plane.normal.reshape(LAYERS, DIM)
    lengths = np.linalg.norm(parts, axis=1)
    assert lengths[2] > 0.95
    assert parts[2] @ along / (lengths[2] * np.linalg.norm(along)) > 0.98
    tiled = hyperplanes.fit(
        rows[:, 2], scores, threshold="mean", permutations=0, repeats=1, layers=LAYERS
    )
    equal = np.linalg.norm(tiled.normal.reshape(LAYERS, DIM), axis=1)
    np.testing.assert_allclose(equal, 1 / np.sqrt(LAYERS))
