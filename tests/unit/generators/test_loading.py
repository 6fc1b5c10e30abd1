"""The door to generators: any weights file is told by its content, converted whole, or refused."""

import io
import json
import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from tests.data import biggan_layouts, hostile, stylegan1_layouts, stylegan2_layouts
from tests.support.memory import grown

from mnemo import checkpoints, generators
from mnemo.errors import MnemoError
from mnemo.generators import Conditional, Generator, Mapped, loading
from mnemo.generators.layouts import Parts
from mnemo.generators.registry import entry

STYLEGAN1 = stylegan1_layouts.variables([6, 5, 4, 4])  # 32 px
STYLEGAN2 = stylegan2_layouts.network((6, 5, 4, 4), z_dim=16, w_dim=16, mapping_layers=2)
BIGGAN = biggan_layouts.ganalyze(128, width=8, classes=10)
BIGGAN_DEEP = biggan_layouts.hugging_face(64, width=8, classes=10, z_dim=16, bins=3)


def write_stylegan2(write: Callable[..., None], **options: bool) -> Callable[[Path], object]:
    return lambda path: write(path, STYLEGAN2, **options)


#: What writes each layout, by the architecture that it is told as and by a name that lies about it.
FILES: dict[str, dict[str, Callable[[Path], object]]] = {
    "stylegan1": {
        "stylegan2.pt": lambda path: stylegan1_layouts.write_nvidia(path, STYLEGAN1),
        "ganspace.pkl": lambda path: stylegan1_layouts.write_ganspace(path, STYLEGAN1),
        "interfacegan.safetensors": lambda path: stylegan1_layouts.write_interfacegan(
            path, STYLEGAN1
        ),
    },
    "stylegan2": {
        "tensorflow.bin": write_stylegan2(stylegan2_layouts.tensorflow),
        "pytorch.npy": write_stylegan2(stylegan2_layouts.pytorch),
        "rosinality": write_stylegan2(stylegan2_layouts.rosinality),
        "training.zip": write_stylegan2(stylegan2_layouts.rosinality, average=False, noise=False),
        # numpy writes to no other suffix.
        "pytorch.pkl.npy": write_stylegan2(stylegan2_layouts.rosasalberto, average=True),
    },
    "biggan": {"biggan-deep.npz": lambda path: biggan_layouts.write(BIGGAN, path)},
    "biggan-deep": {
        "biggan.pkl": lambda path: biggan_layouts.write(BIGGAN_DEEP, path, legacy=True)
    },
}
EACH = [
    pytest.param(architecture, name, id=f"{architecture} in {name}")
    for architecture, writers in FILES.items()
    for name in writers
]
#: The layouts without noise maps.
WITHOUT_NOISE = {"ganspace.pkl", "training.zip", "pytorch.pkl.npy"}


