"""StyleGAN1: against its layers' definitions in float64, and read whole from each layout.

The reference is written from the definitions (Karras et al. 2019; NVlabs/stylegan for what the
paper leaves open) with `scipy.signal`, a channel at a time.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import signal
from tests.data import stylegan1_layouts as layouts
from tests.data.stylegan1_layouts import Variables

from mnemo import generators
from mnemo.errors import MnemoError
from mnemo.generators import Mapped, loading, stylegan1

Array = NDArray[np.float64]
Write = Callable[[Path, Variables], Path]

WRITERS: list[Write] = [
    layouts.write_nvidia,
    layouts.write_ganspace,
    layouts.write_interfacegan,
]
SMALL = [8, 8, 6, 4]  # 32 px
LARGE = [4, 4, 4, 4, 4, 3, 2]  # 256 px, of which the last two blocks are fused


@pytest.fixture(scope="module", name="made")
def draw_variables() -> Variables:
    return layouts.variables(SMALL)


@pytest.fixture(scope="module", name="generator")
def load_generator(made: Variables, tmp_path_factory: pytest.TempPathFactory) -> Mapped:
    return load(layouts.write_nvidia(tmp_path_factory.mktemp("nvidia") / "any.pkl", made))


def load(path: Path) -> Mapped:
    generator = generators.load(path)
    assert isinstance(generator, Mapped)
    return generator


# The definitions


def dense(x: Array, weight: Array, bias: Array, gain: float, rate: float = 1) -> Array:
    return x @ (weight * gain * rate / np.sqrt(len(weight))) + bias * rate


def leaky_relu(x: Array) -> Array:
    return np.maximum(x, 0.2 * x)


def map_by_definition(made: Variables, z: Array) -> Array:
    x = z / np.sqrt((z**2).mean(axis=1, keepdims=True) + 1e-8)
    for i in range(8):
        weight, bias = made[f"mapping/Dense{i}/weight"], made[f"mapping/Dense{i}/bias"]
        x = leaky_relu(dense(x, weight.astype(float), bias.astype(float), np.sqrt(2), 0.01))
    return x


def convolve(x: Array, weight: Array, size: int, doubles: bool) -> Array:
    """Convolve as TensorFlow does: kernels (3, 3, in, out) are not mirrored, but for transposed."""
    weight = weight * np.sqrt(2) / np.sqrt(9 * len(x))
    made = np.zeros((weight.shape[-1], size, size))
    for i, o in np.ndindex(weight.shape[2:]):
        kernel = weight[:, :, i, o]
        if not doubles:
            made[o] += signal.correlate2d(x[i], kernel, "same")
        elif size < 128:
            made[o] += signal.correlate2d(np.kron(x[i], np.ones((2, 2))), kernel, "same")
        else:
            # `upscale2d_conv2d`, fused: each pixel spreads the sum of four shifted kernels.
            apart = np.zeros((size - 1, size - 1))
            apart[::2, ::2] = x[i]
            spread = signal.convolve2d(kernel, np.ones((2, 2)))
            made[o] += signal.convolve2d(apart, spread)[1:-1, 1:-1]
    if doubles:
        blur = np.outer([1, 2, 1], [1, 2, 1]) / 16
        made = np.stack([signal.convolve2d(channel, blur, "same") for channel in made])
    return made


def render_by_definition(made: Variables, ws: Array, noise: bool = True) -> Array:
    """One image (3, height, width) of ws (layers, w_dim)."""
    made = {name: np.asarray(value, float) for name, value in made.items()}
    x = np.empty(0)
    for layer, w in enumerate(ws):
        size = 4 << layer // 2
        name = ("Const", "Conv")[layer] if layer < 2 else ("Conv0_up", "Conv1")[layer % 2]
        name = f"synthesis/{size}x{size}/{name}"
        if layer == 0:
            x = made[f"{name}/const"][0]
        else:
            doubles = name.endswith("Conv0_up")
            x = convolve(x, made[f"{name}/weight"], size, doubles)
        if noise:
            strength = made[f"{name}/Noise/weight"][:, None, None]
            x = x + strength * made[f"synthesis/noise{layer}"][0]
        x = leaky_relu(x + made[f"{name}/bias"][:, None, None])
        x = x - x.mean(axis=(1, 2), keepdims=True)
        x = x / np.sqrt((x**2).mean(axis=(1, 2), keepdims=True) + 1e-8)
        style = dense(w, made[f"{name}/StyleMod/weight"], made[f"{name}/StyleMod/bias"], 1)
        scale, shift = style.reshape(2, -1, 1, 1)
        x = x * (scale + 1) + shift
    weight, bias = made["synthesis/ToRGB_lod0/weight"][0, 0], made["synthesis/ToRGB_lod0/bias"]
    return np.einsum("chw,co->ohw", x, weight) / np.sqrt(len(x)) + bias[:, None, None]


def to_bytes(image: Array) -> Array:
    return np.clip(image.transpose(1, 2, 0) * 127.5 + 128, 0, 255)


def largest_difference(image: NDArray[np.uint8], defined: Array) -> float:
    """Largest difference, in grey levels, beyond that of cutting off the fraction."""
    return float(np.abs(image + 0.5 - to_bytes(defined)).max()) - 0.5


# The network


def test_w_is_that_of_the_definition(made: Variables, generator: Mapped) -> None:
    z = generator.sample(range(5))
    defined = map_by_definition(made, z.astype(float))
    np.testing.assert_allclose(generator.map(z), defined, atol=1e-5 * np.abs(defined).max())


@pytest.mark.parametrize("noise", ["const", "none"])
def test_an_image_is_that_of_the_definition(
    made: Variables, generator: Mapped, noise: generators.Noise
) -> None:
    w = generator.map(generator.sample([0, 1, 2]))
    images = generator.render(w, noise=noise)
    assert images.std() > 20
    for image, row in zip(images, w, strict=True):
        defined = render_by_definition(made, np.tile(row, (8, 1)), noise == "const")
        assert largest_difference(image, defined) < 0.01


def test_each_layer_takes_its_own_w(made: Variables, generator: Mapped) -> None:
    ws = generator.map(generator.sample(range(8)))[None]
    defined = render_by_definition(made, ws[0].astype(float))
    assert largest_difference(generator.render(ws)[0], defined) < 0.01


def test_from_128_pixels_on_doubling_is_nvidias_transposed_convolution(tmp_path: Path) -> None:
    made = layouts.variables(LARGE, width=8)
    generator = load(layouts.write_nvidia(tmp_path / "any.pkl", made))
    w = generator.map(generator.sample([3]))
    defined = render_by_definition(made, np.tile(w[0].astype(float), (14, 1)))
    assert largest_difference(generator.render(w)[0], defined) < 0.01


@pytest.mark.parametrize(("resolution", "mirrored"), [(64, False), (128, True)])
def test_doubling_is_the_convolution_of_each_pixel_copied_to_a_square(
    resolution: int, mirrored: bool
) -> None:
    # Only the kernel tells the fused convolution from the others: a transposed one mirrors it.
    layer = stylegan1.Convolution(3, 2, resolution, 4, noise=False, doubles=True)
    kernel = torch.randn(2, 3, 3, 3, generator=torch.Generator().manual_seed(0))
    layer.weight.data.copy_(kernel)
    layer.prepare()
    x = torch.randn(1, 3, resolution // 2, resolution // 2)
    doubled = torch.nn.functional.conv_transpose2d(x, layer.weight, stride=2, padding=1)
    squares = x[0].double().numpy().repeat(2, axis=1).repeat(2, axis=2)
    kernel = kernel.flip(2, 3) if mirrored else kernel
    for made, each in zip(doubled[0].detach(), kernel.double().numpy(), strict=True):
        defined = sum(
            signal.correlate2d(a, b, "same") for a, b in zip(squares, each, strict=True)
        ) * np.sqrt(2 / 27)
        np.testing.assert_allclose(made, defined, atol=1e-5)


# Truncation and batches


def test_psi_0_gives_the_mean_face_for_every_seed(made: Variables, generator: Mapped) -> None:
    w = generator.map(generator.sample([5, 6]), psi=0)
    np.testing.assert_array_equal(w, np.tile(made["dlatent_avg"], (2, 1)))


def test_psi_moves_w_towards_the_mean_in_the_layers_before_the_cutoff(
    made: Variables, generator: Mapped
) -> None:
    z = generator.sample([5, 6])
    w, mean = generator.map(z), made["dlatent_avg"]
    truncated = generator.map(z, psi=0.7, cutoff=3)
    assert truncated.shape == (2, 8, 16)
    for layer in range(8):
        expected = mean + 0.7 * (w - mean) if layer < 3 else w
        np.testing.assert_allclose(truncated[:, layer], expected, atol=1e-5)


def test_an_image_does_not_depend_on_those_beside_it(generator: Mapped) -> None:
    w = generator.map(generator.sample(range(7)))
    together = generator.render(w)
    for image, row in zip(together, w, strict=True):
        np.testing.assert_array_equal(generator.render(row[None])[0], image)


def test_mixing_styles_from_a_layer_on_keeps_what_comes_before_it(generator: Mapped) -> None:
    network: Any = generator.network  # type: ignore[attr-defined]
    seen: list[torch.Tensor] = []
    hook = network.synthesis.b16.conv0.register_forward_hook(
        lambda layer, inputs, output: seen.append(inputs[0].clone())
    )
    a, b = generator.map(generator.sample([0, 1]))
    for other in (a, b):
        generator.render(np.stack([a] * 4 + [other] * 4)[None])
    hook.remove()
    assert torch.equal(seen[0], seen[1])
    assert not torch.equal(*(torch.tensor(generator.render(w[None])) for w in (a, b)))


# The layouts


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("channels", [SMALL, LARGE])
def test_every_layout_gives_the_same_image(
    write: Write, channels: list[int], tmp_path: Path
) -> None:
    made = layouts.variables(channels)
    first = load(layouts.write_nvidia(tmp_path / "first", made))
    second = load(write(tmp_path / "second", made))
    w = first.map(first.sample([0]))
    np.testing.assert_array_equal(second.map(second.sample([0])), w)
    np.testing.assert_array_equal(first.render(w, noise="none"), second.render(w, noise="none"))


@pytest.mark.parametrize("version", [2, 3, 4])
def test_nvidias_pickle_is_read_in_every_version(
    version: int, made: Variables, tmp_path: Path
) -> None:
    path = layouts.write_nvidia(tmp_path / "any", made, version)
    assert loading.parts(path).architecture == "stylegan1"


@pytest.mark.parametrize("write", WRITERS)
def test_every_tensor_is_used_or_named_as_unused(
    write: Write, made: Variables, tmp_path: Path
) -> None:
    path = write(tmp_path / "any", made)
    if write is layouts.write_nvidia:
        names = {name.removeprefix("mapping/").removeprefix("synthesis/") for name in made}
    else:
        names = set(torch.load(path, weights_only=True))
    parts = loading.parts(path)
    unused = set(parts.unused) - {"G", "D"}  # whole networks, beside the one that is read
    assert len(parts.tensors) + len(unused) == len(names)
    assert unused <= names
    assert all(re.search(r"lod$|lod[1-9]|output[0-2]|kernel$", name) for name in unused)


@pytest.mark.parametrize(
    ("write", "dropped", "lacks"),
    [
        (layouts.write_nvidia, "synthesis/16x16/Conv1/StyleMod/bias", "16x16/Conv1/StyleMod/bias"),
        (layouts.write_nvidia, "synthesis/noise3", "noise3"),
        (layouts.write_nvidia, "dlatent_avg", "dlatent_avg"),
        (layouts.write_nvidia, "mapping/Dense7/bias", "Dense7/bias"),
        (layouts.write_ganspace, "synthesis/8x8/Conv1/Noise/weight", "8x8.epi2.top_epi.noise"),
        (layouts.write_ganspace, "mapping/Dense0/weight", "g_mapping.dense0.weight"),
        (layouts.write_interfacegan, "synthesis/noise3", "layer3.epilogue.apply_noise.noise"),
        (layouts.write_interfacegan, "synthesis/ToRGB_lod0/bias", "synthesis.output3.bias"),
    ],
)  # fmt: skip
def test_a_missing_tensor_is_named(
    write: Write, dropped: str, lacks: str, made: Variables, tmp_path: Path
) -> None:
    rest = {name: value for name, value in made.items() if name != dropped}
    path = write(tmp_path / "any", rest)
    with pytest.raises(MnemoError, match=f"lacks .*{lacks}"):
        generators.load(path)


@pytest.mark.parametrize(
    ("added", "named"),
    [("synthesis/8x8/Conv2/bias", "8x8/Conv2/bias"), ("mapping/LabelConcat/weight", "LabelConcat")],
)
def test_an_unknown_tensor_is_named(
    added: str, named: str, made: Variables, tmp_path: Path
) -> None:
    path = layouts.write_nvidia(tmp_path / "any", {**made, added: np.ones(3, np.float32)})
    with pytest.raises(MnemoError, match=f"it has {named}"):
        generators.load(path)


@pytest.mark.parametrize("write", WRITERS)
def test_a_tensor_of_another_shape_is_named(write: Write, made: Variables, tmp_path: Path) -> None:
    name = "synthesis/16x16/Conv1/weight"
    path = write(tmp_path / "any", {**made, name: made[name][:, :, :-1]})
    with pytest.raises(MnemoError, match=r"synthesis\.b16\.conv1\.weight"):
        generators.load(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("fused_scale", False),
        ("blur_filter", None),
        ("use_pixel_norm", True),
        ("mapping_lrmul", 0.1),
        ("nonlinearity", "relu"),
    ],
)
def test_another_architecture_than_the_published_is_refused(
    key: str, value: Any, made: Variables, tmp_path: Path
) -> None:
    path = layouts.write_nvidia(tmp_path / "any", made, static_kwargs={key: value})
    with pytest.raises(MnemoError, match=f"{key} is {value!r}"):
        generators.load(path)


def test_the_published_architecture_may_be_spelt_out(made: Variables, tmp_path: Path) -> None:
    kwargs = {"blur_filter": [1, 2, 1], "fused_scale": "auto", "resolution": 32, "fmap_base": 128}
    path = layouts.write_nvidia(tmp_path / "any", made, static_kwargs=kwargs)
    assert load(path).resolution == 32


@pytest.mark.parametrize(
    ("write", "name"),
    [
        (layouts.write_nvidia, "lod"),
        (layouts.write_nvidia, "synthesis/lod"),
        (layouts.write_interfacegan, "synthesis/lod"),
    ],
)
def test_a_network_that_has_not_grown_to_its_full_resolution_is_refused(
    write: Write, name: str, made: Variables, tmp_path: Path
) -> None:
    path = write(tmp_path / "any", {**made, name: np.float32(1.5)})
    with pytest.raises(MnemoError, match="lod"):
        generators.load(path)


def test_a_state_dict_with_another_blur_is_refused(made: Variables, tmp_path: Path) -> None:
    path = layouts.write_ganspace(tmp_path / "any", made)
    state = torch.load(path, weights_only=True)
    state["g_synthesis.blocks.8x8.conv0_up.intermediate.kernel"] /= 2
    torch.save(state, path)
    with pytest.raises(MnemoError, match=r"8x8\.conv0_up\.intermediate\.kernel"):
        generators.load(path)


@pytest.mark.parametrize(
    ("added", "told"),
    [
        ({"mapping/noise0": np.ones(3, np.float32)}, "it has noise0 twice"),
        ({"synthesis/64x64/Conv1/bias": np.ones(3, np.float32)}, r"lacks .*64x64/Conv0_up/"),
        ({"synthesis/128x128/Conv1/bias": np.ones(3, np.float32)}, r"\[4, 8, 16, 32, 128\] pixels"),
    ],
)
def test_variables_that_make_no_network_are_named(
    added: Variables, told: str, made: Variables, tmp_path: Path
) -> None:
    path = layouts.write_nvidia(tmp_path / "any", {**made, **added})
    with pytest.raises(MnemoError, match=told):
        generators.load(path)


@pytest.mark.parametrize("write", WRITERS)
def test_without_noise_maps_const_noise_is_refused_and_random_noise_is_not(
    write: Write, made: Variables, tmp_path: Path
) -> None:
    rest = {name: value for name, value in made.items() if not re.search(r"/noise\d+$", name)}
    generator = load(write(tmp_path / "any", rest))
    w = generator.map(generator.sample([0]))
    with pytest.raises(MnemoError, match="Set `noise` to random or none"):
        generator.render(w, noise="const")
    assert generator.render(w, noise="random", seeds=[0]).std() > 20


def test_without_a_mean_w_it_is_estimated_and_the_log_says_so(
    made: Variables, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    generator = load(layouts.write_ganspace(tmp_path / "any", made))
    assert "holds no mean w" in caplog.text
    mean = generator.map(generator.sample([0]), psi=0)[0]
    others = map_by_definition(made, np.random.default_rng(0).standard_normal((20_000, 16)))
    error = np.abs(mean - others.mean(axis=0)) / others.std(axis=0)
    assert error.max() < 5 * np.sqrt(1 / 10_000 + 1 / 20_000)


def test_mnemos_own_file_gives_the_same_image(
    made: Variables, generator: Mapped, tmp_path: Path
) -> None:
    path = layouts.write_nvidia(tmp_path / "any.pkl", made)
    own = tmp_path / "own.safetensors"
    loading.convert(path, own)
    w = generator.map(generator.sample([0]), psi=0.5)
    converted = load(own)
    np.testing.assert_array_equal(converted.map(converted.sample([0]), psi=0.5), w)
    np.testing.assert_array_equal(converted.render(w), generator.render(w))


# Generators of one's own


@pytest.mark.parametrize(
    "stored",
    [
        lambda networks: networks[2],
        list,
        lambda networks: dict(zip(("G", "D", "Gs"), networks, strict=True)),
    ],
    ids=["Gs", "a list", "by name"],
)
def test_the_average_generator_is_found_in_whatever_of_the_three_a_pickle_holds(
    stored: Callable[[Any], Any], made: Variables, tmp_path: Path
) -> None:
    whole = loading.parts(layouts.write_nvidia(tmp_path / "whole.pkl", made))
    found = loading.parts(layouts.write_nvidia(tmp_path / "any.pkl", made, stored=stored))
    assert found.architecture == "stylegan1"
    assert found.settings == whole.settings
    assert all(torch.equal(found.tensors[name], whole.tensors[name]) for name in whole.tensors)


def of_channels(made: Variables, count: int) -> Variables:
    """Let a network make images of another number of channels, each like the first."""
    return {
        name: np.repeat(value[..., :1], count, axis=-1) if "/ToRGB" in name else value
        for name, value in made.items()
    }


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_a_generator_of_grey_images_renders_them_with_three_channels_that_are_the_same(
    write: Write, made: Variables, tmp_path: Path
) -> None:
    images = []
    for count in (1, 3):
        generator = load(write(tmp_path / str(count), of_channels(made, count)))
        w = generator.map(generator.sample([3, 4]))
        images.append(generator.render(w, noise="none"))
    np.testing.assert_array_equal(*images)
    np.testing.assert_array_equal(images[0][..., 0], images[0][..., 2])
    assert images[0].std() > 10


def test_a_generator_with_classes_of_four_channels_or_not_square_is_refused(
    made: Variables, tmp_path: Path
) -> None:
    const = "synthesis/4x4/Const/const"
    with pytest.raises(MnemoError, match=r"label_size is 10: it was trained with classes"):
        load(layouts.write_nvidia(tmp_path / "a", made, static_kwargs={"label_size": 10}))
    with pytest.raises(MnemoError, match="its images have 4 channels"):
        load(layouts.write_nvidia(tmp_path / "b", of_channels(made, 4)))
    with pytest.raises(MnemoError, match="not square: .* has 4 rows and 8 columns"):
        load(layouts.write_nvidia(tmp_path / "c", {**made, const: made[const].repeat(2, axis=3)}))
