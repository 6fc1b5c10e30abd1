"""Every layout of StyleGAN2 gives the same network, and none of its tensors is lost or invented."""

import copy
import pickle
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.data import stylegan2_layouts as layouts
from tests.data.stylegan2_layouts import Network
from tests.support.references import package
from torch.nn import functional as F

from mnemo import checkpoints, generators
from mnemo.checkpoints import Record
from mnemo.errors import MnemoError
from mnemo.generators import loading
from mnemo.generators.layouts import Parts
from mnemo.generators.stylegan2_layouts import LAYOUTS

WRITERS: dict[str, Callable[[Path, Network], None]] = {
    "tensorflow.pkl": layouts.tensorflow,
    "pytorch.pkl": layouts.pytorch,
    "rosinality.pt": layouts.rosinality,
    "rosasalberto.npy": lambda path, made: layouts.rosasalberto(path, made, True, True),
}
ODD = layouts.network((7, 9, 5, 6), z_dim=11, w_dim=13, mapping_layers=3, mapping_features=10)


def taken(content: Any) -> Parts:
    (found,) = [layout for layout in LAYOUTS if layout.matches(content)]
    return found.parts(content)


def same(found: Parts, made: Network, but: str = "nothing", **asked: Any) -> None:
    """Check that all is as it was written, but for some tensors that there are none of."""
    has = {"noise": but != "noise_const", "w_avg": but != "w_avg"}
    assert found.settings == {**made.settings, **has, **asked}
    assert found.tensors.keys() == {name for name in made.tensors if not name.endswith(but)}
    for name, tensor in found.tensors.items():
        assert tensor.dtype == torch.float32
        assert tensor.is_contiguous()
        # A style's bias loses its last bit where TensorFlow leaves out the 1.
        np.testing.assert_allclose(tensor, made.tensors[name], atol=1e-6, err_msg=name)


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Read a small generator of odd widths, in every layout."""
    folder = tmp_path_factory.mktemp("layouts")
    for name, write in WRITERS.items():
        write(folder / name, ODD)
    return {name: checkpoints.read(folder / name) for name in WRITERS}


def tensors_of(content: Any) -> list[tuple[dict[Any, Any] | list[Any], Any, str]]:
    """Find the generator's tensors: what each is in, its key there, and its name in errors."""
    if isinstance(content, tuple):
        networks = [content[2], *content[2].state["components"].values()]
        lists = [network.state["variables"] for network in networks]
        return [(pairs, i, pair[0]) for pairs in lists for i, pair in enumerate(pairs)]
    if "G_ema" in content:
        found: list[tuple[dict[Any, Any] | list[Any], Any, str]] = []
        rest = [("", content["G_ema"])]
        for path, module in rest:
            rest += [(f"{path}{name}.", inner) for name, inner in module.state["_modules"].items()]
            for held in (module.state["_parameters"], module.state["_buffers"]):
                found += [(held, name, f"{path}{name}") for name in held]
        return found
    if "g_ema" in content:
        return [(content["g_ema"], name, name) for name in content["g_ema"]]
    return [(content, name, name) for name in content]


@pytest.mark.parametrize("layout", WRITERS)
@pytest.mark.parametrize("resolution", [32, 64, 128, 256])
def test_a_file_gives_the_tensors_that_were_written_to_it(
    layout: str, resolution: int, tmp_path: Path
) -> None:
    made = layouts.network(layouts.widths(resolution, base=768, most=24))
    WRITERS[layout](tmp_path / layout, made)
    same(taken(checkpoints.read(tmp_path / layout)), made)


@pytest.mark.parametrize("layout", WRITERS)
def test_widths_are_read_from_the_tensors(layout: str, contents: dict[str, Any]) -> None:
    same(taken(contents[layout]), ODD)


def test_config_e_has_half_the_widths_of_config_f_from_64_pixels_up() -> None:
    assert layouts.widths(1024) == (512, 512, 512, 512, 512, 256, 128, 64, 32)
    assert layouts.widths(1024, base=16384) == (512, 512, 512, 512, 256, 128, 64, 32, 16)