@pytest.fixture(scope="module", name="folder")
def write_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a small generator in every layout."""
    folder = tmp_path_factory.mktemp("loading")
    for writers in FILES.values():
        for name, write in writers.items():
            write(folder / name)
    return folder


@pytest.fixture(scope="module", name="own")
def convert_files(folder: Path) -> Path:
    """Convert one file of each architecture."""
    for architecture, writers in FILES.items():
        loading.convert(folder / next(iter(writers)), folder / f"{architecture}.own")
    return folder


def render(generator: Generator, noise: generators.Noise = "const") -> NDArray[np.uint8]:
    """Make two images in whichever way the generator makes them."""
    z = generator.sample([3, 4], psi=0.7)
    if isinstance(generator, Conditional):
        return generator.render(z, classes=[1, 9], psi=0.7)
    if isinstance(generator, Mapped):
        return generator.render(generator.map(z, psi=0.7), noise=noise, seeds=seeds(noise))
    return generator.render(z)


def seeds(noise: generators.Noise) -> list[int] | None:
    return [5, 6] if noise == "random" else None


# What a file is


@pytest.mark.parametrize(("architecture", "name"), EACH)
def test_a_file_is_told_by_its_content_whatever_its_name(
    architecture: str, name: str, folder: Path
) -> None:
    assert loading.parts(folder / name).architecture == architecture


@pytest.mark.parametrize("architecture", FILES)
def test_a_file_of_our_own_is_told_by_its_content_whatever_its_name(
    architecture: str, own: Path
) -> None:
    assert loading.parts(own / f"{architecture}.own").architecture == architecture


@pytest.mark.parametrize("name", ["load", "parts", "convert"])
def test_the_package_gives_the_doors_functions_at_every_call(name: str) -> None:
    # A module of the same name would take the function's place once it is imported.
    assert getattr(generators, name) is getattr(generators, name) is getattr(loading, name)


def test_a_name_that_no_generator_has_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(MnemoError, match="'stylegan9'; known: dcgan-faces, stylegan1-ffhq, "):
        generators.load("any.pkl", "stylegan9")


@pytest.mark.parametrize(
    ("file", "wanted", "held", "needed", "written"),
    [
        (
            *("stylegan2.pt", "stylegan2-ffhq"),
            "architecture stylegan1, resolution 32, z_dim 16, w_dim 16",
            "architecture stylegan2, resolution 1024, z_dim 512, w_dim 512",
            "architecture: stylegan1, resolution: 32, z_dim: 16, w_dim: 16",
        ),
        (
            *("tensorflow.bin", "stylegan2-cat"),
            "resolution 32, z_dim 16, w_dim 16",
            "resolution 256, z_dim 512, w_dim 512",
            "architecture: stylegan2, resolution: 32, z_dim: 16, w_dim: 16",
        ),
        (
            *("tensorflow.bin", "dcgan-faces"),
            "architecture stylegan2, resolution 32, z_dim 16, w_dim 16",
            "architecture dcgan, resolution 64, z_dim 100, no w_dim",
            "architecture: stylegan2, resolution: 32, z_dim: 16, w_dim: 16",
        ),
        (
            *("biggan-deep.npz", "biggan-256"),
            "resolution 128, z_dim 120, class_count 10",
            "resolution 256, z_dim 140, class_count 1000",
            "architecture: biggan, resolution: 128, z_dim: 120, class_count: 10",
        ),
    ],
)
def test_a_file_of_another_generator_is_refused_with_what_to_write_for_it(
    file: str, wanted: str, held: str, needed: str, written: str, folder: Path
) -> None:
    with pytest.raises(MnemoError) as refusal:
        generators.load(folder / file, wanted)
    assert str(refusal.value) == (
        f"{folder / file} holds a generator with {held}, but {wanted} has {needed}. To use this "
        f"file, write in the study's section generator: a name of your own, weights, {written}"
    )


#: What a study must say of each small generator, as for one of the user's own.
OWN: dict[str, dict[str, Any]] = {
    "stylegan1": {"resolution": 32, "z_dim": 16, "w_dim": 16},
    "stylegan2": {"resolution": 32, "z_dim": 16, "w_dim": 16},
    "biggan": {"resolution": 128, "class_count": 10},
    "biggan-deep": {"resolution": 64, "z_dim": 16, "class_count": 10},
}


@pytest.mark.parametrize(("architecture", "name"), EACH)
def test_a_generator_of_ones_own_loads_from_any_layout_as_the_study_describes_it(
    architecture: str, name: str, folder: Path
) -> None:
    described = entry("mine", architecture, **OWN[architecture])
    generator = generators.load(folder / name, asdict(described))
    assert generator.resolution == described.resolution
    assert generator.sample([0]).shape == (1, described.z_dim)
    assert isinstance(generator, Conditional) == bool(described.class_count)
    if isinstance(generator, Mapped):
        assert generator.layers == described.layers
        assert generator.map(generator.sample([0])).shape == (1, described.w_dim)


@pytest.mark.parametrize(
    ("architecture", "key", "value", "said"),
    [
        ("stylegan2", "resolution", 64, "resolution 32, but mine has resolution 64"),
        ("stylegan2", "z_dim", None, "z_dim 16, but mine has z_dim 512"),
        ("stylegan1", "w_dim", 32, "w_dim 16, but mine has w_dim 32"),
        ("biggan", "class_count", None, "class_count 10, but mine has class_count 1000"),
        ("biggan-deep", "z_dim", 128, "z_dim 16, but mine has z_dim 128"),
    ],
)
def test_a_wrong_description_of_ones_own_generator_is_refused_with_the_key_to_correct(
    architecture: str, key: str, value: int | None, said: str, own: Path
) -> None:
    sizes = OWN[architecture] | {key: value}
    with pytest.raises(MnemoError) as refusal:
        generators.load(own / f"{architecture}.own", asdict(entry("mine", architecture, **sizes)))
    right = asdict(entry("mine", architecture, **OWN[architecture]))[key]
    assert f"holds a generator with {said}." in str(refusal.value)
    assert str(refusal.value).endswith(f"write in the study's section generator: {key}: {right}")


@pytest.mark.parametrize("write", [torch.save, save_file])
def test_a_file_of_no_known_layout_is_refused_with_those_that_are(
    write: Callable[..., None], tmp_path: Path
) -> None:
    path = tmp_path / "any"
    write({"conv1.weight": torch.zeros(3)}, path)
    with pytest.raises(MnemoError) as refusal:
        generators.load(path)
    assert str(path) in str(refusal.value)
    for known in ("DCGAN", "StyleGAN1", "rosinality's", "GANalyze's", "Mnemo's own safetensors"):
        assert known in str(refusal.value)


@pytest.mark.parametrize("held", [5, {"main.0.weight": 5}, {1: torch.ones(1)}])
def test_a_dcgan_without_tensors_is_refused(tmp_path: Path, held: Any) -> None:
    torch.save({"netG_state_dict": held}, tmp_path / "x.pt")
    with pytest.raises(MnemoError, match="x.pt .* its generator's state holds no tensors"):
        loading.load(tmp_path / "x.pt")


def dcgan(z_dim: int, feature_maps: int, resolution: int) -> torch.nn.Module:
    """Make a generator as PyTorch's example defines it (pytorch/examples, dcgan/main.py)."""
    torch.manual_seed(0)
    layers: list[torch.nn.Module] = []
    taken, stride, padding = z_dim, 1, 0
    made = feature_maps * resolution // 8
    while made >= feature_maps:
        convolution = torch.nn.ConvTranspose2d(taken, made, 4, stride, padding, bias=False)
        layers += [convolution, torch.nn.BatchNorm2d(made), torch.nn.ReLU(True)]
        taken, made, stride, padding = made, made // 2, 2, 1
    layers += [torch.nn.ConvTranspose2d(taken, 3, 4, 2, 1, bias=False), torch.nn.Tanh()]
    generator = torch.nn.Module()
    generator.main = torch.nn.Sequential(*layers)
    return generator.eval()


