"""StyleGAN2, against NVIDIA's implementation with the same random weights, and its definition."""

import math
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy import signal
from tests.support.references import package
from torch import Tensor

from mnemo.errors import MnemoError
from mnemo.generators import Mapped, styled, stylegan2
from mnemo.generators.styled import Styled

SEEDS = [1, 42]


@pytest.fixture(scope="module", name="nvidia")
def import_nvidia() -> Iterator[Any]:
    """NVIDIA's `training.networks`, which the package draggan ships."""
    before, modules = list(sys.path), set(sys.modules)
    sys.path.insert(0, str(package("draggan", "1.1.6") / "draggan" / "stylegan2"))
    from training import networks

    yield networks
    sys.path[:] = before
    for name in set(sys.modules) - modules:
        if name.split(".")[0] in {"dnnlib", "torch_utils", "training"}:
            del sys.modules[name]


def random(nvidia: Any, resolution: int, z_dim: int = 32, **options: Any) -> Any:
    """A generator of NVIDIA's class with random weights, none of them at its initial value."""
    torch.manual_seed(0)
    network = nvidia.Generator(
        z_dim=z_dim,
        c_dim=0,
        w_dim=48,
        img_resolution=resolution,
        img_channels=3,
        mapping_kwargs={"num_layers": 3, "layer_features": 40},
        synthesis_kwargs={"num_fp16_res": 0, "conv_clamp": None, **options},
    )
    for name, tensor in [*network.named_parameters(), *network.named_buffers()]:
        if name.endswith(("bias", "noise_strength", "w_avg")):
            tensor.data.add_(0.3 * torch.randn_like(tensor))
        elif name.endswith("torgb.weight"):
            tensor.data.mul_(0.2)  # so that few pixels are black or white
    return network.eval().requires_grad_(False)


def ours(network: Any, **settings: Any) -> Styled:
    """The generator with the weights of one of NVIDIA's."""
    tensors = {
        name: tensor.clone()
        for name, tensor in network.state_dict().items()
        if not name.endswith("resample_filter")
    }
    blocks = network.synthesis.block_resolutions
    channels = [len(tensors[f"synthesis.b{size}.conv1.weight"]) for size in blocks]
    told = {"mapping_layers": 3, "mapping_features": 40, **settings}
    return stylegan2.build(
        {"z_dim": network.z_dim, "w_dim": network.w_dim, "channels": channels, **told},
        tensors,
        "weights.pkl",
    )


def theirs(network: Any, ws: NDArray[np.float32], noise: str = "const") -> NDArray[np.uint8]:
    """NVIDIA's images of w, as their `generate.py` makes them."""
    images = network.synthesis(torch.from_numpy(ws), noise_mode=noise)
    bytes_ = (images.permute(0, 2, 3, 1) * 127.5 + 128).clamp(0, 255).to(torch.uint8)
    return bytes_.numpy()


def difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> int:
    return int(np.abs(one.astype(int) - other).max())


@pytest.fixture(scope="module", name="pair")
def small_pair(nvidia: Any) -> tuple[Styled, Any]:
    network = random(nvidia, 32, channel_base=512, channel_max=24)
    return ours(network), network


@pytest.fixture(scope="module", name="generator")
def small_generator(pair: tuple[Styled, Any]) -> Styled:
    return pair[0]


# The reference


@pytest.mark.parametrize(
    ("resolution", "options"),
    [
        pytest.param(4, {"channel_base": 64}, id="4 px"),
        pytest.param(32, {}, id="config-f, 32 px"),
        pytest.param(64, {}, id="config-f, 64 px"),
        pytest.param(128, {"channel_base": 16384, "channel_max": 128}, id="config-e's top, 128 px"),
        pytest.param(256, {"channel_base": 1280, "channel_max": 24}, id="other widths, 256 px"),
        pytest.param(32, {"channel_base": 512, "conv_clamp": 0.5}, id="clamped"),
        pytest.param(32, {"channel_base": 512, "resample_filter": [1, 2, 3, 4]}, id="filter"),
    ],
)
def test_images_are_nvidias_within_one_step(
    nvidia: Any, resolution: int, options: dict[str, Any]
) -> None:
    network = random(nvidia, resolution, **options)
    generator = ours(
        network,
        clamp=options.get("conv_clamp"),
        resample_filter=options.get("resample_filter", [1, 3, 3, 1]),
    )
    assert generator.resolution == resolution
    w = generator.map(generator.sample(SEEDS))
    expected = theirs(network, np.repeat(w[:, None], generator.layers, axis=1))
    assert expected.std() > 20
    assert difference(generator.render(w), expected) <= 1


