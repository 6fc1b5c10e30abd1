"""Weights files of every format are told by their content, and damage to them is named."""

import io
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from mnemo import checkpoints
from mnemo.checkpoints import Record, Safetensors
from mnemo.errors import MnemoError

random = torch.Generator().manual_seed(0)
TENSORS = {
    "w": torch.randn(3, 4, generator=random),
    "t": torch.randn(3, 4, generator=random).T,
    "half": torch.randn(5, generator=random).half(),
    "steps": torch.tensor(7),
    "mask": torch.tensor([True, False]),
}
ARRAYS = {name: tensor.numpy() for name, tensor in TENSORS.items()}


def saved(save: Callable[[io.BytesIO], object]) -> bytes:
    file = io.BytesIO()
    save(file)
    return file.getvalue()


def torch_saved(content: object, *, legacy: bool = False) -> bytes:
    return saved(lambda file: torch.save(content, file, _use_new_zipfile_serialization=not legacy))


FILES = {
    "torch": torch_saved(OrderedDict(TENSORS)),
    "torch of before 2020": torch_saved(OrderedDict(TENSORS), legacy=True),
    "pickle of tensors": pickle.dumps(TENSORS, 3),
    "pickle of arrays": pickle.dumps(ARRAYS, 4),
    "pickle of Python 3.8": pickle.dumps(ARRAYS, 5),
    "npy of a dict": saved(lambda file: np.save(file, ARRAYS, allow_pickle=True)),  # type: ignore
    "npz": saved(lambda file: np.savez(file, **ARRAYS)),
    "compressed npz": saved(lambda file: np.savez_compressed(file, **ARRAYS)),
    "joblib": saved(lambda file: joblib.dump(ARRAYS, file)),
    "joblib with LZ4": saved(lambda file: joblib.dump(ARRAYS, file, compress="lz4")),
    "safetensors": safetensors.torch.save(
        {name: tensor.contiguous() for name, tensor in TENSORS.items()}, {"mnemo": "{}"}
    ),
}
ARRAY = np.random.RandomState(0).randn(1, 18, 512)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("checkpoints") / "any"


def read(path: Path, content: bytes) -> Any:
    path.write_bytes(content)
    return checkpoints.read(path)


def is_plain(content: Any) -> bool:
    match content:
        case Safetensors(metadata, tensors):
            return is_plain(dict(metadata)) and is_plain(dict(tensors))
        case Record(kind, arguments, state, items):
            return isinstance(kind, str) and all(map(is_plain, (arguments, state, items)))
    if type(content) is dict:
        return all(map(is_plain, content.keys())) and all(map(is_plain, content.values()))
    if type(content) in (list, tuple):
        return all(map(is_plain, content))
    if type(content) is np.ndarray:
        return content.dtype.kind in "fiubc" and bool(np.isfinite(content).sum() >= 0)
    if type(content) is Tensor:
        return content.clone().shape == content.shape
    return content is None or type(content) in (str, bytes, int, float, bool)


# Formats.


@pytest.mark.parametrize("form", FILES)
def test_every_format_is_told_by_its_content(path: Path, form: str) -> None:
    found = read(path, FILES[form])
    if form == "safetensors":
        assert found.metadata == {"mnemo": "{}"}
        found = found.tensors
    assert set(found) == set(TENSORS)
    for name, expected in TENSORS.items():
        tensor = torch.as_tensor(found[name])
        assert tensor.dtype == expected.dtype
        assert torch.equal(tensor, expected)


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["f4", ">f8", "u1", "?"])
def test_arrays_come_back(path: Path, version: tuple[int, int], order: str, dtype: str) -> None:
    array = np.array(ARRAY.astype(dtype), order=order)  # type: ignore[call-overload]
    content = saved(lambda file: np.lib.format.write_array(file, array, version))  # type: ignore
    np.testing.assert_array_equal(read(path, content), array)


def test_an_array_that_python_2_wrote_comes_back(path: Path) -> None:
    content = saved(lambda file: np.save(file, ARRAY))
    written = content.replace(b"(1, 18, 512)", b"(1L, 18L, 512L)").replace(b"   \n", b"\n")
    np.testing.assert_array_equal(read(path, written), ARRAY)


def test_tensors_that_share_their_numbers_still_do(path: Path) -> None:
    weight = torch.randn(4, 4)
    for legacy in (False, True):
        found = read(path, torch_saved({"a": weight, "b": weight[1:, ::2]}, legacy=legacy))
        assert found["b"].data_ptr() == found["a"][1:].data_ptr()
        assert torch.equal(found["b"], weight[1:, ::2])


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_torch_files_of_every_protocol_are_read(path: Path, legacy: bool, protocol: int) -> None:
    file = io.BytesIO()
    new = {"_use_new_zipfile_serialization": not legacy}
    torch.save({"module": nn.Linear(2, 3).state_dict()}, file, pickle_protocol=protocol, **new)
    found = read(path, file.getvalue())
    assert {name: tensor.shape for name, tensor in found["module"].items()} == {
        "weight": (3, 2),
        "bias": (3,),
    }