@pytest.mark.parametrize("layout", WRITERS)
def test_every_missing_tensor_is_an_error_that_names_it(
    layout: str, contents: dict[str, Any]
) -> None:
    unused = taken(contents[layout]).unused
    tried = 0
    for i, (_, _, name) in enumerate(tensors_of(contents[layout])):
        content = copy.deepcopy(contents[layout])
        held, key, _ = tensors_of(content)[i]
        # Without its mean w, a checkpoint of rosinality's is one of a training, and one of NVIDIA's
        # PyTorch code of a training that does not track it.
        if name in unused or name in ("latent_avg", "mapping.w_avg"):
            continue
        del held[key]
        with pytest.raises(MnemoError, match=rf"lacks .*{re.escape(name)}"):
            taken(content)
        tried += 1
    assert tried == len(ODD.tensors) - (layout in ("rosinality.pt", "pytorch.pkl"))


@pytest.mark.parametrize("layout", WRITERS)
def test_a_tensor_that_no_stylegan2_has_is_an_error_that_names_it(
    layout: str, contents: dict[str, Any]
) -> None:
    content = copy.deepcopy(contents[layout])
    held, _, _ = tensors_of(content)[-1]
    if isinstance(held, list):
        held.append(("surplus", np.zeros(3, np.float32)))
    else:
        held["surplus"] = torch.zeros(3)
    with pytest.raises(MnemoError, match="surplus"):
        taken(content)


