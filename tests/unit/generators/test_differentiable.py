"""Every generator's images with a gradient: the images that it renders, and the right gradient."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tests.data import biggan_layouts, stylegan1_layouts, stylegan2_layouts
from torch import Tensor, nn

from mnemo import generators
from mnemo.errors import MnemoError
from mnemo.generators import dcgan, stylegan2
from mnemo.generators.styled import Styled

LABELS = [3, 0]
#: Channels from which StyleGAN2's inference on a CPU is by Winograd's convolutions, in its last
#: block.
WIDE = (24, 24, 16, 128)


class Made(NamedTuple):
    """A generator of random weights.

    Attributes:
        generator: The generator.
        network: Its network.
        latents: Latents that it renders.
        options: What else its `render` needs.
    """

    generator: Any
    network: nn.Module
    latents: NDArray[np.float32]
    options: dict[str, Any]


def make_dcgan(_: Path, widths: Sequence[int]) -> Made:
    torch.manual_seed(0)
    network = dcgan._network(widths)
    for module in network:
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.weight, module.bias, module.running_mean, module.running_var):
                tensor.data.copy_(torch.rand_like(tensor) + 0.5)
    generator = dcgan.build({}, network.state_dict(), "random")
    return Made(generator, generator.network, generator.sample([1, 2]), {})


def make_stylegan1(folder: Path, channels: Sequence[int]) -> Made:
    stylegan1_layouts.write_nvidia(folder / "any.pkl", stylegan1_layouts.variables(channels))
    return with_rows(generators.load(folder / "any.pkl"))


def make_stylegan2(_: Path, channels: Sequence[int], clamp: float | None = None) -> Made:
    drawn = stylegan2_layouts.network(channels, z_dim=8, w_dim=8)
    tensors = {name: torch.from_numpy(np.array(each)) for name, each in drawn.tensors.items()}
    return with_rows(stylegan2.build({**drawn.settings, "clamp": clamp}, tensors, "random"))


def with_rows(generator: Styled) -> Made:
    """Draw latents whose layers differ, near the mean."""
    drawn = np.random.RandomState(1).randn(2, generator.layers, generator.w_dim)
    w = generator.map(generator.sample([1, 2]))[:, None] + 0.1 * drawn.astype(np.float32)
    assert isinstance(generator.network, nn.Module)
    return Made(generator, generator.network, w, {})


def make_biggan(folder: Path, state: biggan_layouts.State) -> Made:
    biggan_layouts.write(state, folder / "any.pth")
    generator = generators.load(folder / "any.pth")
    options = {"classes": LABELS, "psi": 0.5}
    return Made(generator, generator._network, generator.sample([1, 2], 0.5), options)


SMALL: dict[str, Callable[[Path], Made]] = {
    "dcgan": partial(make_dcgan, widths=[20, 8, 8]),
    "stylegan1": partial(make_stylegan1, channels=[8, 6, 4]),
    "stylegan1, fused": partial(make_stylegan1, channels=[4, 4, 4, 4, 4, 3]),
    "stylegan2": partial(make_stylegan2, channels=(8, 6, 4)),
    "stylegan2, clamped": partial(make_stylegan2, channels=(8, 6, 4), clamp=1.5),
    "stylegan2, wide": partial(make_stylegan2, channels=WIDE),
    "biggan": lambda folder: make_biggan(folder, biggan_layouts.ganalyze(128, 8, 10)),
    "biggan-deep": lambda folder: make_biggan(folder, biggan_layouts.hugging_face(64, 8, 10)),
}


@pytest.fixture(params=SMALL)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Made:
    return SMALL[request.param](tmp_path)


def in_inference(made: Made) -> Tensor:
    """The images before `render` rounds them, by the operations by which it makes them."""
    with torch.inference_mode():
        return made.generator.differentiable(torch.from_numpy(made.latents), **made.options).clone()


def test_images_with_a_gradient_are_those_of_inference(made: Made) -> None:
    latents = torch.from_numpy(made.latents).requires_grad_()
    images = made.generator.differentiable(latents, **made.options)
    size = made.generator.resolution
    assert images.shape == (2, 3, size, size)
    assert (images - in_inference(made)).abs().max() < 1e-4 * max(1, images.abs().max())
    images.sum().backward()
    assert latents.grad is not None
    assert (latents.grad != 0).any(1).all()


def test_images_with_a_gradient_are_those_rendered(made: Made) -> None:
    latents = torch.from_numpy(made.latents).requires_grad_()
    images = made.generator.differentiable(latents, **made.options).detach()
    rendered = torch.from_numpy(made.generator.render(made.latents, **made.options)).movedim(3, 1)
    levels = getattr(made.generator, "_levels", 255) / 2
    offset = levels if made.options else 128
    expected = (images * levels + offset).clamp(0, 255)
    assert rendered.float().std() > 10
    # Cutting the fraction off takes up to one level.
    assert (rendered - expected).max() < 1e-2
    assert (expected - rendered).max() < 1 + 1e-2


@pytest.mark.parametrize("name", ["dcgan", "stylegan1", "stylegan2", "stylegan2, clamped"])
def test_the_gradient_is_that_of_finite_differences(name: str, tmp_path: Path) -> None:
    made = SMALL[name](tmp_path)
    made.network.double()
    latents = torch.from_numpy(made.latents).double().requires_grad_()
    assert torch.autograd.gradcheck(made.generator.differentiable, latents)


@pytest.mark.parametrize("name", ["biggan", "biggan-deep"])
def test_the_gradient_of_a_class_is_that_of_finite_differences(name: str, tmp_path: Path) -> None:
    made = SMALL[name](tmp_path)
    made.network.double()
    z = torch.from_numpy(made.latents).double().requires_grad_()
    # All pixels one by one would take minutes: `fast_mode` checks a random projection of them.
    assert torch.autograd.gradcheck(
        lambda rows: made.generator.differentiable(rows, **made.options), z, fast_mode=True
    )


def test_one_w_gets_the_sum_of_its_layers_gradients(tmp_path: Path) -> None:
    made = SMALL["stylegan2"](tmp_path)
    w = torch.from_numpy(made.latents[:, 0].copy()).requires_grad_()
    rows = w.detach()[:, None].repeat(1, made.generator.layers, 1).requires_grad_()
    for latents in (w, rows):
        made.generator.differentiable(latents).square().sum().backward()
    assert w.grad is not None
    assert rows.grad is not None
    torch.testing.assert_close(w.grad, rows.grad.sum(1))


@pytest.mark.parametrize("name", ["stylegan1", "stylegan2"])
def test_noise_of_ones_own_gets_a_gradient_too(name: str, tmp_path: Path) -> None:
    made = SMALL[name](tmp_path)
    made.network.double()
    w = torch.from_numpy(made.latents).double()
    draw = torch.Generator().manual_seed(0)
    sizes = made.generator.network.noise_resolutions
    maps = [torch.randn(2, 1, r, r, generator=draw, dtype=w.dtype) for r in sizes]
    assert torch.autograd.gradcheck(
        lambda *noise: made.generator.differentiable(w, noise=noise),
        [each.requires_grad_() for each in maps],
        fast_mode=True,
    )


@pytest.mark.parametrize("name", ["stylegan1", "stylegan2"])
@pytest.mark.parametrize(
    "noise", [{"noise": "none"}, {"noise": "random", "seeds": [5, 6]}], ids=["none", "random"]
)
def test_noise_is_that_of_the_rendered_image(
    name: str, noise: dict[str, Any], tmp_path: Path
) -> None:
    generator, _, latents, _ = SMALL[name](tmp_path)
    images = generator.differentiable(torch.from_numpy(latents), **noise)
    expected = (images.movedim(1, 3) * 127.5 + 128).clamp(0, 255).to(torch.uint8).numpy()
    difference = np.abs(expected.astype(int) - generator.render(latents, **noise))
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.01


def test_noise_maps_of_other_sizes_are_refused(tmp_path: Path) -> None:
    generator, _, latents, _ = SMALL["stylegan2"](tmp_path)
    with pytest.raises(MnemoError, match=r"noise must be 5 maps of 4, 8, 8, 16, 16 pixels"):
        generator.differentiable(torch.from_numpy(latents), noise=[torch.zeros(1, 1, 4, 4)])


def test_latents_of_another_shape_are_refused(made: Made) -> None:
    with pytest.raises(MnemoError, match=r"latents must have the shape \(n, "):
        made.generator.differentiable(torch.zeros(2, 3), **made.options)