def test_each_layer_takes_its_own_w_as_nvidias_does(pair: tuple[Styled, Any]) -> None:
    generator, network = pair
    ws = np.random.RandomState(0).randn(2, generator.layers, 48).astype(np.float32)
    assert difference(generator.render(ws), theirs(network, ws)) <= 1


def test_without_noise_images_are_nvidias_without(pair: tuple[Styled, Any]) -> None:
    generator, network = pair
    ws = np.random.RandomState(0).randn(2, generator.layers, 48).astype(np.float32)
    assert difference(generator.render(ws, noise="none"), theirs(network, ws, "none")) <= 1
    assert difference(generator.render(ws, noise="none"), generator.render(ws)) > 1


@pytest.mark.parametrize("psi", [1, 0.7, 0.3, -1, 0])
@pytest.mark.parametrize("cutoff", [None, 0, 3, 8])
def test_w_is_nvidias(pair: tuple[Styled, Any], psi: float, cutoff: int | None) -> None:
    generator, network = pair
    z = generator.sample(SEEDS)
    expected = network.mapping(
        torch.from_numpy(z), None, truncation_psi=psi, truncation_cutoff=cutoff
    ).numpy()
    made = generator.map(z, psi, cutoff)
    if cutoff is None:
        expected = expected[:, 0]
    assert made.shape == expected.shape
    np.testing.assert_allclose(made, expected, atol=1e-5)


def test_a_seed_is_the_latent_that_nvidia_draws(generator: Mapped) -> None:
    for seed, z in zip(SEEDS, generator.sample(SEEDS), strict=True):
        assert np.array_equal(z, np.random.RandomState(seed).randn(1, 32)[0].astype(np.float32))


# The definition


@pytest.mark.parametrize(
    ("inputs", "outputs", "resolution", "up"),
    [
        pytest.param(24, 40, 16, False, id="narrow"),
        pytest.param(512, 512, 32, False, id="wide"),
        pytest.param(24, 40, 16, True, id="narrow, up-sampling"),
        pytest.param(512, 256, 32, True, id="wide, up-sampling"),
    ],
)
def test_a_modulated_convolution_equals_its_definition(
    inputs: int, outputs: int, resolution: int, up: bool
) -> None:
    draw = torch.Generator().manual_seed(0)
    taps = [1, 3, 3, 1] if up else None
    layer = stylegan2.Convolution(inputs, outputs, 8, resolution, taps, clamp=None)
    for tensor in layer.state_dict().values():
        tensor.copy_(torch.randn(tensor.shape, generator=draw))
    layer.affine.bias.data.add_(1)
    size = resolution // 2 if up else resolution
    x = torch.randn(2, inputs, size, size, generator=draw)
    w = torch.randn(2, 8, generator=draw)
    expected = [definition(layer, *each, up) for each in zip(x.double(), w.double(), strict=True)]

    for module in (layer.affine, layer):
        module.requires_grad_(False).prepare()
    made = torch.full((2, resolution + 2, resolution + 2, outputs), math.nan).permute(0, 3, 1, 2)
    layer(F.pad(x, (1, 1, 1, 1)).contiguous(memory_format=torch.channels_last), w, None, made)
    assert (made[:, :, 1:-1, 1:-1] - torch.stack(expected)).abs().max() < 1e-4
    framed = F.pad(made[:, :, 1:-1, 1:-1], (1, 1, 1, 1))
    assert torch.equal(made, framed)