@pytest.mark.parametrize("layout", WRITERS)
def test_whatever_a_value_is_replaced_with_there_is_a_clear_error_or_none(
    layout: str, contents: dict[str, Any]
) -> None:
    def nodes(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
        yield way
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from nodes(inner, (*way, key))
        elif isinstance(value, list | tuple):
            for i, inner in enumerate(value):
                yield from nodes(inner, (*way, i))
        elif isinstance(value, Record):
            yield from nodes(value.state, (*way, "state"))

    def replaced(value: Any, way: tuple[Any, ...], new: Any) -> Any:
        if not way:
            return new
        if isinstance(value, Record):
            return Record(value.kind, value.arguments, replaced(value.state, way[1:], new))
        if isinstance(value, dict):
            return value | {way[0]: replaced(value[way[0]], way[1:], new)}
        inner = replaced(value[way[0]], way[1:], new)
        return type(value)([*value[: way[0]], inner, *value[way[0] + 1 :]])

    whole = contents[layout]
    junk = [None, "text", -1, 2.5, [], {}, {1: 2}, (), torch.zeros(()), np.zeros((2, 0, 3))]
    junk += [torch.zeros(3, 3, dtype=torch.int64), Record("a.b", (), None), Record("c.d", (), {})]

    @settings(max_examples=300, deadline=None)
    @given(st.sampled_from(list(nodes(whole))), st.sampled_from(junk))
    def check(way: tuple[Any, ...], new: Any) -> None:
        content = replaced(whole, way, new)
        for known in LAYOUTS:
            if known.matches(content):
                with suppress(MnemoError):
                    known.parts(content)

    check()


@pytest.mark.parametrize(
    "stored",
    [
        lambda networks: networks[2],
        lambda networks: networks[2:],
        list,
        lambda networks: (networks[0], networks[2]),
        lambda networks: (*networks, None),
        lambda networks: dict(zip(("G", "D", "Gs"), networks, strict=True)),
        lambda networks: {"Gs": networks[2]},
    ],
    ids=["Gs", "(Gs,)", "a list", "(G, Gs)", "one more", "by name", "Gs by name"],
)
def test_the_average_generator_is_found_in_whatever_of_the_three_a_pickle_holds(
    stored: Callable[[Any], Any], tmp_path: Path
) -> None:
    layouts.tensorflow(tmp_path / "g.pkl", ODD, stored=stored)
    same(loading.parts(tmp_path / "g.pkl"), ODD)


@pytest.mark.parametrize(
    "stored",
    [
        lambda content: content["G_ema"],
        lambda content: {"G_ema": content["G_ema"]},
        lambda content: {"G": content["G_ema"], "D": content["D"]},
    ],
    ids=["G_ema", "G_ema by name", "no average"],
)
def test_a_generator_of_stylegan2_ada_pytorch_is_found_alone(
    stored: Callable[[Any], Any], tmp_path: Path
) -> None:
    layouts.pytorch(tmp_path / "g.pkl", ODD, clamp=64, stored=stored)
    same(loading.parts(tmp_path / "g.pkl"), ODD, clamp=64)


def state_dict(made: Network, taps: tuple[float, ...] = (1, 3, 3, 1)) -> dict[str, torch.Tensor]:
    """Make the state dict of a generator of stylegan2-ada-pytorch."""
    state = {name: torch.tensor(value) for name, value in made.tensors.items()}
    line = torch.tensor(taps) / sum(taps)
    for size in made.sizes:
        # A convolution that keeps the resolution is not told the filter.
        state[f"synthesis.b{size}.conv1.resample_filter"] = torch.ones(4, 4) / 16
        for name in ("", "conv0.") if size > 4 else ("",):
            state[f"synthesis.b{size}.{name}resample_filter"] = torch.outer(line, line)
    return state


@pytest.mark.parametrize("taps", [(1.0, 3.0, 3.0, 1.0), (1.0, 2.0, 1.0)])
@pytest.mark.parametrize("key", ["", "G_ema", "state_dict"])
def test_a_state_dict_of_stylegan2_ada_pytorch_is_read_with_its_filter_and_the_usual_clamp(
    taps: tuple[float, ...], key: str, tmp_path: Path
) -> None:
    state = state_dict(ODD, taps)
    torch.save({key: state} if key else state, tmp_path / "g.pt")
    found = loading.parts(tmp_path / "g.pt")
    asked = [tap / sum(taps) for tap in taps]
    same(found, ODD, clamp=256, resample_filter=pytest.approx(asked))


def test_a_state_dict_renders_as_the_pickle_that_it_was_taken_from(tmp_path: Path) -> None:
    layouts.pytorch(tmp_path / "g.pkl", ODD, clamp=256)
    torch.save(state_dict(ODD), tmp_path / "g.pt")
    images = [rendered(tmp_path / name) for name in ("g.pkl", "g.pt")]
    assert images[0].std() > 10
    np.testing.assert_array_equal(*images)


def test_a_state_dict_with_filters_that_differ_is_refused(tmp_path: Path) -> None:
    state = state_dict(ODD)
    state["synthesis.b16.resample_filter"] = torch.ones(4, 4) / 16
    torch.save(state, tmp_path / "g.pt")
    with pytest.raises(MnemoError, match=r"b16.resample_filter is a filter other than"):
        loading.parts(tmp_path / "g.pt")


def rendered(path: Path) -> Any:
    generator = generators.load(path)
    return generator.render(generator.map(generator.sample([3, 4])))


def of_channels(made: Network, count: int) -> Network:
    """Let a network make images of another number of channels, each like the first."""
    tensors = {
        name: np.repeat(value[:1], count, axis=0)
        if re.search(r"torgb\.(weight|bias)$", name)
        else value
        for name, value in made.tensors.items()
    }
    return made._replace(tensors=tensors)


@pytest.mark.parametrize("name", WRITERS)
def test_a_generator_of_grey_images_renders_them_with_three_channels_that_are_the_same(
    name: str, tmp_path: Path
) -> None:
    for count in (1, 3):
        (tmp_path / str(count)).mkdir()
        WRITERS[name](tmp_path / str(count) / name, of_channels(ODD, count))
    images = rendered(tmp_path / "1" / name)
    np.testing.assert_array_equal(images, rendered(tmp_path / "3" / name))
    np.testing.assert_array_equal(images[..., 0], images[..., 2])
    assert images.std() > 10


@pytest.mark.parametrize("name", WRITERS)
def test_a_generator_of_images_of_four_channels_is_refused_with_what_is_supported(
    name: str, tmp_path: Path
) -> None:
    WRITERS[name](tmp_path / name, of_channels(ODD, 4))
    with pytest.raises(MnemoError, match=r"its images have 4 channels .*only 3 .* and 1 \(grey\)"):
        loading.parts(tmp_path / name)


@pytest.mark.parametrize("name", WRITERS)
def test_a_generator_of_images_that_are_not_square_is_refused(name: str, tmp_path: Path) -> None:
    const = ODD.tensors["synthesis.b4.const"]
    wide = ODD._replace(tensors={**ODD.tensors, "synthesis.b4.const": const.repeat(2, axis=2)})
    WRITERS[name](tmp_path / name, wide)
    with pytest.raises(MnemoError, match="not square: .* has 4 rows and 8 columns"):
        loading.parts(tmp_path / name)


def test_a_square_tensorflow_pickle_may_state_its_height_and_width(tmp_path: Path) -> None:
    asked = {"resolution_w": 32, "resolution_h": 32, "init_res": [4, 4]}
    layouts.tensorflow(tmp_path / "g.pkl", ODD, kwargs=asked)
    same(taken(checkpoints.read(tmp_path / "g.pkl")), ODD)


@pytest.mark.parametrize("name", ["tensorflow.pkl", "pytorch.pkl", "rosinality.pt", "state dict"])
def test_a_stylegan2_with_classes_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if name == "tensorflow.pkl":
        layouts.tensorflow(path, ODD, kwargs={"label_size": 10})
    elif name == "pytorch.pkl":
        layouts.pytorch(path, ODD, c_dim=10)
    elif name == "rosinality.pt":
        # The conversion leaves out the embedding, whose dimensions follow those of z.
        layouts.rosinality(path, layouts.network((4, 4), z_dim=32, w_dim=16))
    else:
        torch.save({**state_dict(ODD), "mapping.embed.weight": torch.ones(11, 10)}, path)
    with pytest.raises(MnemoError, match=r"it was trained with classes \(labels\)"):
        loading.parts(path)


@pytest.mark.parametrize("version", [2, 3, 4])
def test_every_version_of_a_tensorflow_pickle_is_read(version: int, tmp_path: Path) -> None:
    layouts.tensorflow(tmp_path / "g.pkl", ODD, version)
    same(taken(checkpoints.read(tmp_path / "g.pkl")), ODD)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("label_size", 10),
        ("architecture", "resnet"),
        ("architecture", "orig"),
        ("nonlinearity", "relu"),
        ("mapping_nonlinearity", "relu"),
        ("normalize_latents", False),
        ("use_noise", False),
        ("synthesis_func", "G_synthesis_stylegan_revised"),
        ("resolution", 64),
        ("mapping_layers", 8),
        ("mapping_fmaps", 512),
        ("fmap_shape", 7),
    ],
)
def test_what_a_tensorflow_pickle_asks_for_in_vain_is_named(
    key: str, value: Any, tmp_path: Path
) -> None:
    layouts.tensorflow(tmp_path / "g.pkl", ODD, kwargs={key: value})
    with pytest.raises(MnemoError, match=f"{key} is {value!r}"):
        taken(checkpoints.read(tmp_path / "g.pkl"))


