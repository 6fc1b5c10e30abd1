"""Latents of photographs that other programs found become the set photos."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.support.networks import small_stylegan2

from mnemo import latents
from mnemo.errors import MnemoError
from mnemo.generators import synthesis
from mnemo.generators.styled import Styled
from mnemo.interop import Latents, Space
from mnemo.photos import imported


@pytest.fixture(scope="module", name="generator")
def make_generator() -> Styled:
    return small_stylegan2((16, 12, 8))


def sizes(generator: Styled) -> dict[str, int]:
    return {"z_dim": generator.z_dim, "w_dim": generator.w_dim, "layers": generator.layers}


def test_latents_in_w_plus_render_as_they_would_in_the_program_that_found_them(
    generator: Styled, tmp_path: Path
) -> None:
    w = generator.map(generator.sample(range(3 * generator.layers)))
    rows = w.reshape(3, generator.layers, -1)
    np.save(tmp_path / "wp.npy", rows)
    found = imported.read(tmp_path / "wp.npy", None, 3, **sizes(generator))
    shard = imported.table(
        found, generator, "photos", ["photo-00002", "photo-00003"], range(1, 3), 0.5
    )
    assert shard["image"].to_pylist() == ["photo-00002", "photo-00003"]
    assert set(shard["set"].to_pylist()) == {"photos"}
    np.testing.assert_array_equal(
        synthesis.render(shard, generator, 0.5), generator.render(rows[1:3])
    )


def test_latents_in_z_are_mapped_with_the_studys_truncation(
    generator: Styled, tmp_path: Path
) -> None:
    z = generator.sample(range(2))
    np.save(tmp_path / "z.npy", z)
    found = imported.read(tmp_path / "z.npy", "z", 2, **sizes(generator))
    shard = imported.table(found, generator, "photos", ["a", "b"], range(2), 0.5)
    np.testing.assert_array_equal(latents.matrix(shard, "w"), generator.map(z, 0.5))


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_images_of_a_files_seeds_are_those_that_the_seeds_draw(
    generator: Styled, tmp_path: Path, ending: str
) -> None:
    path, seeds = tmp_path / f"seeds.{ending}", [7, 3, 4_000_000_000]
    frame = pd.DataFrame({"seed": seeds, "memorable": [0.1, 0.2, 0.3]})
    frame.to_csv(path, index=False) if ending == "csv" else frame.to_parquet(path)
    found = imported.read(path, None, 3, **sizes(generator))
    shard = imported.table(found, generator, "fit", ["b", "c"], range(1, 3), 0.5)
    drawn = synthesis.draw(generator, "fit", seeds[1:], 0.5)
    assert shard["image"].to_pylist() == ["b", "c"]
    for column in ("seed", "z", "w"):
        assert shard[column].to_pylist() == drawn[column].to_pylist()


@pytest.mark.parametrize(
    ("text", "space", "told"),
    [
        ("seed\n3\n3\n", None, r"seeds\.csv, row 2 of the seeds: '3' is there twice"),
        ("seed\n3\n-1\n", None, "row 2 of the seeds: '-1' is no whole number from 0 to"),
        ("seed\n3\nx\n", None, "row 2 of the seeds: 'x' is no whole number from 0 to"),
        ("number\n3\n4\n", None, "has no column called seed"),
        ("seed\n3\n", None, r"has 1 latents, and photos\.count is 2"),
        ("seed\n3\n4\n", "w", "has seeds, which latents in z are drawn from, not in w"),
    ],
)
def test_seeds_that_are_none_are_refused(
    generator: Styled, tmp_path: Path, text: str, space: Space | None, told: str
) -> None:
    (tmp_path / "seeds.csv").write_text(text)
    with pytest.raises(MnemoError, match=told):
        imported.read(tmp_path / "seeds.csv", space, 2, **sizes(generator))


def test_latents_of_a_parquet_file_are_read_in_the_space_that_is_wanted(
    generator: Styled, tmp_path: Path
) -> None:
    z = generator.sample(range(2))
    layered = np.repeat(generator.map(z)[:, np.newaxis], generator.layers, axis=1)
    columns = {"image": ["a.png", "b.png"], "z": list(z), "w_plus": list(layered.reshape(2, -1))}
    pd.DataFrame(columns).to_parquet(tmp_path / "seen.parquet")

    def read(space: Space | None) -> Latents:
        return imported.read(tmp_path / "seen.parquet", space, 2, **sizes(generator))

    np.testing.assert_array_equal(read("z").rows, z)
    np.testing.assert_array_equal(read("w_plus").rows, layered)
    with pytest.raises(MnemoError, match="latents in z and w_plus, .*: set `space` to one"):
        read(None)
    shard = imported.table(read("z"), generator, "fit", ["latent-00002"], range(1, 2), 0.5)
    assert shard["set"].to_pylist() == ["fit"]
    np.testing.assert_array_equal(latents.matrix(shard, "z"), z[1:])


def test_a_parquet_file_without_whole_latents_is_refused(generator: Styled, tmp_path: Path) -> None:
    path = tmp_path / "seen.parquet"
    for column, problem in (
        ([[1.0, 2.0], [1.0]], "equally many numbers"),
        ([[1.0], None], "no space"),
        ([1.0, 2.0], "no space"),
        ([[1.0], [np.inf]], "finite"),
    ):
        pd.DataFrame({"z": column}).to_parquet(path)
        with pytest.raises(MnemoError, match=problem):
            imported.read(path, None, 2, **sizes(generator))


@pytest.mark.parametrize(
    ("shape", "space", "count", "problem"),
    [
        ((2, 8), "w", 3, r"has 2 latents, and photos\.count is 3"),
        ((2, 5), "w", 2, "belong to another generator"),
        ((2, 9, 8), None, 2, "belong to another generator"),
        ((2, 5), "z", 2, "belong to another generator"),
    ],
)
def test_latents_that_do_not_fit_are_refused(
    tmp_path: Path, shape: tuple[int, ...], space: str | None, count: int, problem: str
) -> None:
    np.save(tmp_path / "latents.npy", np.zeros(shape, np.float32))
    with pytest.raises(MnemoError, match=problem):
        imported.read(tmp_path / "latents.npy", space, count, z_dim=4, w_dim=8, layers=6)  # type: ignore[arg-type]