def definition(layer: stylegan2.Convolution, x: Tensor, w: Tensor, up: bool) -> Tensor:
    """One image's convolution, by equations 1 and 3 of Karras et al. 2020, in float64."""
    state = {name: tensor.double() for name, tensor in layer.state_dict().items()}
    style = state["affine.weight"] @ w / len(w) ** 0.5 + state["affine.bias"]
    weight = state["weight"] * style[:, None, None]
    weight = weight / (weight.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
    if up:
        y = F.conv_transpose2d(x[None], weight.transpose(0, 1), stride=2)[0].numpy()
        line = np.array([1, 3, 3, 1]) / 4
        blurred = signal.convolve(y, np.outer(line, line)[None], mode="full")
        y = torch.from_numpy(blurred[:, 2:-2, 2:-2])
    else:
        y = F.conv2d(x[None], weight, padding=1)[0]
    y = y + state["noise_const"] * state["noise_strength"] + state["bias"][:, None, None]
    return math.sqrt(2) * torch.maximum(y, 0.2 * y)


# What users rely on


def test_psi_0_gives_the_mean_face_for_every_seed(generator: Styled) -> None:
    w = generator.map(generator.sample([0, 1, 2]), psi=0)
    mean = generator.network.mapping.w_avg.numpy()
    assert np.array_equal(w, np.repeat(mean[None], 3, axis=0))
    images = generator.render(w)
    assert np.array_equal(images, np.repeat(images[:1], 3, axis=0))


def test_layers_before_the_cutoff_are_truncated_and_the_others_are_not(generator: Mapped) -> None:
    z = generator.sample(SEEDS)
    ws = generator.map(z, psi=0.5, cutoff=3)
    assert np.array_equal(ws[:, :3], np.repeat(generator.map(z, psi=0.5)[:, None], 3, axis=1))
    assert np.array_equal(ws[:, 3:], np.repeat(generator.map(z)[:, None], 5, axis=1))


@pytest.mark.parametrize("layer", range(8))
def test_mixing_styles_at_a_layer_changes_nothing_before_its_resolution(
    generator: Styled, layer: int
) -> None:
    w = generator.map(generator.sample(SEEDS))
    ws = np.repeat(w[:, None], 8, axis=1)
    mixed = ws.copy()
    mixed[0, layer:] = ws[1, layer:]
    plain, changed = rgb_by_resolution(generator, ws), rgb_by_resolution(generator, mixed)
    # Layer 0 is at 4 px, layers 1 and 2 at 8 px, and so on; ToRGB takes the w of the layer after.
    first = 4 << layer // 2 if layer % 2 else 4 << max(0, layer // 2)
    for size in (4, 8, 16, 32):
        same = torch.equal(plain[size][0], changed[size][0])
        assert same == (size < first)
        assert torch.equal(plain[size][1], changed[size][1])


def rgb_by_resolution(generator: Styled, ws: NDArray[np.float32]) -> dict[int, Tensor]:
    """What each resolution adds to the image."""
    seen: dict[int, list[Tensor]] = {}
    hooks = [
        block.torgb.register_forward_hook(
            lambda _, __, made, size=block.conv1.resolution: seen.setdefault(size, []).append(made)
        )
        for block in generator.network.synthesis.blocks
    ]
    generator.render(ws)
    for hook in hooks:
        hook.remove()
    return {size: torch.cat(made) for size, made in seen.items()}


def test_an_image_is_the_same_alone_and_in_company(generator: Mapped) -> None:
    w = generator.map(generator.sample(range(5)))
    together = generator.render(w)
    assert np.array_equal(together[3:4], generator.render(w[3:4]))
    assert np.array_equal(together[[4, 0]], generator.render(w[[4, 0]]))


def test_a_w_is_the_same_alone_and_in_company(generator: Mapped) -> None:
    z = generator.sample(range(70))
    together = generator.map(z)
    assert np.array_equal(together[[69, 3]], generator.map(z[[69, 3]]))


def test_no_latents_give_no_images(generator: Mapped) -> None:
    assert generator.render(generator.map(generator.sample([]))).shape == (0, 32, 32, 3)


def test_random_noise_depends_on_its_seed_alone(generator: Mapped) -> None:
    w = np.repeat(generator.map(generator.sample([0])), 3, axis=0)
    images = generator.render(w, noise="random", seeds=[5, 6, 5])
    assert np.array_equal(images[0], images[2])
    assert difference(images[0], images[1]) > 1
    assert np.array_equal(images[1:2], generator.render(w[:1], noise="random", seeds=[6]))


def test_random_noise_is_fresh_without_seeds(generator: Mapped) -> None:
    w = generator.map(generator.sample([0]))
    once, again = (generator.render(w, noise="random") for _ in range(2))
    assert difference(once, again) > 1


def test_rendering_twice_gives_the_same_bytes(generator: Mapped) -> None:
    w = generator.map(generator.sample(SEEDS))
    assert np.array_equal(generator.render(w), generator.render(w))


def test_latents_may_lie_in_memory_as_they_like(generator: Mapped) -> None:
    z = generator.sample([0, 1, 2])
    w = generator.map(z)
    images = generator.render(w)
    fixed = w.copy()
    fixed.flags.writeable = False
    assert np.array_equal(generator.render(fixed), images)
    assert np.array_equal(generator.render(w[::-1]), images[::-1])
    assert np.array_equal(generator.render(np.asfortranarray(w)), images)
    assert np.array_equal(generator.render(w.tolist()), images)  # type: ignore[arg-type]
    assert np.array_equal(generator.map(z[::-1]), w[::-1])
    assert np.array_equal(generator.map(z.tolist()), w)  # type: ignore[arg-type]


# Errors


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 1e39])
def test_latents_that_are_not_finite_are_refused(generator: Mapped, number: float) -> None:
    z, w = np.zeros((2, 32)), np.zeros((2, 48))
    z[1, 3] = w[1, 3] = number
    with pytest.raises(MnemoError, match="z must be finite"):
        generator.map(z)  # type: ignore[arg-type]
    with pytest.raises(MnemoError, match="latents must be finite"):
        generator.render(w)  # type: ignore[arg-type]


