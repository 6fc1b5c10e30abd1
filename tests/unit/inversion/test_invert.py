"""Images of known latents are recovered, each on its own, and the record says how."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.stats import chi
from tests.data import biggan_layouts, stylegan1_layouts
from tests.support.networks import small_stylegan2

from mnemo import generators
from mnemo.errors import MnemoError
from mnemo.generators.styled import Styled
from mnemo.inversion.record import Inversion
from mnemo.inversion.schedules import IMAGE2STYLEGAN, PROJECTOR
from mnemo.inversion.search import EXACT

Pixels = NDArray[np.uint8]


def error(made: Pixels, image: Pixels) -> NDArray[np.float64]:
    """Mean absolute error of each image, in levels of 255."""
    return np.abs(made.astype(float) - image).mean(axis=(1, 2, 3))


@pytest.fixture(scope="module", name="generator")
def make_generator() -> Styled:
    return small_stylegan2()


@pytest.fixture(scope="module", name="w")
def draw_w(generator: Styled) -> NDArray[np.float32]:
    return generator.map(generator.sample(range(2)))


@pytest.fixture(scope="module", name="images")
def render_images(generator: Styled, w: NDArray[np.float32]) -> Pixels:
    images = generator.render(w)
    assert images.std() > 20
    return images


@pytest.fixture(scope="module", name="found")
def invert_images(generator: Styled, images: Pixels) -> Inversion:
    return generator.invert(images)


@pytest.fixture(scope="module", name="mixed")
def render_mixed(generator: Styled) -> Pixels:
    """An image whose layers have w of their own, far from each other: one w can't make it."""
    layers = generator.map(generator.sample(range(10, 10 + generator.layers)))
    return generator.render(layers[np.newaxis])


def test_a_face_of_known_w_is_recovered_in_w(
    images: Pixels, w: NDArray[np.float32], found: Inversion
) -> None:
    assert found.latents.shape == w.shape
    assert (error(found.images, images) < 0.1).all()  # at most 2 were wanted
    assert np.abs(found.latents - w).mean() < 0.02
    assert found.converged.all()


def test_the_recovered_image_is_what_the_latent_renders(
    generator: Styled, found: Inversion
) -> None:
    assert np.array_equal(found.images, generator.render(found.latents))


def test_early_stopping_saves_steps_at_equal_loss(
    generator: Styled, images: Pixels, found: Inversion
) -> None:
    whole = generator.invert(images, early=False)
    assert (whole.steps == 1000).all()
    assert found.steps.mean() < 700
    assert (found.pixel < 1.05 * whole.pixel).all()


def test_an_image_of_known_w_is_recovered_in_w_plus_too(generator: Styled, images: Pixels) -> None:
    found = generator.invert(images, "w_plus")
    assert found.latents.shape == (2, generator.layers, generator.w_dim)
    assert (error(found.images, images) < 0.3).all()


def test_an_image_that_one_w_cannot_make_is_recovered_in_w_plus_alone(
    generator: Styled, mixed: Pixels
) -> None:
    one, each = (generator.invert(mixed, space) for space in ("w", "w_plus"))
    assert error(each.images, mixed)[0] < 2 < error(one.images, mixed)[0]
    assert not one.converged[0] or one.pixel[0] > EXACT
    assert each.pixel[0] < one.pixel[0] / 100


def test_an_image_is_recovered_alone_as_in_a_batch(
    generator: Styled, images: Pixels, mixed: Pixels, found: Inversion
) -> None:
    batch = generator.invert(np.concatenate([mixed, images]), steps=200)
    alone = generator.invert(mixed, steps=200)
    # Kernels that depend on the batch round differently, and the steps enlarge that.
    np.testing.assert_allclose(batch.latents[0], alone.latents[0], atol=1e-3)
    apart = generator.invert(images, batch=1)
    np.testing.assert_allclose(apart.latents, found.latents, atol=1e-3)
    assert np.array_equal(apart.steps, found.steps)
    assert np.abs(apart.images.astype(int) - found.images).max() <= 1