def test_the_embedded_generator_is_read_as_torch_reads_it(weights: Callable[[str], Path]) -> None:
    file = weights("dcgan-faces")
    expected = torch.load(file, map_location="cpu", weights_only=True)["netG_state_dict"]
    found = checkpoints.tensors(file, "netG_state_dict")
    assert list(found) == list(expected)
    assert all(torch.equal(found[name], expected[name]) for name in expected)


# Damage.


@pytest.mark.parametrize("form", FILES)
@settings(derandomize=True, deadline=None)
@given(data=st.data())
def test_a_file_that_is_cut_short_is_damaged(path: Path, form: str, data: st.DataObject) -> None:
    content = FILES[form]
    length = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises(MnemoError, match="any (is damaged|can't be read)"):
        read(path, content[:length])


@pytest.mark.filterwarnings("ignore:invalid escape sequence")
@pytest.mark.parametrize("form", FILES)
@settings(derandomize=True, deadline=None, max_examples=100)
@given(data=st.data())
def test_a_file_with_changed_bytes_is_plain_or_damaged(
    path: Path, form: str, data: st.DataObject
) -> None:
    content = bytearray(FILES[form])
    # The bytes that say what is where are at the start, and in a zip file also at the end.
    place = st.integers(0, len(content) - 1) | st.integers(-100, 100)
    places = st.tuples(place, st.integers(0, 255))
    for place, byte in data.draw(st.lists(places, min_size=1, max_size=4)):
        content[place] = byte
    try:
        found = read(path, bytes(content))
    except MnemoError as why:
        assert str(why).startswith((f"{path} is damaged", f"{path} can't be read"))  # noqa: PT017
    else:
        assert is_plain(found)


def test_a_changed_number_in_a_zip_is_damage(path: Path) -> None:
    raw = TENSORS["w"].numpy().tobytes()
    with pytest.raises(MnemoError, match="Bad CRC-32 for file 'archive/data/0'"):
        read(path, FILES["torch"].replace(raw, raw[::-1]))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        MnemoError, match=r"x.pt is missing: correct its path, or run `snakemake weights`"
    ):
        checkpoints.read(tmp_path / "x.pt")
    with pytest.raises(MnemoError, match="is missing"):
        checkpoints.read(tmp_path)


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x1f\x8b\x08", bytes(1000), b"PK\x05\x06"])
def test_a_file_of_another_kind_is_named(path: Path, content: bytes) -> None:
    with pytest.raises(MnemoError, match="any (is damaged|can't be read)"):
        read(path, content)


def test_a_zip_of_something_else_is_refused(path: Path) -> None:
    for names in (["readme.txt"], ["script/data.pkl", "script/constants.pkl"]):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name in names:
                archive.writestr(name, b"N.")
        with pytest.raises(MnemoError, match="it is a zip file with neither tensors nor arrays"):
            read(path, file.getvalue())


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_torch_file_of_a_big_endian_machine_is_refused(path: Path) -> None:
    file = io.BytesIO(FILES["torch"])
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("archive/byteorder", "big")
    with pytest.raises(MnemoError, match="was written by a big-endian machine"):
        read(path, file.getvalue())


# Honest files that resemble hostile ones.

TILED = np.repeat(np.random.RandomState(1).randn(2000, 1, 512), 18, axis=1)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_compressed_latents_whose_layers_share_one_w_are_no_bomb(path: Path, dtype: str) -> None:
    # float64 that was computed from float32, as most is, shrinks most.
    tiled = TILED.astype("f4").astype(dtype)
    content = saved(lambda file: np.savez_compressed(file, w=tiled))
    assert tiled.nbytes > 12 * len(content)
    found = read(path, content)["w"]
    np.testing.assert_array_equal(found, tiled)


@pytest.mark.parametrize("legacy", [False, True])
def test_latents_that_are_one_w_expanded_over_the_layers_are_no_bomb(
    path: Path, legacy: bool
) -> None:
    w = torch.from_numpy(TILED[:, 0].astype("f4"))
    content = torch_saved(w.unsqueeze(1).expand(-1, 18, -1), legacy=legacy)
    assert len(content) < 1.1 * w.nbytes
    found = read(path, content)
    assert torch.equal(found, torch.from_numpy(TILED.astype("f4")))
    assert found.untyped_storage().nbytes() == w.nbytes