@pytest.mark.parametrize("values", [[[1.0], [1.0, 2.0]], "text", [10**400]])
def test_what_is_no_array_is_refused(generator: Mapped, values: Any) -> None:
    with pytest.raises(MnemoError, match="z must be an array of numbers"):
        generator.map(values)
    with pytest.raises(MnemoError, match="latents must be an array of numbers"):
        generator.render(values)


@pytest.mark.parametrize("psi", [math.nan, math.inf, -math.inf])
def test_a_psi_that_is_not_finite_is_refused(generator: Mapped, psi: float) -> None:
    with pytest.raises(MnemoError, match=f"psi must be finite, but is {psi}"):
        generator.map(generator.sample([0]), psi)


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5])
def test_a_latents_seed_that_is_out_of_range_is_named(generator: Mapped, seed: Any) -> None:
    with pytest.raises(MnemoError, match=f"from 0 to {2**32 - 1}, but is {seed}$"):
        generator.sample([0, seed])


@pytest.mark.parametrize("seed", [-1, 2**63, 1.5])
def test_a_noise_seed_that_is_out_of_range_is_named(generator: Mapped, seed: Any) -> None:
    with pytest.raises(MnemoError, match=f"from 0 to {2**63 - 1}, but is {seed}$"):
        generator.render(np.zeros((1, 48), np.float32), noise="random", seeds=[seed])


def test_the_first_and_the_last_seed_are_taken(generator: Mapped) -> None:
    assert np.isfinite(generator.sample([0, 2**32 - 1])).all()
    w = np.zeros((2, 48), np.float32)
    first, last = generator.render(w, noise="random", seeds=[0, 2**63 - 1])
    assert not np.array_equal(first, last)


def test_a_w_of_another_width_is_refused(generator: Mapped) -> None:
    with pytest.raises(MnemoError, match=r"\(n, 48\) or \(n, 8, 48\), but have \(2, 7, 48\)"):
        generator.render(np.zeros((2, 7, 48), np.float32))


def test_a_z_of_another_width_is_refused(generator: Mapped) -> None:
    with pytest.raises(MnemoError, match=r"\(n, 32\), but has \(1, 48\)"):
        generator.map(np.zeros((1, 48), np.float32))


@pytest.mark.parametrize("cutoff", [-1, 9])
def test_a_cutoff_beyond_the_layers_is_refused(generator: Mapped, cutoff: int) -> None:
    with pytest.raises(MnemoError, match=f"from 0 to 8 layers, but is {cutoff}"):
        generator.map(np.zeros((1, 32), np.float32), 0.5, cutoff)


def test_unknown_noise_is_refused(generator: Mapped) -> None:
    with pytest.raises(MnemoError, match="const, random, none, but is 'white'"):
        generator.render(np.zeros((1, 48), np.float32), noise="white")  # type: ignore[arg-type]


def test_seeds_that_would_be_ignored_are_refused(generator: Mapped) -> None:
    with pytest.raises(MnemoError, match='seeds require noise="random"'):
        generator.render(np.zeros((1, 48), np.float32), seeds=[1])


def test_too_few_seeds_are_refused(generator: Mapped) -> None:
    with pytest.raises(MnemoError, match="each of the 2 images; there are 1"):
        generator.render(np.zeros((2, 48), np.float32), noise="random", seeds=[1])


def test_a_filter_that_has_not_four_taps_is_refused() -> None:
    with pytest.raises(MnemoError, match="four taps"):
        stylegan2.StyleGAN2(8, 8, [4, 4], resample_filter=[1, 2, 1])


def test_a_missing_tensor_is_refused() -> None:
    settings = {"z_dim": 32, "w_dim": 48, "channels": [24], "mapping_layers": 1}
    with pytest.raises(MnemoError, match=r"Missing key.*mapping\.fc0\.weight"):
        stylegan2.build(settings, {"mapping.fc0.bias": torch.zeros(48)}, "weights.pkl")


# Batches on a GPU


@pytest.mark.parametrize(
    ("gigabytes", "images"), [(0.1, 1), (1, 1), (5, 4), (24, 16), (80, styled.MOST)]
)
def test_a_batch_is_as_large_as_the_memory_allows(gigabytes: float, images: int) -> None:
    channels = [512, 512, 512, 512, 512, 256, 128, 64, 32]
    with torch.device("meta"):
        network = stylegan2.StyleGAN2(512, 512, channels)
    assert styled.at_once(network.image_bytes, int(gigabytes * 2**30)) == images