@pytest.mark.parametrize(("z_dim", "resolution"), [(100, 64), (7, 16), (32, 128)])
@pytest.mark.parametrize("nested", [False, True])
def test_a_dcgan_of_any_size_renders_the_images_of_pytorchs_example(
    z_dim: int, resolution: int, nested: bool, tmp_path: Path
) -> None:
    theirs = dcgan(z_dim, 4, resolution)
    state = theirs.state_dict()
    torch.save({"netG_state_dict": state} if nested else state, tmp_path / "netG.pth")
    ours = generators.load(
        tmp_path / "netG.pth", asdict(entry("mine", "dcgan", resolution, z_dim=z_dim))
    )
    z = ours.sample([3, 4])
    with torch.inference_mode():
        expected = theirs.main(torch.from_numpy(z)[:, :, None, None])
    pixels = (expected.permute(0, 2, 3, 1).numpy() + 1) * 127.5
    assert ours.render(z).shape == (2, resolution, resolution, 3)
    np.testing.assert_allclose(ours.render(z), pixels, atol=1)


def test_a_target_that_can_not_be_written_is_named(folder: Path, tmp_path: Path) -> None:
    source = folder / "tensorflow.bin"
    with pytest.raises(MnemoError, match="x.safetensors can't be written: there is no folder"):
        loading.convert(source, tmp_path / "nofolder" / "x.safetensors")
    with pytest.raises(MnemoError, match="can't be written"):
        loading.convert(source, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(MnemoError, match=r"absent\.pkl is missing"):
        generators.load(tmp_path / "absent.pkl")


# What a generator's tensors are wrapped in

State = dict[str, Any]
#: The files that are state dicts, by their architecture.
STATES = {
    "ganspace.pkl": "stylegan1",
    "interfacegan.safetensors": "stylegan1",
    "rosinality": "stylegan2",
    "biggan-deep.npz": "biggan",
    "biggan.pkl": "biggan-deep",
}
OTHER = {"0.weight": torch.ones(2, 2), "1.bias": torch.ones(2)}


def prefixed(prefix: str, state: State) -> State:
    return {f"{prefix}{name}": value for name, value in state.items()}


def module(state: State) -> torch.nn.Module:
    """Make a module whose state dict is the given one."""
    root = torch.nn.Module()
    for name, value in state.items():
        *path, last = name.split(".")
        inner = root
        for part in path:
            if part not in inner._modules:
                inner.add_module(part, torch.nn.Module())
            inner = inner._modules[part]  # type: ignore[assignment]
        inner.register_buffer(last, value)
    return root


WRAPPINGS: dict[str, Callable[[State], Any]] = {
    "bare": lambda state: state,
    "DataParallel": lambda state: prefixed("module.", state),
    "state_dict": lambda state: {"state_dict": state, "epoch": 7, "path": Path("a")},
    "model": lambda state: {"model": state, "optimizer": {"state": {0: {"step": 1}}}},
    "DataParallel in g_ema": lambda state: {"g_ema": prefixed("module.", state), "args": None},
    "beside its own copy": lambda state: {
        "g": {name: value + 1 for name, value in state.items()},
        "g_ema": state,
        "d": OTHER,
    },
    "a part of a network": lambda state: {
        "state_dict": prefixed("decoder.", state) | prefixed("encoder.", OTHER),
        "opts": {"size": 32},
    },
    "a part of a network in DataParallel": lambda state: {
        "net": prefixed("module.generator_.", state) | prefixed("module.encoder.", OTHER),
    },
    "numpy's arrays": lambda state: {name: value.numpy() for name, value in state.items()},
    "a whole module": module,
    "a whole module by name": lambda state: {"G_ema": module(state), "D": module(OTHER)},
}


def state_of(path: Path) -> State:
    # torch chooses another reader for a file that is called .safetensors.
    content = torch.load(io.BytesIO(path.read_bytes()), weights_only=False)
    return dict(content.get("g_ema", content))


def assert_alike(found: Mapping[str, torch.Tensor], expected: Mapping[str, torch.Tensor]) -> None:
    """Compare tensors; those divided by a spectral norm depend a little on where they lie."""
    assert found.keys() <= expected.keys()
    for name, tensor in found.items():
        torch.testing.assert_close(tensor, expected[name], rtol=1e-5, atol=1e-6, msg=name)


@pytest.fixture(scope="module", name="expected")
def read_files(folder: Path) -> dict[str, Parts]:
    """Read the state dicts as their programs write them."""
    return {name: loading.parts(folder / name) for name in STATES}


#: BigGANs are taken apart slowly.
CASES = [
    (name, wrapping)
    for name, architecture in STATES.items()
    for wrapping in WRAPPINGS
    if "biggan" not in architecture or "DataParallel" in wrapping
]


@pytest.mark.parametrize(("name", "wrapping"), CASES)
def test_a_generator_is_found_in_whatever_it_is_wrapped_in(
    name: str, wrapping: str, folder: Path, expected: dict[str, Parts], tmp_path: Path
) -> None:
    state = state_of(folder / name)
    torch.save(WRAPPINGS[wrapping](state), tmp_path / "any.pt")
    found = loading.parts(tmp_path / "any.pt")
    assert found.architecture == STATES[name]
    # The mean w is not among rosinality's state dict.
    apart = {"mapping.w_avg"} if name == "rosinality" else set()
    assert found.tensors.keys() == expected[name].tensors.keys() - apart
    assert_alike(found.tensors, expected[name].tensors)


@pytest.mark.parametrize("name", STATES)
def test_a_generator_in_safetensors_of_another_program_is_found(
    name: str, folder: Path, expected: dict[str, Parts], tmp_path: Path
) -> None:
    state = {key: value.contiguous() for key, value in state_of(folder / name).items()}
    save_file(prefixed("module.", state), tmp_path / "any")
    assert_alike(loading.parts(tmp_path / "any").tensors, expected[name].tensors)


@pytest.mark.parametrize("tiled", [False, True])
def test_the_generator_in_a_file_of_psp_or_encoder4editing_is_found_with_its_mean_w(
    tiled: bool, folder: Path, expected: dict[str, Parts], tmp_path: Path
) -> None:
    content = torch.load(folder / "rosinality", weights_only=False)
    mean = content["latent_avg"]
    file = {
        "state_dict": prefixed("encoder.", OTHER) | prefixed("decoder.", content["g_ema"]),
        "latent_avg": mean.repeat(8, 1) if tiled else mean,
        "opts": Namespace(device="cuda", stylegan_size=32, exp_dir=Path("out")),
    }
    torch.save(file, tmp_path / "e4e.pt")
    found = loading.parts(tmp_path / "e4e.pt")
    assert found.settings == expected["rosinality"].settings
    assert found.tensors.keys() == expected["rosinality"].tensors.keys()
    assert_alike(found.tensors, expected["rosinality"].tensors)
    assert {"opts", "encoder.*"} <= set(found.unused)
    np.testing.assert_array_equal(
        render(generators.load(tmp_path / "e4e.pt")),
        render(generators.load(folder / "rosinality")),
    )
    file["latent_avg"] = mean.repeat(8, 1) + torch.arange(8)[:, None]
    torch.save(file, tmp_path / "e4e.pt")
    with pytest.raises(MnemoError, match=r"in state_dict.decoder.*: latent_avg differs between"):
        loading.parts(tmp_path / "e4e.pt")


def test_of_several_generators_none_is_chosen_unless_one_is_an_average(
    folder: Path, tmp_path: Path
) -> None:
    state = state_of(folder / "rosinality")
    torch.save({"first": state, "second": state}, tmp_path / "any.pt")
    with pytest.raises(MnemoError, match="any.pt holds several generators: first, second. Store"):
        loading.parts(tmp_path / "any.pt")


def test_of_the_two_copies_of_ema_pytorch_the_average_is_chosen(
    folder: Path, tmp_path: Path, expected: dict[str, Parts]
) -> None:
    state = state_of(folder / "rosinality")
    trained = {name: value + 1 for name, value in state.items()}
    copies = prefixed("online_model.", trained) | prefixed("ema_model.", state)
    torch.save({"ema": {**copies, "step": torch.tensor(7)}}, tmp_path / "any.pt")
    found = loading.parts(tmp_path / "any.pt").tensors
    assert_alike(found, {name: expected["rosinality"].tensors[name] for name in found})


def test_a_dcgan_of_grey_images_renders_them_with_three_channels_that_are_the_same(
    tmp_path: Path,
) -> None:
    state = dcgan(20, 4, 32).state_dict()
    last = [name for name, value in state.items() if value.ndim == 4][-1]
    images = []
    for count in (1, 3):
        state[last] = state[last][:, :1].repeat(1, count, 1, 1)
        torch.save(state, tmp_path / "netG.pth")
        images.append(render(generators.load(tmp_path / "netG.pth")))
    np.testing.assert_array_equal(*images)
    np.testing.assert_array_equal(images[0][..., 0], images[0][..., 2])


@pytest.mark.parametrize(
    "wrapping", ["bare", "DataParallel", "state_dict", "numpy's arrays", "a whole module"]
)
def test_a_dcgan_is_found_in_whatever_it_is_wrapped_in(
    weights: Callable[[str], Path], wrapping: str, tmp_path: Path
) -> None:
    source = weights("dcgan-faces")
    state = torch.load(source, map_location="cpu", weights_only=True)["netG_state_dict"]
    torch.save(WRAPPINGS[wrapping](state), tmp_path / "any.pt")
    found, expected = loading.parts(tmp_path / "any.pt"), loading.parts(source)
    assert found.architecture == "dcgan"
    assert found.tensors.keys() == expected.tensors.keys()


def test_a_file_of_many_names_is_refused_quickly(tmp_path: Path) -> None:
    number = torch.zeros(1)
    torch.save({f"{name}.b.c.d.e": number for name in range(20_000)}, tmp_path / "any.pt")
    start = time.monotonic()
    with pytest.raises(MnemoError, match="does not hold a generator's weights"):
        loading.parts(tmp_path / "any.pt")
    assert time.monotonic() - start < 20


# Conversion


@pytest.mark.parametrize(("architecture", "name"), EACH)
def test_a_converted_file_gives_the_same_images(
    architecture: str, name: str, folder: Path, tmp_path: Path
) -> None:
    noise: generators.Noise = "random" if name in WITHOUT_NOISE else "const"
    target = tmp_path / "any"
    loading.convert(folder / name, target)
    images = render(generators.load(folder / name), noise)
    assert images.std() > 10
    np.testing.assert_array_equal(render(generators.load(target), noise), images)


def test_the_embedded_generator_is_converted_too(
    weights: Callable[[str], Path], tmp_path: Path
) -> None:
    source, target = weights("dcgan-faces"), tmp_path / "any"
    loading.convert(source, target)
    images = render(generators.load(source))
    np.testing.assert_array_equal(render(generators.load(target, "dcgan-faces")), images)


@pytest.mark.parametrize("architecture", FILES)
def test_a_converted_file_is_converted_to_the_same_bytes(
    architecture: str, own: Path, tmp_path: Path
) -> None:
    path = own / f"{architecture}.own"
    loading.convert(path, tmp_path / "again")
    first, second = checkpoints.read(path), checkpoints.read(tmp_path / "again")
    assert first.metadata == second.metadata
    assert first.tensors.keys() == second.tensors.keys()
    for name, tensor in first.tensors.items():
        assert torch.equal(tensor, second.tensors[name])


# Damage


def rewritten(path: Path, target: Path, metadata: str, **changed: torch.Tensor) -> Path:
    save_file({**load_file(path), **changed}, target, {"mnemo": metadata})
    return target


@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        ("", "metadata 'mnemo' is damaged"),
        ("{", "metadata 'mnemo' is damaged"),
        ("[" * 100_000, "metadata 'mnemo' is damaged"),
        ("7", "metadata 'mnemo' is damaged"),
        ("{}", "metadata 'mnemo' is damaged"),
        ('{"architecture": "stylegan2"}', "metadata 'mnemo' is damaged"),
        ('{"architecture": "stylegan2", "settings": 7}', "metadata 'mnemo' is damaged"),
        ('{"architecture": "stylegan2", "settings": ["z"]}', "metadata 'mnemo' is damaged"),
        ('{"architecture": ["biggan"], "settings": {}}', "which Mnemo does not know"),
        ('{"architecture": "os", "settings": {}}', "'os', which Mnemo does not know"),
        ('{"architecture": "stylegan1", "settings": {}}', "no network has its settings"),
        ('{"architecture": "stylegan2", "settings": {}}', "no network has its settings"),
        ('{"architecture": "biggan", "settings": {}}', "no network has its settings"),
        ('{"architecture": "biggan-deep", "settings": {}}', "no network has its settings"),
        ('{"architecture": "dcgan", "settings": {}}', "holds another network"),
    ],
)
def test_a_file_of_our_own_with_damaged_metadata_is_refused(
    metadata: str, told: str, own: Path, tmp_path: Path
) -> None:
    path = rewritten(own / "stylegan2.own", tmp_path / "any", metadata)
    with pytest.raises(MnemoError, match=told) as refusal:
        generators.load(path)
    assert str(path) in str(refusal.value)