@pytest.mark.parametrize("taps", [None, [[1, 2], [2, 1]], [], "text", [1, float("nan")], [0, 0]])
def test_a_resampling_filter_that_is_no_list_of_numbers_is_refused(
    taps: Any, tmp_path: Path
) -> None:
    layouts.tensorflow(tmp_path / "g.pkl", ODD, kwargs={"resample_kernel": taps})
    with pytest.raises(MnemoError, match="filter is"):
        taken(checkpoints.read(tmp_path / "g.pkl"))


def test_settings_that_no_tensor_tells_are_read_from_a_tensorflow_pickle(tmp_path: Path) -> None:
    asked = {"mapping_lrmul": 0.1, "conv_clamp": 256, "resample_kernel": [1, 2, 1]}
    layouts.tensorflow(tmp_path / "g.pkl", ODD, kwargs=asked)
    same(
        taken(checkpoints.read(tmp_path / "g.pkl")),
        ODD,
        learning_rate_multiplier=0.1,
        clamp=256,
        resample_filter=[1, 2, 1],
    )


def test_a_stylegan1_is_of_no_layout_of_stylegan2(contents: dict[str, Any]) -> None:
    content = copy.deepcopy(contents["tensorflow.pkl"])
    state = content[2].state["components"]["synthesis"].state
    state["variables"] = [
        (name.replace("mod_weight", "StyleMod/weight"), value) for name, value in state["variables"]
    ]
    assert not any(layout.matches(content) for layout in LAYOUTS)