def test_a_seed_gives_the_same_inversion_again(generator: Styled, images: Pixels) -> None:
    one, again, other = (generator.invert(images, steps=30, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(one.latents, again.latents)
    assert np.array_equal(one.losses, again.losses)
    assert not np.array_equal(one.latents, other.latents)


def test_the_record_holds_a_loss_for_each_step_that_was_taken(found: Inversion) -> None:
    assert found.losses.shape == (2, 1000)
    for losses, steps in zip(found.losses, found.steps, strict=True):
        assert np.isfinite(losses[:steps]).all()
        assert np.isnan(losses[steps:]).all()
        assert losses[steps - 1] < losses[0] / 100


def test_an_image_that_needs_more_steps_is_told_as_not_converged(
    generator: Styled, images: Pixels
) -> None:
    found = generator.invert(images, "w_plus", steps=200, schedule=IMAGE2STYLEGAN)
    assert not found.converged.any()
    assert (found.steps == 200).all()
    assert (found.pixel > EXACT).all()


def test_noise_can_be_added_to_each_layers_w_too(generator: Styled, images: Pixels) -> None:
    found = generator.invert(images, "w_plus", steps=2, schedule=PROJECTOR)
    assert np.isfinite(found.losses).all()
    assert not np.array_equal(found.losses, generator.invert(images, "w_plus", steps=2).losses)


def test_with_optimised_noise_the_image_is_that_of_the_latent_and_the_noise(
    generator: Styled, mixed: Pixels
) -> None:
    found = generator.invert(mixed, steps=300, noise="optimised")
    assert found.noise is not None
    for each in found.noise:
        assert each.mean() == pytest.approx(0, abs=1e-5)
        assert (each**2).mean() == pytest.approx(1, abs=1e-4)
    maps = [torch.from_numpy(each) for each in found.noise]
    made = generator.differentiable(torch.from_numpy(found.latents), noise=maps)
    expected = (made * 127.5 + 128).clamp(0, 255).to(torch.uint8).movedim(1, 3).numpy()
    assert np.abs(found.images.astype(int) - expected).max() <= 1
    # The maps that came with the weights make another image of the same latent.
    assert error(found.images, generator.render(found.latents))[0] > 1


def test_a_face_of_stylegan1_is_recovered(tmp_path: Path) -> None:
    stylegan1_layouts.write_nvidia(tmp_path / "any.pkl", stylegan1_layouts.variables([8, 8, 6]))
    generator = generators.load(tmp_path / "any.pkl")
    images = generator.render(generator.map(generator.sample([1])))
    # What is beyond black or white was cut off, and must not keep the latent from its place.
    assert ((images == 0) | (images == 255)).mean() > 0.02
    found = generator.invert(images)
    assert error(found.images, images)[0] < 0.1


def test_a_face_of_the_embedded_generator_is_recovered(weights: Callable[[str], Path]) -> None:
    generator = generators.load(weights("dcgan-faces"), "dcgan-faces")
    z = generator.sample([1])
    images = generator.render(z)
    found = generator.invert(images, steps=500)
    assert (error(found.images, images) < 5).all()
    # Between two random latents, it would be the square root of 2.
    assert (np.sqrt(((found.latents - z) ** 2).mean(axis=1)) < 0.7).all()
    assert (np.linalg.norm(found.latents, axis=1) < chi.ppf(0.999, 100)).all()


@pytest.mark.parametrize("name", ["biggan", "biggan-deep"])
def test_an_image_of_a_class_is_recovered_within_the_truncation(name: str, tmp_path: Path) -> None:
    state = {
        "biggan": lambda: biggan_layouts.ganalyze(128, 4, 10),
        "biggan-deep": lambda: biggan_layouts.hugging_face(64, 4, 10),
    }[name]()
    biggan_layouts.write(state, tmp_path / "any.pth")
    generator = generators.load(tmp_path / "any.pth")
    options: dict[str, Any] = {"classes": [3], "psi": 0.5}
    images = generator.render(generator.sample([1], 0.5), **options)
    found = generator.invert(images, steps=50, **options)
    assert np.array_equal(found.images, generator.render(found.latents, **options))
    assert found.pixel[0] < found.losses[0, 0] / 2
    assert np.abs(found.latents).max() <= 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"space": "z"}, "inverted in w or w_plus, not in 'z'"),
        ({"noise": "random"}, "noise must be one of const, none, optimised, but is 'random'"),
        ({"classes": [1, 2]}, "needs no classes, not 2"),
        ({"steps": 0}, "at least one image, step and image at once"),
    ],
)
def test_what_is_not_possible_is_refused(
    generator: Styled, images: Pixels, options: dict[str, Any], told: str
) -> None:
    with pytest.raises(MnemoError, match=told):
        generator.invert(images, **options)


def test_images_of_another_size_are_refused(generator: Styled, images: Pixels) -> None:
    with pytest.raises(MnemoError, match=r"the shape \(n, 32, 32, 3\)"):
        generator.invert(images[:, :16])
