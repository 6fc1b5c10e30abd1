"""The ramps and the noise maps of NVIDIA's projector, against its formulas in float64."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tests.support.networks import small_stylegan2

from mnemo.inversion import noise
from mnemo.inversion.schedules import IMAGE2STYLEGAN, PROJECTOR
from mnemo.inversion.search import Search, Settings

STEPS = 1000
Array = NDArray[np.float64]


def test_the_learning_rate_is_that_of_the_projector() -> None:
    t = np.arange(STEPS) / STEPS
    left = np.minimum(1, (1 - t) / 0.25)
    expected = 0.1 * (0.5 - 0.5 * np.cos(left * np.pi)) * np.minimum(1, t / 0.05)
    np.testing.assert_allclose([PROJECTOR.rate_at(done) for done in t], expected, rtol=1e-12)
    assert expected.argmax() == 50
    assert expected[0] == 0
    assert expected[-1] < 1e-5


def test_the_noise_on_w_falls_as_in_the_projector() -> None:
    t = np.arange(STEPS) / STEPS
    expected = 0.05 * np.maximum(0, 1 - t / 0.75) ** 2
    np.testing.assert_allclose([PROJECTOR.noise_at(done) for done in t], expected, rtol=1e-12)
    assert expected[750] == 0


def test_image2stylegan_has_a_constant_learning_rate_and_no_noise() -> None:
    assert {IMAGE2STYLEGAN.rate_at(done) for done in np.arange(STEPS) / STEPS} == {0.01}
    assert {IMAGE2STYLEGAN.noise_at(done) for done in np.arange(STEPS) / STEPS} == {0.0}


def regularisation(level: Array) -> float:
    """One map's squared lag-1 autocorrelations, over its pyramid down to 8 pixels."""
    total = 0.0
    while True:
        size = len(level)
        after = [(i + 1) % size for i in range(size)]
        total += float(np.mean(level * level[:, after])) ** 2
        total += float(np.mean(level * level[after])) ** 2
        if size <= 8:
            return total
        level = level.reshape(size // 2, 2, size // 2, 2).mean(axis=(1, 3))


def test_the_autocorrelation_of_noise_is_that_of_the_formula() -> None:
    draw = np.random.default_rng(0)
    sizes = [4, 8, 8, 16, 16, 64]
    maps = [draw.normal(size=(3, 1, size, size)) for size in sizes]
    maps[5] += np.sin(np.arange(64) / 3)  # what noise is not to hold
    expected = [sum(regularisation(each[image, 0]) for each in maps) for image in range(3)]
    made = noise.autocorrelation([torch.from_numpy(each) for each in maps])
    np.testing.assert_allclose(made.numpy(), expected, rtol=1e-12)


def test_noise_is_normalised_to_a_mean_of_0_and_a_mean_square_of_1() -> None:
    maps = np.random.default_rng(0).normal(3, 2, size=(2, 8, 8))
    expected = maps - maps.mean(axis=(1, 2), keepdims=True)
    expected /= np.sqrt((expected**2).mean(axis=(1, 2), keepdims=True))
    made = [torch.from_numpy(each.copy()) for each in maps]
    noise.normalise(made)
    np.testing.assert_allclose(torch.stack(made).numpy(), expected, rtol=1e-12)


def test_w_starts_at_the_mean_and_is_disturbed_in_units_of_its_spread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    generator = small_stylegan2()
    z = np.random.RandomState(123).randn(10_000, 16).astype(np.float32)
    w = generator.map(z).astype(np.float64)
    mean = w.mean(axis=0)
    # One number for all dimensions together: the root mean squared distance to the mean.
    spread = np.sqrt(((w - mean) ** 2).sum() / 10_000)
    given: list[Any] = []
    plain = generator.differentiable

    def record(latents: torch.Tensor, **options: Any) -> torch.Tensor:
        given.append(latents.detach().numpy().astype(float))
        return plain(latents, **options)

    monkeypatch.setattr(generator, "differentiable", record)
    generator.invert(np.zeros((2, 32, 32, 3), np.uint8), steps=1, seed=7)
    drawn = torch.randn(16, generator=torch.Generator().manual_seed(7)).numpy()
    expected = mean + 0.05 * spread * drawn
    np.testing.assert_allclose(given[0], [expected, expected], atol=1e-5)


def test_optimised_noise_starts_as_the_normal_noise_that_its_seed_draws() -> None:
    generator = small_stylegan2()
    search = Search(generator, Settings("w", PROJECTOR, seed=7, noise="optimised"))
    search.aim(np.zeros((2, 32, 32, 3), np.uint8), None)
    maps = search.begin().maps
    draw = torch.Generator().manual_seed(7)
    for layer, size in enumerate([4, 8, 8, 16, 16, 32, 32]):
        expected = torch.randn(1, size, size, generator=draw)
        assert torch.equal(maps[0][layer], expected)
        assert torch.equal(maps[1][layer], expected)
