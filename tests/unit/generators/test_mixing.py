"""Style-mixed latents: each layer's w is its own, and depends on the image's seed alone."""

import numpy as np
import pyarrow as pa
import pytest
from tests.support.networks import small_stylegan2

from mnemo import latents
from mnemo.generators import mixing, synthesis
from mnemo.generators.styled import Styled

SEEDS = range(20)


@pytest.fixture(scope="module")
def generator() -> Styled:
    return small_stylegan2()


@pytest.fixture(scope="module")
def mixed(generator: Styled) -> pa.Table:
    return mixing.draw(generator, "fit", SEEDS, psi=0.5)


def test_layer_0_keeps_the_images_own_seed(generator: Styled, mixed: pa.Table) -> None:
    plain = synthesis.draw(generator, "fit", SEEDS, psi=0.5)
    own = latents.layered(mixed, generator.layers)[:, 0]
    np.testing.assert_allclose(own, latents.matrix(plain, "w"), rtol=1e-5, atol=1e-6)
    assert mixed["z"].equals(plain["z"])
    assert mixed["image"].equals(plain["image"])


def test_the_layers_of_an_image_differ_and_w_is_null(generator: Styled, mixed: pa.Table) -> None:
    rows = latents.layered(mixed, generator.layers).reshape(-1, generator.w_dim)
    assert len(np.unique(rows, axis=0)) == len(SEEDS) * generator.layers
    assert mixed["w"].null_count == len(SEEDS)


def test_an_image_depends_on_its_seed_alone(generator: Styled, mixed: pa.Table) -> None:
    alone = mixing.draw(generator, "fit", [7], psi=0.5)
    np.testing.assert_allclose(
        latents.matrix(alone, "w_plus")[0], latents.matrix(mixed, "w_plus")[7], rtol=1e-5, atol=1e-6
    )


def test_the_draws_of_layers_are_independent_of_each_other_and_of_other_seeds() -> None:
    """Neighbouring seeds and layers, and the plain seeds, share nothing."""
    drawn = np.array([mixing.seeded(seed, layer, 500) for seed in range(5) for layer in range(18)])
    plain = np.array([np.random.RandomState(seed).randn(500) for seed in range(5, 95)])
    correlations = np.corrcoef(np.vstack([drawn, plain]))
    apart = np.abs(correlations[~np.eye(len(correlations), dtype=bool)])
    # Of 16,110 pairs, the largest correlation by chance is about 4 / sqrt(500).
    assert apart.max() < 5 / np.sqrt(500)
    assert abs(drawn.mean()) < 0.02
    assert drawn.std() == pytest.approx(1, abs=0.02)


def test_mixed_latents_are_truncated_and_rendered_layer_by_layer(
    generator: Styled, mixed: pa.Table
) -> None:
    full = latents.matrix(mixing.draw(generator, "fit", SEEDS, psi=1.0), "w_plus")
    half = latents.matrix(mixed, "w_plus")
    average = latents.matrix(mixing.draw(generator, "fit", SEEDS, psi=0.0), "w_plus")
    np.testing.assert_allclose(half, (full + average) / 2, rtol=1e-4, atol=1e-5)
    images = synthesis.render(mixed.slice(0, 2), generator, psi=0.5)
    expected = generator.render(latents.layered(mixed, generator.layers)[:2])
    assert images.tobytes() == expected.tobytes()
