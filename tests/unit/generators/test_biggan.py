"""BigGAN and BigGAN-deep render what the published networks do, from every published layout."""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image  # the package reads PIL.Image and imports PIL alone
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pytorch_pretrained_biggan import (
    BigGAN,
    BigGANConfig,
    convert_to_images,
    one_hot_from_int,
    truncated_noise_sample,
)
from tests.data import biggan_layouts as layouts
from tests.data.biggan_layouts import State
from torch import Tensor

from mnemo import generators
from mnemo.errors import MnemoError
from mnemo.generators import biggan, biggan_deep, conditional
from mnemo.generators.assembly import assemble
from mnemo.generators.conditional import ConditionalGenerator
from mnemo.generators.layouts import Parts

Pixels = NDArray[np.uint8]
WIDTH = 8
CLASSES = 10
LABELS = [3, 0, 9]
#: Truncations at which the package interpolates nothing.
ON_BINS = [0.4, 0.5, 0.6, 0.7, 0.8, 1.0]
SMALL: dict[str, Callable[[], State]] = {
    "biggan": lambda: layouts.ganalyze(128, WIDTH, CLASSES),
    "biggan-deep": lambda: layouts.hugging_face(64, WIDTH, CLASSES),
}


def take_apart(state: State) -> Parts:
    """What the layout that matches makes of a state dict."""
    (layout,) = (
        layout for layout in (*biggan.LAYOUTS, *biggan_deep.LAYOUTS) if layout.matches(state)
    )
    return layout.parts(state)


def build(state: State) -> ConditionalGenerator:
    parts = take_apart(state)
    module = {"biggan": biggan, "biggan-deep": biggan_deep}[parts.architecture]
    return module.build(parts.settings, parts.tensors, "random")


@pytest.fixture(scope="module", params=SMALL)
def state(request: pytest.FixtureRequest) -> State:
    """A small state dict of each layout in turn."""
    return SMALL[request.param]()


@pytest.fixture(scope="module")
def generator(state: State) -> ConditionalGenerator:
    return build(state)


@pytest.fixture(scope="module")
def deep_state() -> State:
    return SMALL["biggan-deep"]()


def package(state: State, resolution: int) -> BigGAN:
    """Hugging Face's BigGAN-deep with the same weights; it refuses a state dict not its own."""
    factors = layouts.BIGGAN_DEEP[resolution]
    z_dim, classes = state["embeddings.weight"].shape
    config = BigGANConfig(
        output_dim=resolution,
        z_dim=z_dim,
        class_embed_dim=z_dim,
        channel_width=WIDTH,
        num_classes=classes,
        layers=[
            (place % 2 == 1, taken, made) for place, (taken, made) in enumerate(pairwise(factors))
        ],
        attention_layer_position=layouts.BIGGAN_DEEP_ATTENTION[resolution],
        n_stats=len(state["generator.bn.running_means"]),
    )
    network = BigGAN(config)
    network.load_state_dict(state)
    return network.eval()


def package_images(network: BigGAN, z: NDArray[np.float32], psi: float) -> Pixels:
    labels = torch.from_numpy(one_hot_from_int(LABELS, len(LABELS))[:, :CLASSES])
    with torch.inference_mode():
        images = network(torch.from_numpy(z), labels, psi)
    made: list[PIL.Image.Image] = convert_to_images(images)
    return np.stack([np.asarray(image) for image in made])


def one_of_each_kind(state: State) -> Iterator[str]:
    """Names that differ in more than a number, of tensors that are used."""
    unused = take_apart(state).unused
    yield from {re.sub(r"\d+", "", name): name for name in state if name not in unused}.values()


def largest_difference(one: Pixels, other: Pixels) -> int:
    return int(np.abs(one.astype(int) - other).max())


@pytest.mark.parametrize("resolution", [64, 128, 256, 512])
def test_biggan_deep_renders_the_packages_images(resolution: int) -> None:
    state = layouts.hugging_face(resolution, WIDTH, CLASSES)
    generator, reference = build(state), package(state, resolution)
    z = generator.sample(range(3), 0.5)
    ours = generator.render(z, classes=LABELS, psi=0.5)
    assert ours.shape == (3, resolution, resolution, 3)
    assert ours.std() > 20
    assert largest_difference(ours, package_images(reference, z, 0.5)) <= 1


