"""A shard of aligned photographs is recovered, and the table says how well each was."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support.networks import small_stylegan2

from mnemo import generators, images, locks, tables
from mnemo.errors import MnemoError
from mnemo.generators import synthesis
from mnemo.generators.styled import Styled
from mnemo.inversion import photographs, search
from mnemo.inversion.table import INVERSIONS
from mnemo.latents import LATENTS

Pixels = NDArray[np.uint8]
OPTIONS: dict[str, Any] = {"space": "w", "steps": 30}


KEYS = [f"photo-{number:05d}" for number in range(1, 5)]


@pytest.fixture(scope="module", name="generator")
def make_generator() -> Styled:
    return small_stylegan2((16, 12, 8))


@pytest.fixture(scope="module", name="faces")
def render_faces(generator: Styled) -> Pixels:
    return generator.render(generator.map(generator.sample(range(4))))


def write(path: Path, faces: Pixels, usable: list[bool]) -> Path:
    """Write aligned photographs, those that are not usable without pixels."""
    keys = KEYS[: len(faces)]
    place = {
        "set": ["originals"] * len(keys),
        "edit": [None] * len(keys),
        "alpha": [None] * len(keys),
    }
    encoded = [
        images.encode(face, key) if each else None
        for face, key, each in zip(faces, keys, usable, strict=True)
    ]
    columns = {**place, "image": keys, "pixels": encoded}
    tables.write(path, images.IMAGES, columns, tables.Provenance("demo", "align_photos", {}, {}))
    return path


def test_a_job_inverts_the_usable_photographs_among_its_own(
    generator: Styled, faces: Pixels, tmp_path: Path
) -> None:
    path = write(tmp_path / "aligned.parquet", faces, [True, True, False, True])
    shard, pixels = photographs.read(path, KEYS[1:4])
    assert np.array_equal(pixels, faces[[1, 3]])
    found, inversions = photographs.recover(shard, pixels, generator, **OPTIONS)
    assert found.schema.equals(LATENTS)
    assert found["image"].to_pylist() == ["photo-00002", "photo-00004"]
    assert set(found["set"].to_pylist()) == {"photos"}
    assert found["seed"].null_count == found["z"].null_count == found["w_plus"].null_count == 2
    assert inversions.schema.equals(INVERSIONS)
    assert inversions["photo"].to_pylist() == found["image"].to_pylist()
    for name in ("perceptual", "perceptual_by", "identity_distance", "identity_by"):
        assert inversions[name].null_count == 2


def test_a_photograph_is_recovered_in_any_shard_alike(
    generator: Styled, faces: Pixels, tmp_path: Path
) -> None:
    path = write(tmp_path / "aligned.parquet", faces, [True] * 4)
    whole, alone = (
        photographs.recover(*photographs.read(path, KEYS[slice(*rows)]), generator, **OPTIONS)[0]
        for rows in ((0, 4), (2, 3))
    )
    # Kernels that depend on the batch round differently, and the steps enlarge that.
    np.testing.assert_allclose(whole["w"][2].as_py(), alone["w"][0].as_py(), atol=1e-3)


def test_the_latents_render_what_was_measured(
    generator: Styled, faces: Pixels, tmp_path: Path
) -> None:
    shard, pixels = photographs.read(write(tmp_path / "x.parquet", faces, [True] * 4), KEYS[0:4])
    for space in ("w", "w_plus"):
        found, inversions = photographs.recover(shard, pixels, generator, space=space, steps=30)
        made = synthesis.render(found, generator, 1.0)
        errors = (((made.astype(float) - pixels) / 127.5) ** 2).mean(axis=(1, 2, 3))
        # Rounding to 8 bits adds a twelfth of a level squared, and what it shares with the error.
        np.testing.assert_allclose(inversions["mse"], errors, atol=3e-5)
        assert inversions["steps"].to_pylist() == [30] * 4


def test_no_usable_photograph_is_no_error(generator: Styled, faces: Pixels, tmp_path: Path) -> None:
    shard, pixels = photographs.read(write(tmp_path / "x.parquet", faces, [False] * 4), KEYS[0:4])
    found, inversions = photographs.recover(shard, pixels, generator, **OPTIONS)
    assert len(found) == len(inversions) == 0
    assert found.schema.equals(LATENTS)
    assert inversions.schema.equals(INVERSIONS)


def test_a_photograph_that_does_not_converge_is_reported(
    generator: Styled, faces: Pixels, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shard, pixels = photographs.read(write(tmp_path / "x.parquet", faces, [True] * 4), KEYS[0:2])
    with caplog.at_level(logging.WARNING):
        inversions = photographs.recover(shard, pixels, generator, **OPTIONS)[1]
    assert inversions["converged"].to_pylist() == [False, False]
    assert "2 of 2 photographs have not converged after 30 steps" in caplog.text
    assert "photo-00001, photo-00002" in caplog.text


def test_the_description_of_convergence_is_that_of_the_search() -> None:
    told = INVERSIONS.field("converged").metadata[b"description"].decode()
    assert f"less than {search.FALL:.0%} in {search.EVERY * search.PATIENCE} steps" in told.replace(
        "2 %", "2%"
    )


class Embedder:
    """Embeds an image by its mean colour, and finds no face where that is dark."""

    def extract(self, pixels: Any) -> NDArray[np.float32]:
        means = np.array([each.mean(axis=(0, 1)) for each in pixels], np.float32)
        means[means.mean(axis=1) < 1] = np.nan
        return means


def test_identity_is_compared_where_both_images_show_a_face(
    generator: Styled, faces: Pixels, tmp_path: Path
) -> None:
    dark = np.concatenate([faces[:1], np.zeros_like(faces[:1])])
    shard, pixels = photographs.read(write(tmp_path / "x.parquet", dark, [True] * 2), KEYS[0:2])
    found, inversions = photographs.recover(
        shard, pixels, generator, **OPTIONS, embedder=Embedder(), identity_by="colour"
    )
    made = synthesis.render(found, generator, 1.0)
    expected = np.linalg.norm(np.subtract(*(each[0].mean(axis=(0, 1)) for each in (made, pixels))))
    assert inversions["identity_distance"][0].as_py() == pytest.approx(expected, rel=1e-4)
    assert inversions["identity_distance"][1].as_py() is None
    assert inversions["identity_by"].to_pylist() == ["colour"] * 2


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"noise": "optimised"}, "the noise const or none, not 'optimised'"),
        ({"schedule": "slow"}, "no schedule is called 'slow'; known: image2stylegan"),
        ({"class_index": 1}, "needs no classes"),
    ],
)
def test_what_is_not_possible_is_refused(
    generator: Styled, faces: Pixels, tmp_path: Path, options: dict[str, Any], told: str
) -> None:
    shard, pixels = photographs.read(write(tmp_path / "x.parquet", faces, [True] * 4), KEYS[0:1])
    with pytest.raises(MnemoError, match=told):
        photographs.recover(shard, pixels, generator, **OPTIONS, **options)


def test_the_checkpoint_of_a_killed_job_outlives_the_clearing_of_partial_files(
    generator: Styled, faces: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shard, pixels = photographs.read(write(tmp_path / "x.parquet", faces, [True] * 4), KEYS[0:1])
    path = tmp_path / "00000.parquet.abc.checkpoint"
    monkeypatch.setattr(
        "mnemo.checkpoints.resume.time.monotonic", iter(range(0, 10**6, 60)).__next__
    )
    photographs.recover(shard, pixels, generator, **OPTIONS, checkpoint=path)
    locks.clear_partials(tmp_path)
    assert path.is_file()


def test_a_photograph_is_recovered_in_z_by_a_generator_without_w(
    weights: Callable[[str], Path], faces_64: Pixels, tmp_path: Path
) -> None:
    generator = generators.load(weights("dcgan-faces"), "dcgan-faces")
    shard, pixels = photographs.read(write(tmp_path / "x.parquet", faces_64[:1], [True]), KEYS[0:1])
    found, inversions = photographs.recover(shard, pixels, generator, space="z", steps=20)
    assert len(found["z"][0].as_py()) == 100
    assert found["w"].null_count == 1
    assert inversions["noise"].to_pylist() == [None]


def test_photographs_of_cars_get_back_the_black_rows_that_are_cut_off() -> None:
    cut = np.full((2, 6, 8, 3), 200, np.uint8)
    whole = photographs.padded(cut, (1, 7), 8)
    assert whole.shape == (2, 8, 8, 3)
    assert (whole[:, 1:7] == 200).all()
    assert not whole[:, [0, 7]].any()
    assert photographs.padded(cut[:0], (1, 7), 8).shape[0] == 0