@pytest.mark.parametrize("flat", [False, True])
def test_settings_that_no_tensor_tells_are_read_from_a_pytorch_pickle(
    flat: bool, tmp_path: Path
) -> None:
    layouts.pytorch(tmp_path / "g.pkl", ODD, clamp=256, taps=[1, 2, 1], flat=flat)
    found = taken(checkpoints.read(tmp_path / "g.pkl"))
    same(found, ODD, clamp=256, resample_filter=[1, 2, 1])
    assert {"G", "D", "synthesis.b8.conv0.resample_filter"} <= set(found.unused)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("c_dim", 10),
        ("architecture", "orig"),
        ("use_noise", False),
        ("activation", "relu"),
        ("img_resolution", 64),
        ("num_layers", 8),
    ],
)
def test_what_a_pytorch_pickle_asks_for_in_vain_is_named(
    key: str, value: Any, tmp_path: Path
) -> None:
    layouts.pytorch(tmp_path / "g.pkl", ODD, **{key: value})
    with pytest.raises(MnemoError, match=f"{key} is {value!r}"):
        taken(checkpoints.read(tmp_path / "g.pkl"))


def test_modules_of_a_pytorch_pickle_must_agree_on_the_clamp(contents: dict[str, Any]) -> None:
    content = copy.deepcopy(contents["pytorch.pkl"])
    blocks = content["G_ema"].state["_modules"]["synthesis"].state["_modules"]
    blocks["b8"].state["_modules"]["conv1"].state["conv_clamp"] = 256
    with pytest.raises(MnemoError, match="conv_clamp is "):
        taken(content)


def test_a_stylegan3_is_refused_by_its_name(contents: dict[str, Any]) -> None:
    content = copy.deepcopy(contents["pytorch.pkl"])
    state = {"_modules": {}, "_parameters": {}, "_buffers": {}}
    blocks = content["G_ema"].state["_modules"]["synthesis"].state["_modules"]
    blocks["input"] = Record("torch_utils.persistence.SynthesisInput", (), state)
    with pytest.raises(MnemoError, match="StyleGAN3"):
        taken(content)


@pytest.mark.parametrize("layout", ["pytorch.pkl", "rosinality.pt"])
def test_a_filter_that_is_not_the_one_the_file_asks_for_is_refused(
    layout: str, contents: dict[str, Any], tmp_path: Path
) -> None:
    if layout == "rosinality.pt":
        layouts.rosinality(tmp_path / layout, ODD, gain=0.25)
        content = checkpoints.read(tmp_path / layout)
    else:
        content = copy.deepcopy(contents[layout])
        content["G_ema"].state["_init_kwargs"]["synthesis_kwargs"]["resample_filter"] = [1, 2, 1]
    with pytest.raises(MnemoError, match="a filter other than"):
        taken(content)


def test_a_training_checkpoint_of_rosinality_is_read(tmp_path: Path) -> None:
    layouts.rosinality(tmp_path / "g.pt", ODD, training=True)
    found = taken(checkpoints.read(tmp_path / "g.pt"))
    same(found, ODD)
    assert {"g", "d", "g_optim", "d_optim", "args", "convs.0.conv.blur.kernel"} <= set(found.unused)


def test_a_checkpoint_without_noise_maps_is_of_a_network_without(tmp_path: Path) -> None:
    layouts.rosinality(tmp_path / "g.pt", ODD, noise=False)
    same(taken(checkpoints.read(tmp_path / "g.pt")), ODD, but="noise_const")