@pytest.mark.parametrize("psi", ON_BINS)
def test_biggan_deep_has_the_packages_statistics_for_a_truncation(
    deep_state: State, psi: float
) -> None:
    generator = build(deep_state)
    z = generator.sample(range(3), psi)
    ours = generator.render(z, classes=LABELS, psi=psi)
    assert largest_difference(ours, package_images(package(deep_state, 64), z, psi)) <= 1


@pytest.mark.parametrize("psi", [0.007, 0.413, 0.5951, 0.999])
def test_statistics_between_bins_are_interpolated_linearly(deep_state: State, psi: float) -> None:
    """Against the package with NumPy's interpolation of its statistics put into every bin."""
    between = dict(deep_state)
    for name, table in deep_state.items():
        if name.endswith(("running_means", "running_vars")):
            bins = np.linspace(0, 1, len(table))
            row = [np.interp(psi, bins, channel) for channel in table.T.numpy()]
            between[name] = torch.tensor(row, dtype=torch.float32).expand_as(table)
    generator = build(deep_state)
    z = generator.sample(range(3), psi)
    ours = generator.render(z, classes=LABELS, psi=psi)
    assert largest_difference(ours, package_images(package(between, 64), z, 1.0)) <= 1


@pytest.mark.parametrize("psi", [0.3, 1.0])
def test_latents_are_those_of_the_package(generator: ConditionalGenerator, psi: float) -> None:
    expected = [
        truncated_noise_sample(1, generator.z_dim, psi, seed)[0] for seed in (0, 42, 2**32 - 1)
    ]
    drawn = generator.sample([0, 42, 2**32 - 1], psi)
    assert drawn.dtype == np.float32
    np.testing.assert_array_equal(drawn, np.stack(expected))


class Reference:
    """GANalyze's network written out in float64, with nothing folded, from its state dict."""

    def __init__(self, state: State, eps_of_last_norm: float = 1e-4):
        self.state = {name: tensor.double() for name, tensor in state.items()}
        self.eps_of_last_norm = eps_of_last_norm
        self.blocks = sum(name.endswith("conv_sc.module.bias") for name in state)

    def weight(self, name: str) -> Tensor:
        bar, u = self.state[f"{name}.module.weight_bar"], self.state[f"{name}.module.weight_u"]
        matrix = bar.reshape(len(bar), -1)
        v = u @ matrix
        v /= v.norm() + 1e-4
        u = matrix @ v / ((matrix @ v).norm() + 1e-4)
        return bar / torch.einsum("i,ij,j", u, matrix, v)

    def convolve(self, name: str, x: Tensor) -> Tensor:
        weight = self.weight(name)
        bias = self.state.get(f"{name}.module.bias")
        return F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2)

    def norm(self, name: str, x: Tensor, condition: Tensor) -> Tensor:
        mean, variance = (self.state[f"{name}.bn.running_{of}"] for of in ("mean", "var"))
        gamma = 1 + condition @ self.weight(f"{name}.gamma_embed").T
        beta = condition @ self.weight(f"{name}.beta_embed").T
        return (
            F.batch_norm(x, mean, variance, eps=1e-4) * gamma[..., None, None]
            + beta[..., None, None]
        )

    def attend(self, x: Tensor) -> Tensor:
        theta, phi, g = (self.convolve(f"attention.{name}", x) for name in ("theta", "phi", "g"))
        phi, g = F.max_pool2d(phi, 2).flatten(2), F.max_pool2d(g, 2).flatten(2)
        attention = torch.einsum("ncp,ncq->npq", theta.flatten(2), phi).softmax(2)
        seen = torch.einsum("ncq,npq->ncp", g, attention).reshape(len(x), -1, *x.shape[2:])
        return x + self.state["attention.gamma"] * self.convolve("attention.o_conv", seen)

    def images(self, z: NDArray[np.float32], labels: list[int], attention: int) -> Pixels:
        chunks = torch.from_numpy(z).double().chunk(self.blocks + 1, 1)
        embedding = self.state["linear.weight"].T[labels]
        x = chunks[0] @ self.weight("G_linear").T + self.state["G_linear.module.bias"]
        x = x.reshape(len(z), 4, 4, -1).permute(0, 3, 1, 2)
        for block, chunk in enumerate(chunks[1:]):
            if block == attention:
                x = self.attend(x)
            name, condition = f"GBlock.{block}", torch.cat([chunk, embedding], 1)
            y = F.interpolate(self.norm(f"{name}.HyperBN", x, condition).relu(), scale_factor=2)
            y = self.convolve(f"{name}.conv0", y)
            y = self.convolve(f"{name}.conv1", self.norm(f"{name}.HyperBN_1", y, condition).relu())
            x = y + self.convolve(f"{name}.conv_sc", F.interpolate(x, scale_factor=2))
        last = [
            self.state[f"ScaledCrossReplicaBN.{of}"]
            for of in ("running_mean", "running_var", "weight", "bias")
        ]
        x = self.convolve("colorize", F.batch_norm(x, *last, eps=self.eps_of_last_norm).relu())
        x = (x.tanh() + 1) / 2 * 255
        return x.permute(0, 2, 3, 1).numpy().astype(np.uint8)


