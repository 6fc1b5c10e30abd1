"""A latent depends on its seed alone, and an image on its latent alone."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnemo import generators, latents
from mnemo.generators import Generator, synthesis


@pytest.fixture(scope="module")
def generator(weights: Callable[[str], Path]) -> Generator:
    return generators.load(weights("dcgan-faces"), "dcgan-faces")


def test_a_latent_is_drawn_as_nvidia_and_the_paper_draw_it(generator: Generator) -> None:
    z = latents.matrix(synthesis.draw(generator, "fit", [42], 1.0), "z")
    expected = np.random.RandomState(42).randn(1, 100).astype(np.float32)
    np.testing.assert_array_equal(z, expected)


def test_a_latent_does_not_depend_on_the_shard_that_it_is_in(generator: Generator) -> None:
    alone = synthesis.draw(generator, "fit", [7], 0.8)
    among = synthesis.draw(generator, "fit", range(10), 0.8).slice(7, 1)
    assert alone.equals(among)


def test_truncation_scales_the_latent_towards_the_mean_face(generator: Generator) -> None:
    whole = latents.matrix(synthesis.draw(generator, "fit", [1], 1.0), "z")
    half = latents.matrix(synthesis.draw(generator, "fit", [1], 0.5), "z")
    np.testing.assert_allclose(half, whole / 2, rtol=1e-6)


def test_with_psi_0_every_seed_is_the_mean_face(generator: Generator) -> None:
    faces = generator.render(generator.sample([1, 2, 3], psi=0.0))
    assert (faces == faces[0]).all()


def test_an_image_does_not_depend_on_those_rendered_with_it(generator: Generator) -> None:
    together = generator.render(generator.sample(range(300), psi=0.8))
    for seed in (0, 127, 128, 299):
        alone = generator.render(generator.sample([seed], psi=0.8))
        np.testing.assert_array_equal(alone[0], together[seed])


@given(seed=st.integers(0, 2**32 - 1), alpha=st.floats(-1000, 1000))
def test_noise_is_drawn_from_the_seed_and_alpha_of_an_image(seed: int, alpha: float) -> None:
    drawn = synthesis._noise_seed(seed, alpha)
    assert drawn == synthesis._noise_seed(seed, alpha)
    assert 0 <= drawn < 2**63
    assert drawn != synthesis._noise_seed(seed, alpha + 1)
    assert synthesis._noise_seed(seed, -0.0) == synthesis._noise_seed(seed, 0.0)
