"""Latents are gathered from shards in the order wanted."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mnemo import generators, keys, latents, tables
from mnemo.errors import MnemoError
from mnemo.generators import Generator, synthesis

WRITER = tables.Provenance("demo", "sample_latents", {}, {})


@pytest.fixture(scope="module")
def generator(weights: Callable[[str], Path]) -> Generator:
    return generators.load(weights("dcgan-faces"), "dcgan-faces")


def test_latents_are_gathered_in_the_order_wanted_without_those_unwanted(
    tmp_path: Path, generator: Generator
) -> None:
    paths = []
    for shard in range(3):
        paths.append(tmp_path / f"{shard}.parquet")
        drawn = synthesis.draw(generator, "fit", range(10 * shard, 10 * shard + 10), 0.8)
        tables.write(paths[-1], latents.LATENTS, drawn, WRITER)
    seeds = [0, 9, 10, 25]
    wanted = pd.Index([keys.of_seed(seed) for seed in seeds])
    np.testing.assert_array_equal(
        latents.gather(paths, "z", wanted), generator.sample(seeds, psi=0.8)
    )


def test_an_image_without_a_latent_is_told(tmp_path: Path, generator: Generator) -> None:
    path = tmp_path / "0.parquet"
    drawn = synthesis.draw(generator, "fit", range(3), 0.8)
    tables.write(path, latents.LATENTS, drawn, WRITER)
    with pytest.raises(MnemoError, match="1 of 2 images have a score but no latent"):
        latents.gather([path], "z", pd.Index(["0000001", "0000009"]))


def test_scores_in_another_order_than_their_latents_are_refused(
    tmp_path: Path, generator: Generator
) -> None:
    path = tmp_path / "0.parquet"
    tables.write(path, latents.LATENTS, synthesis.draw(generator, "fit", range(3), 0.8), WRITER)
    with pytest.raises(ValueError, match="different orders"):
        latents.gather([path], "z", pd.Index(["0000002", "0000001"]))