@pytest.mark.parametrize(
    ("resolution", "z_dim", "attention", "eps_of_last_norm"),
    [(128, 120, 4, 1e-4), (256, 140, 5, 1e-4), (512, 128, 4, 1e-5)],
)
def test_biggan_renders_the_formulas_images(
    resolution: int, z_dim: int, attention: int, eps_of_last_norm: float
) -> None:
    state = layouts.ganalyze(resolution, WIDTH, CLASSES)
    generator = build(state)
    z = generator.sample([5])
    assert z.shape == (1, z_dim)
    ours = generator.render(z, classes=[7])
    expected = Reference(state, eps_of_last_norm).images(z, [7], attention)
    assert ours.shape == (1, resolution, resolution, 3)
    assert ours.std() > 20
    assert largest_difference(ours, expected) <= 1


@settings(deadline=None)
@given(
    st.integers(1, 3), st.integers(1, 3), st.integers(1, 6), st.integers(1, 6), st.integers(0, 99)
)
def test_the_enlarging_convolution_is_enlargement_then_convolution(
    channels: int, made: int, height: int, width: int, seed: int
) -> None:
    random = torch.Generator().manual_seed(seed)
    x = torch.randn(2, channels, height, width, generator=random, dtype=torch.float64)
    weight = torch.randn(made, channels, 3, 3, generator=random, dtype=torch.float64)
    layer = conditional.enlarging_convolution(channels, made).double()
    torch.nn.init.zeros_(layer.bias)
    layer.weight.data = conditional.enlarging_kernel(weight)
    expected = F.conv2d(F.interpolate(x, scale_factor=2), weight, padding=1)
    torch.testing.assert_close(layer(x), expected, rtol=0, atol=1e-12)