@pytest.mark.parametrize("layout", ["rosinality.pt", "rosasalberto.npy"])
def test_without_noise_maps_const_noise_is_refused_and_random_noise_is_not(
    layout: str, tmp_path: Path
) -> None:
    write = layouts.rosinality if layout == "rosinality.pt" else layouts.rosasalberto
    write(tmp_path / layout, ODD, noise=False)
    generator = generators.load(tmp_path / layout)
    w = generator.map(generator.sample([0]))
    with pytest.raises(MnemoError, match="Set `noise` to random or none"):
        generator.render(w, noise="const")
    one, other, again = (generator.render(w, noise="random", seeds=[seed]) for seed in (0, 1, 0))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_a_dictionary_of_rosasalberto_is_read_with_its_mean_w_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "cat.npy"
    layouts.rosasalberto(path, ODD)
    found = loading.parts(path)
    same(found, ODD, but="noise_const")
    assert found.unused == ("disc_Output/bias",)
    (tmp_path / "cat_dlatent_avg.npy").unlink()
    with pytest.raises(MnemoError, match=r"cat\.npy .*put cat_dlatent_avg\.npy.* next to it"):
        generators.load(path)


def test_a_mean_w_in_a_dictionary_of_rosasalberto_goes_before_one_beside_it(
    tmp_path: Path,
) -> None:
    layouts.rosasalberto(tmp_path / "cat.npy", ODD, average=True)
    (tmp_path / "cat_dlatent_avg.npy").write_bytes(b"damaged")
    same(loading.parts(tmp_path / "cat.npy"), ODD, but="noise_const")


def test_a_damaged_mean_w_beside_a_dictionary_of_rosasalberto_is_named(tmp_path: Path) -> None:
    layouts.rosasalberto(tmp_path / "cat.npy", ODD)
    (tmp_path / "cat_dlatent_avg.npy").write_bytes(b"damaged")
    with pytest.raises(MnemoError, match=r"cat_dlatent_avg\.npy can't be read"):
        generators.load(tmp_path / "cat.npy")


def test_every_layout_makes_the_same_image(tmp_path: Path) -> None:
    made = layouts.network(layouts.widths(32, base=512, most=24))
    images = []
    for name, write in WRITERS.items():
        write(tmp_path / name, made)
        generator = generators.load(tmp_path / name)
        images.append(generator.render(generator.map(generator.sample([0, 1]), psi=0.7)))
    assert images[0].shape == (2, 32, 32, 3)
    assert images[0].std() > 10
    for image in images[1:]:
        # A bias that has lost its last bit turns a level that is nearly a whole number.
        difference = np.abs(image.astype(int) - images[0])
        assert difference.max() <= 1
        assert (difference != 0).mean() < 0.01