@pytest.mark.parametrize("architecture", ["stylegan1", "stylegan2"])
@pytest.mark.parametrize("value", [None, "text", -1, 0, 1, 99, [], [8], [0], ["a"], [[1]], {}])
def test_whatever_a_setting_is_replaced_with_there_is_a_clear_error_or_none(
    architecture: str, value: Any, own: Path, tmp_path: Path
) -> None:
    path = own / f"{architecture}.own"
    told = json.loads(checkpoints.read(path).metadata["mnemo"])
    for key in told["settings"]:
        changed = {**told, "settings": {**told["settings"], key: value}}
        with suppress(MnemoError):
            generators.load(rewritten(path, tmp_path / "any", json.dumps(changed)))


def with_setting(path: Path, target: Path, key: str, value: Any) -> Path:
    """Write a file of our own again, with another setting."""
    told = json.loads(checkpoints.read(path).metadata["mnemo"])
    assert key in told["settings"]
    told["settings"][key] = value
    return rewritten(path, target, json.dumps(told))


@pytest.mark.parametrize(
    ("architecture", "key", "value", "count"),
    [
        ("stylegan1", "mapping", [4] * 10**6, 10**6),
        ("stylegan1", "channels", [4] * 10**6, 10**6),
        ("stylegan2", "mapping_layers", 10**6, 10**6),
        ("stylegan2", "mapping_layers", 1e9, 1e9),
        ("stylegan2", "mapping_layers", 10**9, 10**9),
        ("stylegan2", "channels", [4] * 10**6, 10**6),
        ("biggan", "channels", [[4, 4]] * 10**5, 10**5),
        ("biggan-deep", "channels", [[4, 4]] * 10**5, 10**5),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_small_file_that_asks_for_endless_layers_is_refused_and_the_setting_named(
    architecture: str, key: str, value: Any, count: float, own: Path, tmp_path: Path
) -> None:
    path = with_setting(own / f"{architecture}.own", tmp_path / "any", key, value)
    with pytest.raises(MnemoError, match=rf"any: .*{key} asks for {count} layers"):
        generators.load(path)


@pytest.mark.parametrize(
    ("architecture", "key", "value"),
    [
        ("stylegan1", "mapping", [512, 10**10]),
        ("stylegan1", "mapping", [10**10]),
        ("stylegan1", "channels", [10**10] * 4),
        ("stylegan1", "channels", [4] * 40),
        ("stylegan2", "z_dim", 10**10),
        ("stylegan2", "w_dim", 10**10),
        ("stylegan2", "mapping_features", 10**10),
        ("stylegan2", "channels", [10**10] * 4),
        ("stylegan2", "channels", [4] * 20),
        ("stylegan2", "z_dim", 10**100),
        ("biggan", "chunk", 10**10),
        ("biggan", "classes", 10**10),
        ("biggan", "embedding", 10**10),
        ("biggan", "channels", [[10**10, 10**10]] * 5),
        ("biggan-deep", "z_dim", 10**10),
        ("biggan-deep", "classes", 10**10),
        ("biggan-deep", "width", 10**10),
        ("biggan-deep", "bins", 10**10),
    ],
)
def test_a_small_file_that_asks_for_more_memory_than_there_is_is_refused(
    architecture: str, key: str, value: Any, own: Path, tmp_path: Path
) -> None:
    path = with_setting(own / f"{architecture}.own", tmp_path / "any", key, value)

    def load() -> None:
        with pytest.raises(MnemoError, match="any(: no network has its settings| holds another)"):
            generators.load(path)

    assert grown(load) < 100 * 2**20


@pytest.mark.parametrize("architecture", FILES)
@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_tensor_that_is_not_finite_is_refused_by_its_name(
    architecture: str, number: float, own: Path, tmp_path: Path
) -> None:
    path = own / f"{architecture}.own"
    name, tensor = list(load_file(path).items())[-1]
    tensor.view(-1)[-1] = number
    metadata = checkpoints.read(path).metadata["mnemo"]
    with pytest.raises(MnemoError, match=f"infinite or undefined numbers, in {name}"):
        generators.load(rewritten(path, tmp_path / "any", metadata, **{name: tensor}))


@pytest.mark.parametrize("file", ["tensorflow.bin", "stylegan2.own"])
def test_damage_anywhere_in_a_file_gives_a_clear_error_or_a_generator(
    file: str, own: Path, tmp_path: Path
) -> None:
    whole = (own / file).read_bytes()
    path = tmp_path / "any"

    @settings(derandomize=True, deadline=None, max_examples=60)
    @given(
        st.integers(0, len(whole) // 2),
        st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(1, 255)), max_size=3),
    )
    @example(0, [(0, 1)])
    @example(1, [])
    def check(cut: int, flips: list[tuple[int, int]]) -> None:
        damaged = bytearray(whole)
        for place, bits in flips:
            damaged[place] ^= bits
        path.write_bytes(damaged[: len(damaged) - cut])
        with suppress(MnemoError):
            assert isinstance(generators.load(path), Mapped)

    check()


@pytest.mark.parametrize("make", hostile.RUNNERS, ids=lambda make: make.__name__)
def test_a_hostile_file_is_refused_without_effect(make: hostile.Maker, tmp_path: Path) -> None:
    path, canary = tmp_path / "any", tmp_path / "canary"
    path.write_bytes(make(canary))
    with pytest.raises(MnemoError, match="Nothing in it was executed"):
        generators.load(path)
    assert not canary.exists()