def test_the_images_beside_it_change_no_image(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = take_apart(state)
    made = {"biggan": biggan, "biggan-deep": biggan_deep}[parts.architecture]
    network = assemble(made.Network, parts.settings, parts.tensors, "random").eval()
    generator = build(state)
    z, labels = torch.from_numpy(generator.sample(range(4), 0.6)), torch.tensor([1, 2, 1, 0])
    with torch.inference_mode():
        together = network(z, labels, 0.6)
        alone = torch.cat([network(z[i : i + 1], labels[i : i + 1], 0.6) for i in range(4)])
        # From -1 to 1, so half of it as a fraction of white.
        assert (together - alone).abs().max() / 2 < 1e-4
    one_by_one = generator.render(z.numpy(), classes=labels.tolist(), psi=0.6)
    monkeypatch.setitem(conditional.BATCH, "cpu", 3)
    threes = generator.render(z.numpy(), classes=labels.tolist(), psi=0.6)
    assert largest_difference(one_by_one, threes) <= 1
    np.testing.assert_array_equal(threes[3:], generator.render(z[3:].numpy(), classes=[0], psi=0.6))


def test_the_class_and_the_latent_change_the_image(generator: ConditionalGenerator) -> None:
    first, second = generator.sample([1, 2])
    images = generator.render(np.stack([first, first, second]), classes=[4, 5, 4])
    assert largest_difference(images[0], images[1]) > 20
    assert largest_difference(images[0], images[2]) > 20


def test_only_biggan_deep_has_statistics_for_each_truncation() -> None:
    for name, changes in (("biggan", False), ("biggan-deep", True)):
        generator = build(SMALL[name]())
        z = generator.sample([1], 0.5)
        images = [generator.render(z, classes=[2], psi=psi) for psi in (0.5, 1.0)]
        assert bool(largest_difference(*images)) == changes


def test_no_latents_make_no_images(generator: ConditionalGenerator) -> None:
    images = generator.render(generator.sample([]), classes=[])
    assert images.shape == (0, generator.resolution, generator.resolution, 3)


def test_classes_go_by_name_too() -> None:
    generator = build(layouts.hugging_face(64, WIDTH))
    z = generator.sample([1, 1])
    by_name, by_index = generator.render(z, classes=["tiger shark", 3])
    np.testing.assert_array_equal(by_name, by_index)


@pytest.mark.parametrize("psi", [0, -0.5, 1.01, float("nan")])
def test_a_truncation_out_of_range_is_refused(generator: ConditionalGenerator, psi: float) -> None:
    with pytest.raises(MnemoError, match="psi must be above 0 and at most 1"):
        generator.sample([0], psi)
    with pytest.raises(MnemoError, match="psi must be above 0 and at most 1"):
        generator.render(generator.sample([0]), classes=[0], psi=psi)


@pytest.mark.parametrize(
    ("classes", "why"),
    [
        ([CLASSES], "0 to 9"),
        ([-1], "0 to 9"),
        ([1, 2], "1 latents"),
        (["goldfish"], "has no class 'goldfish': its 10 classes are not ImageNet's"),
    ],
)
def test_wrong_classes_are_refused(
    generator: ConditionalGenerator, classes: list[Any], why: str
) -> None:
    with pytest.raises(MnemoError, match=why):
        generator.render(generator.sample([0]), classes=classes)


def test_latents_of_another_generator_are_refused(generator: ConditionalGenerator) -> None:
    with pytest.raises(MnemoError, match=r"latents must have the shape \(n, 1"):
        generator.render(np.zeros((1, 512), np.float32), classes=[0])


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_latents_that_are_not_finite_are_refused(
    generator: ConditionalGenerator, number: float
) -> None:
    z = generator.sample([0, 1])
    z[1, 3] = number
    with pytest.raises(MnemoError, match="latents must be finite"):
        generator.render(z, classes=[0, 0])


def test_latents_may_lie_in_memory_as_they_like(generator: ConditionalGenerator) -> None:
    z = generator.sample([0, 1])
    images = generator.render(z, classes=[0, 0])
    fixed = z.copy()
    fixed.flags.writeable = False
    for same in (fixed, np.asfortranarray(z), z.tolist()):
        np.testing.assert_array_equal(generator.render(same, classes=[0, 0]), images)
    np.testing.assert_array_equal(generator.render(z[::-1], classes=[0, 0]), images[::-1])


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5])
def test_a_seed_that_is_out_of_range_is_named(generator: ConditionalGenerator, seed: Any) -> None:
    with pytest.raises(MnemoError, match=f"from 0 to {2**32 - 1}, but is {seed}$"):
        generator.sample([0, seed])


def test_every_tensor_is_used_or_named_unused(state: State) -> None:
    """A tensor is used where what is made of the file changes with it."""
    tracked = {
        name: tensor.clone().requires_grad_(tensor.is_floating_point())
        for name, tensor in state.items()
    }
    parts = take_apart(tracked)
    torch.stack([(tensor**2).sum() for tensor in parts.tensors.values()]).sum().backward()
    used = {
        name for name, tensor in tracked.items() if tensor.grad is not None and tensor.grad.any()
    }
    assert used == state.keys() - set(parts.unused)
    expected = {
        name
        for name in state
        if ("module" in name and name.endswith("weight_v")) or name.endswith("num_batches_tracked")
    }
    assert set(parts.unused) == expected