def test_latents_of_many_images_by_name_are_no_bomb(path: Path) -> None:
    by_image = {f"{image}.png": np.full(512, image, "f4") for image in range(30_000)}
    found = read(path, pickle.dumps(by_image, 4))
    assert list(found) == list(by_image)
    assert found["29999.png"][-1] == 29999


@pytest.mark.parametrize("count", [2, 50])
def test_expanded_tensors_can_not_fill_the_memory(path: Path, count: int) -> None:
    # Each is 32 times as large as what it stores.
    number = torch.zeros(2**16 // count)
    content = [number[:, None].expand(-1, 32) for _ in range(4000)]
    with pytest.raises(MnemoError, match="many times more memory"):
        read(path, torch_saved(content))


def test_an_archive_that_was_packed_again_is_read(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("__MACOSX")
        archive.writestr("__MACOSX/._w.npy", b"Mac OS X")
        archive.writestr("w.npy", saved(lambda file: np.save(file, ARRAY)))
    np.testing.assert_array_equal(checkpoints.read(path)["w"], ARRAY)


def test_an_array_that_is_not_of_numbers_does_not_keep_others_from_being_read(path: Path) -> None:
    others = {
        "names": np.array(["a.png", "b.png"]),
        "raw": np.array([b"a"]),
        "day": np.array(["2026-01-01"], "M8[D]"),
        "rows": np.zeros(2, [("id", "i4"), ("score", "f4")]),
    }
    for content in (
        saved(lambda file: np.savez(file, w=ARRAY, **others)),  # type: ignore[arg-type]
        pickle.dumps({"w": ARRAY, **others}),
    ):
        found = read(path, content)
        np.testing.assert_array_equal(found["w"], ARRAY)
        for name, array in others.items():
            assert found[name].kind == "numpy.ndarray"
            assert found[name].arguments[1] == array.shape


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<!DOCTYPE html>", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "run `git lfs pull`"),
        (b"\x1f\x8b\x08", "gzip; unpack it first"),
        (b"PAR1", "is a parquet table"),
        (b'{"w": [1, 2]}', "is a text file, such as JSON or CSV"),
        (b"image,score\na.png,0.5\n", "is a text file, such as JSON or CSV"),
        (saved(np.savez), "is an empty archive"),
        (b"\x89PNG\r\n", "is an image"),
        (pickle.dumps([1], 0), "protocol 0; write it again with protocol=4"),
    ],
)
def test_a_file_of_another_kind_is_named_with_what_it_is(
    path: Path, content: bytes, what: str
) -> None:
    with pytest.raises(MnemoError, match=what):
        read(path, content)


@pytest.mark.parametrize("content", [b"", FILES["torch"][:99], b"<html>", pickle.dumps(print)])
def test_no_message_advises_to_delete_a_file_that_may_be_the_users_own(
    path: Path, content: bytes
) -> None:
    with pytest.raises(MnemoError) as refusal:
        read(path, content)
    assert "elete" not in str(refusal.value)
    assert "get it again from where it came" in str(refusal.value)


# Tensors by name.


@pytest.mark.parametrize("key", [None, "g_ema"])
def test_tensors_are_found_by_their_key(path: Path, key: str | None) -> None:
    path.write_bytes(torch_saved({"g_ema": TENSORS, "step": 7} if key else TENSORS))
    assert set(checkpoints.tensors(path, key)) == set(TENSORS)


def test_tensors_of_safetensors_are_found(path: Path) -> None:
    path.write_bytes(FILES["safetensors"])
    assert set(checkpoints.tensors(path)) == set(TENSORS)


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ([1, 2], None),
        ({"a": 1}, None),
        ({"a": TENSORS}, "b"),
        ([1], "b"),
        ({1: TENSORS["w"]}, None),
    ],
)
def test_a_file_without_tensors_by_name_is_refused(path: Path, content: Any, key: str) -> None:
    path.write_bytes(torch_saved(content))
    with pytest.raises(
        MnemoError, match="any is not the expected file: it holds no tensors by name"
    ):
        checkpoints.tensors(path, key)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_a_network_is_not_filled_with_infinite_numbers(number: float) -> None:
    state = nn.Linear(2, 2).state_dict()
    state["bias"][1] = number
    with pytest.raises(MnemoError, match=r"^x.pt holds infinite or undefined numbers, in bias"):
        checkpoints.fill(nn.Linear(2, 2), state, "x.pt")


def test_infinite_numbers_that_are_unused_stop_nothing() -> None:
    network = nn.Linear(2, 2)
    state = {**network.state_dict(), "steps": torch.tensor(float("inf"))}
    checkpoints.fill(network, state, "x.pt", unused=["steps"])