class TestReference:
    """Against NVIDIA's own reader and networks, as draggan 1.1.6 holds them."""

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def nvidia(cls) -> Iterator[None]:
        """Put NVIDIA's modules on the path, and take them off it again."""
        names = ("dnnlib", "legacy", "torch_utils", "training")
        before = list(sys.path)
        sys.path.insert(0, str(package("draggan", "1.1.6") / "draggan" / "stylegan2"))
        yield
        sys.path[:] = before
        for name in [name for name in sys.modules if name.split(".")[0] in names]:
            del sys.modules[name]

    def image(self, network: Any, seed: int, psi: float) -> np.ndarray:
        z = np.random.RandomState(seed).randn(1, network.z_dim)
        made = network(torch.from_numpy(z).float(), None, truncation_psi=psi, noise_mode="const")
        return made.mul(127.5).add(128).clamp(0, 255).permute(0, 2, 3, 1).numpy()

    def agrees(self, path: Path, network: Any) -> None:
        ours = generators.load(path)
        for seed, psi in ((3, 0.5), (4, 1.0)):
            wanted = self.image(network, seed, psi)
            image = ours.render(ours.map(ours.sample([seed]), psi=psi))
            assert wanted.std() > 10
            # An image has lost its fractions; rounding on the way may put a level on either side.
            assert np.abs(image + 0.5 - wanted).max() < 0.5 + 0.01

    def test_nvidias_reader_makes_the_same_image_of_a_tensorflow_pickle(
        self, tmp_path: Path
    ) -> None:
        import legacy

        made = layouts.network(layouts.widths(32, base=512, most=24), z_dim=20, w_dim=28)
        path = tmp_path / "g.pkl"
        layouts.tensorflow(path, made, kwargs={"fmap_base": 256, "fmap_max": 24})
        with path.open("rb") as file:
            network = legacy.convert_tf_generator(legacy._LegacyUnpickler(file).load()[2])
        state = network.state_dict()
        for name, tensor in made.tensors.items():
            np.testing.assert_array_equal(state[name], tensor, err_msg=name)
        self.agrees(path, network)

    @pytest.mark.parametrize("clamp", [None, 0.3])
    def test_a_pickle_of_nvidias_own_network_makes_its_image(
        self, clamp: float | None, tmp_path: Path
    ) -> None:
        from training import networks

        torch.manual_seed(0)
        network = networks.Generator(
            z_dim=20,
            c_dim=0,
            w_dim=28,
            img_resolution=64,
            img_channels=3,
            mapping_kwargs={"num_layers": 3, "layer_features": 17},
            synthesis_kwargs={"channel_base": 768, "channel_max": 24, "conv_clamp": clamp},
        )
        network.eval().requires_grad_(False)
        network.mapping.w_avg.normal_(0, 0.3)
        for name, parameter in network.named_parameters():
            if name.endswith("noise_strength"):
                parameter.fill_(0.1)
        path = tmp_path / "g.pkl"
        path.write_bytes(pickle.dumps({"G": network, "D": None, "G_ema": network}))
        found = taken(checkpoints.read(path))
        assert found.settings["clamp"] == clamp
        assert found.settings["mapping_features"] == 17
        state = network.state_dict()
        assert found.tensors.keys() | set(found.unused) - {"G", "D"} == state.keys()
        for name, tensor in found.tensors.items():
            assert torch.equal(tensor, state[name]), name
        self.agrees(path, network)

    def test_an_upsampling_weight_of_rosinality_is_one_of_a_transposed_convolution(
        self, tmp_path: Path
    ) -> None:
        from training import networks

        layouts.rosinality(tmp_path / "g.pt", ODD)
        state = torch.load(tmp_path / "g.pt", weights_only=True)["g_ema"]
        weight = state["convs.0.conv.weight"][0]
        weight = weight / weight.square().sum(dim=(1, 2, 3), keepdim=True).sqrt()
        x = torch.randn(2, 7, 4, 4, generator=torch.Generator().manual_seed(0))
        # As rosinality's model.py does, with a style of 1: transpose, then blur each channel.
        up = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
        kernel = state["convs.0.conv.blur.kernel"].expand(9, 1, 4, 4)
        wanted = 2**0.5 * F.leaky_relu(F.conv2d(F.pad(up, (1, 1, 1, 1)), kernel, groups=9), 0.2)
        layer = networks.SynthesisLayer(7, 9, w_dim=13, resolution=8, up=2).requires_grad_(False)
        layer.weight.copy_(
            taken(checkpoints.read(tmp_path / "g.pt")).tensors["synthesis.b8.conv0.weight"]
        )
        found = layer(x, torch.zeros(2, 13), noise_mode="none")
        torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)

    def test_without_a_mean_w_it_is_that_of_nvidias_projector(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        from training import networks

        made = layouts.network((8, 8, 8, 8), z_dim=16, w_dim=16)
        layouts.rosinality(tmp_path / "g.pt", made, average=False)
        found = loading.parts(tmp_path / "g.pt")
        same(found, made, but="w_avg")
        mapping = networks.MappingNetwork(16, 0, 16, None)
        mapping.load_state_dict(
            {
                name.removeprefix("mapping."): tensor
                for name, tensor in found.tensors.items()
                if name.startswith("mapping.fc")
            }
        )
        z = np.random.RandomState(123).randn(10_000, 16)
        with torch.inference_mode():
            wanted = mapping(torch.from_numpy(z).float(), None).mean(dim=0, keepdim=True)
        generator = generators.load(tmp_path / "g.pt")
        assert "g.pt holds no mean w" in caplog.text
        mean = generator.map(generator.sample([0]), psi=0)
        np.testing.assert_allclose(mean, wanted, atol=1e-5, rtol=0)
