"""The image change compares each edited image with its own original."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from torch import nn

from mnemo import images, tables
from mnemo.inversion import change
from mnemo.inversion.perceptual import Perceptual

SIZE = 8


@pytest.fixture(scope="module")
def colours() -> Perceptual:
    """A distance that compares the colours themselves, each place's scaled to unit length."""
    return Perceptual("colours", [nn.Identity()], [1.0], (-1.0,) * 3, (2.0,) * 3)


def drawn(seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(1, 256, (SIZE, SIZE, 3), np.uint8)


def unit(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    return image / np.linalg.norm(image.astype(float), axis=2, keepdims=True)


def expected(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(((unit(one) - unit(other)) ** 2).sum(axis=2).mean())


def write(path: Path, keys: list[str], seeds: list[int]) -> Path:
    n = len(keys)
    pixels = [images.encode(drawn(seed), key) for seed, key in zip(seeds, keys, strict=True)]
    columns = {"set": ["eval"] * n, "edit": ["0"] * n, "alpha": [1.0] * n, "image": keys}
    made = tables.Provenance("tiny", "render_images", {}, {})
    tables.write(path, images.IMAGES, {**columns, "pixels": pixels}, made)
    return path


def test_a_distance_is_that_of_the_formula_and_0_for_the_same_image(colours: Perceptual) -> None:
    found = change.distances(colours, drawn(0), [drawn(0), drawn(1), drawn(2)])
    np.testing.assert_allclose(
        found, [0, expected(drawn(0), drawn(1)), expected(drawn(0), drawn(2))], rtol=1e-5
    )


def test_every_version_is_compared_with_its_own_original_across_shards(
    colours: Perceptual, tmp_path: Path
) -> None:
    unedited = [
        write(tmp_path / "o0.parquet", ["a", "b"], [0, 1]),
        write(tmp_path / "o1.parquet", ["c"], [2]),
    ]
    # The versions of b are in two shards; a shard may be empty, and one may begin late.
    edited = [
        write(tmp_path / "e0.parquet", ["a", "a", "b"], [10, 0, 11]),
        write(tmp_path / "e1.parquet", [], []),
        write(tmp_path / "e2.parquet", ["b", "c"], [12, 13]),
    ]
    parts = list(change.measure(colours, edited, unedited))
    assert [len(part["image_change"]) for part in parts] == [3, 0, 2]
    pairs = [(0, 10), (0, 0), (1, 11), (1, 12), (2, 13)]
    np.testing.assert_allclose(
        np.concatenate([part["image_change"] for part in parts]),
        [expected(drawn(one), drawn(other)) for one, other in pairs],
        rtol=1e-5,
    )
    [late] = change.measure(colours, edited[2:], unedited)
    np.testing.assert_allclose(late["image_change"], parts[2]["image_change"])


def test_a_stored_image_is_the_one_that_is_read_again(tmp_path: Path) -> None:
    assert np.array_equal(change.stored(drawn(0), "webp"), drawn(0))
    jpeg = change.stored(drawn(0), "jpeg")
    assert not np.array_equal(jpeg, drawn(0))
    assert np.abs(jpeg.astype(int) - drawn(0)).mean() < 10