def test_a_missing_tensor_is_named(state: State) -> None:
    for name in one_of_each_kind(state):
        left = {other: tensor for other, tensor in state.items() if other != name}
        if any(layout.matches(left) for layout in (*biggan.LAYOUTS, *biggan_deep.LAYOUTS)):
            with pytest.raises(MnemoError):
                build(left)


def test_a_tensor_too_many_is_named(state: State) -> None:
    with pytest.raises(MnemoError, match="not part of this architecture: surplus"):
        take_apart(state | {"surplus": torch.zeros(1)})


@pytest.mark.parametrize("shape", [(), (0,), (7,), (2, 5), (2, 3, 4, 5, 6)])
def test_a_misshapen_tensor_is_refused(state: State, shape: tuple[int, ...]) -> None:
    for name in one_of_each_kind(state):
        with pytest.raises(MnemoError):
            build(state | {name: torch.ones(shape)})


@pytest.mark.parametrize(
    "factors",
    [
        (16, 8, 8, 4, 4, 2, 2, 1, 1),  # fewer channels where nothing is enlarged
        (16, 16, 8, 8, 4, 4, 2, 2),  # a last block that does not enlarge
        (16, 16, 4, 4, 2, 2, 1),  # a quarter of the channels at once
    ],
)
def test_blocks_that_the_rule_does_not_explain_are_refused(
    monkeypatch: pytest.MonkeyPatch, factors: tuple[int, ...]
) -> None:
    monkeypatch.setitem(layouts.BIGGAN_DEEP, 64, factors)
    with pytest.raises(MnemoError, match="are not those of a BigGAN-deep"):
        take_apart(layouts.hugging_face(64, WIDTH, CLASSES))


def test_self_attention_of_unclear_place_is_refused(deep_state: State) -> None:
    state = layouts.ganalyze(128, WIDTH, CLASSES)
    state["attention.theta.module.weight_bar"] = torch.zeros(16, 16 * WIDTH, 1, 1)
    with pytest.raises(MnemoError, match="2 blocks have as many"):
        take_apart(state)
    position = layouts.BIGGAN_DEEP_ATTENTION[64]
    without = {
        name: tensor
        for name, tensor in deep_state.items()
        if not name.startswith(f"generator.layers.{position}.")
    }
    with pytest.raises(MnemoError, match="one layer of self-attention is expected"):
        take_apart(without)


@pytest.mark.parametrize("content", [None, [], {}, {"linear.weight": 3}, {1: 2}, "text"])
def test_anything_else_is_not_taken_for_a_biggan(content: Any) -> None:
    for layout in (*biggan.LAYOUTS, *biggan_deep.LAYOUTS):
        assert not layout.matches(content)


@pytest.mark.parametrize("legacy", [False, True])
def test_a_file_and_what_it_is_converted_to_make_the_same_images(
    tmp_path: Path, state: State, generator: ConditionalGenerator, legacy: bool
) -> None:
    published, converted = tmp_path / "published.pth", tmp_path / "converted.safetensors"
    layouts.write(state, published, legacy=legacy)
    generators.convert(published, converted)
    z = generator.sample([8])
    expected = generator.render(z, classes=[1])
    for path in (published, converted):
        loaded = generators.load(path)
        assert isinstance(loaded, generators.Conditional)
        np.testing.assert_array_equal(loaded.render(z, classes=[1]), expected)


def test_settings_of_no_network_are_refused(state: State) -> None:
    parts = take_apart(state)
    module = {"biggan": biggan, "biggan-deep": biggan_deep}[parts.architecture]
    for wrong in ({}, {**parts.settings, "attention": 99}, {**parts.settings, "classes": "all"}):
        with pytest.raises(MnemoError, match="no network has its settings"):
            module.build(wrong, parts.tensors, "random")
