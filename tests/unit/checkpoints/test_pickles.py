"""Hostile files are refused by name and without effect; files of every protocol are read."""

import argparse
import copyreg
import dataclasses
import datetime
import enum
import functools
import io
import json
import pickle
import struct
import sys
import time
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any, NamedTuple

import joblib
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.data import hostile

from mnemo import checkpoints
from mnemo.checkpoints import Record
from mnemo.errors import MnemoError

PROTOCOLS = [2, 3, 4, 5]
HOSTILE = {**hostile.RUNNERS, **hostile.INTRUDERS, **hostile.BOMBS}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pickles") / "any"


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


@pytest.fixture
def nvidia(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """NVIDIA's classes, under their names."""
    made: dict[str, Any] = {}
    for name in ("dnnlib.tflib.network.Network", "dnnlib.util.EasyDict"):
        module_name, _, class_name = name.rpartition(".")
        base = dict if class_name == "EasyDict" else object
        made[class_name] = type(class_name, (base,), {"__module__": module_name})
        module = ModuleType(module_name)
        setattr(module, class_name, made[class_name])
        monkeypatch.setitem(sys.modules, module_name, module)
    persistence = ModuleType("torch_utils.persistence")
    persistence._src_to_module = lambda source: exec(source)  # type: ignore[attr-defined]
    persistence._reconstruct_persistent_obj = (  # type: ignore[attr-defined]
        lambda meta: exec(meta["module_src"])
    )
    for package in ("dnnlib", "dnnlib.tflib", "torch_utils"):
        monkeypatch.setitem(sys.modules, package, ModuleType(package))
    monkeypatch.setitem(sys.modules, "torch_utils.persistence", persistence)
    return made  # type: ignore[return-value]


def read(path: Path, content: bytes) -> Any:
    path.write_bytes(content)
    return checkpoints.read(path)


def trust(content: bytes) -> None:
    """Read a file as a program does that trusts it, and run what it holds."""
    readers = (
        pickle.load,
        lambda file: torch.load(file, weights_only=False),
        lambda file: dict(np.load(file, allow_pickle=True)),
        joblib.load,
    )
    for reader in readers:
        try:
            reader(io.BytesIO(content))
        except Exception:  # what comes after the call seldom makes sense
            continue


# Hostile files.


@pytest.mark.parametrize("make", HOSTILE, ids=lambda make: make.__name__)
def test_a_hostile_file_is_refused_without_effect(
    path: Path, canary: Path, make: hostile.Maker
) -> None:
    content = make(canary)
    before = set(sys.modules)
    with pytest.raises(MnemoError) as refusal:
        read(path, content)
    assert HOSTILE[make] in str(refusal.value)
    assert str(refusal.value).startswith((f"{path} is damaged", f"{path} can't be read"))
    assert not canary.exists()
    # The names in a zip file are in an encoding that Python loads on first use.
    assert set(sys.modules) - before <= {"encodings.cp437"}


@pytest.mark.parametrize("make", hostile.RUNNERS, ids=lambda make: make.__name__)
def test_a_reader_that_trusts_the_file_would_run_it(
    canary: Path, make: hostile.Maker, nvidia: object
) -> None:
    trust(make(canary))
    stop = time.monotonic() + 60
    while not canary.exists() and time.monotonic() < stop:  # a process takes its time
        time.sleep(0.01)
    assert canary.exists()


def test_the_source_of_a_persistent_network_is_not_executed(
    path: Path, canary: Path, nvidia: object
) -> None:
    content = hostile.persistent_with_source(canary)
    expected = Record("torch_utils.persistence.Generator", (), {"z_dim": 512})
    assert read(path, content) == {"G_ema": expected}
    assert not canary.exists()
    trust(content)
    assert canary.exists()


def test_no_module_is_imported_for_a_file(path: Path) -> None:
    assert "this" not in sys.modules
    with pytest.raises(MnemoError, match=r"names this\.s, "):
        read(path, hostile.pickled(hostile.named("this.s")))
    assert "this" not in sys.modules


def test_a_registered_extension_is_refused_too(path: Path) -> None:
    copyreg.add_extension("posix", "system", 1)
    try:
        with pytest.raises(MnemoError, match="pickle operation EXT1"):
            read(path, hostile.pickled(b"\x82\x01"))
    finally:
        copyreg.remove_extension("posix", "system", 1)


@pytest.mark.parametrize("name", ["__reduce__", "__init__", "__class__", "fromkeys"])
def test_an_attribute_of_an_allowed_class_is_refused(path: Path, name: str) -> None:
    attribute = hostile.text("collections") + hostile.text(f"OrderedDict.{name}") + b"\x93"
    with pytest.raises(MnemoError, match=f"names collections.OrderedDict.{name}, "):
        read(path, hostile.pickled(attribute, 4))


@pytest.mark.parametrize("size", [0, 1, 100])
def test_a_list_is_not_called(path: Path, size: int) -> None:
    with pytest.raises(MnemoError, match="calls a list"):
        read(path, hostile.pickled(b"](" + b"N" * size + b"tR"))


# What files of every protocol hold.

numbers = st.integers(-(2**127), 2**127 - 1) | st.floats(allow_nan=False)
scalars = st.none() | st.booleans() | numbers | st.text() | st.binary()
keys = st.text() | st.integers(-(2**60) + 1, 2**60 - 1) | st.binary() | st.booleans() | st.none()
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.dictionaries(keys, inner) | st.lists(inner).map(tuple),
)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@settings(derandomize=True, deadline=None, max_examples=50)
@given(tree=trees)
def test_plain_content_comes_back(path: Path, protocol: int, tree: Any) -> None:
    found = read(path, pickle.dumps(tree, protocol))
    assert repr(found) == repr(tree)  # tells 1, 1.0 and True apart


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_long_bytes_come_back(path: Path, protocol: int) -> None:
    content = {"raw": bytes(range(256)) * 100, "text": "é" * 10_000, "array": bytearray(5)}
    content.pop("array") if protocol < 5 else None
    assert read(path, pickle.dumps(content, protocol)) == content


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("order", ["C", "F", "strided"])
@pytest.mark.parametrize("dtype", ["f4", ">f4", "f2", "f8", "i1", "<i8", ">u2", "?"])
def test_arrays_come_back(path: Path, protocol: int, order: str, dtype: str) -> None:
    array = np.random.RandomState(0).randint(0, 2, (3, 4, 5)).astype(dtype)
    array = array[:, ::2] if order == "strided" else np.array(array, order=order)  # type: ignore
    content = pickle.dumps({"array": array, "empty": array[:0]}, protocol)
    old = content.replace(b"numpy._core", b"numpy.core") if protocol == 2 else content
    for written in {content, old}:
        found = read(path, written)
        np.testing.assert_array_equal(found["array"], array, strict=array.dtype.isnative)
        assert found["array"].dtype.isnative
        assert found["array"].flags.writeable
        assert found["empty"].shape == array[:0].shape


def test_an_array_that_python_2_wrote_comes_back(path: Path) -> None:
    array = np.random.RandomState(0).randn(100)
    value, call = hostile.value, hostile.call
    empty = hostile.named("numpy.ndarray"), value((0,)), b"U\x01b"
    order = value((3, "<", None, None, None, -1, -1, 0)) + b"b"
    dtype = call("numpy.dtype", b"U\x02f8", value(0), value(1)) + order
    raw = b"T" + struct.pack("<I", array.nbytes) + array.tobytes()
    state = b"(" + value(1) + value((100,)) + dtype + value(0) + raw + b"tb"
    content = hostile.pickled(call("numpy.core.multiarray._reconstruct", *empty) + state)
    np.testing.assert_array_equal(pickle.loads(content, encoding="latin1"), array)
    np.testing.assert_array_equal(read(path, content), array)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_numpy_numbers_become_numbers(path: Path, protocol: int) -> None:
    content = [np.float32(0.5), np.sqrt(2), np.int64(-3), np.bool_(True), np.array(1.5)]
    found = read(path, pickle.dumps(content, protocol))
    assert found == [0.5, np.sqrt(2), -3, True, 1.5]
    assert [type(number) for number in found[:4]] == [float, float, int, bool]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_arrays_of_objects_become_their_content(path: Path, protocol: int) -> None:
    content = [np.array({"w": np.ones(2)}), np.array([{}, None], object)]
    one, two = read(path, pickle.dumps(content, protocol))
    np.testing.assert_array_equal(one["w"], np.ones(2))
    assert two == [{}, None]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "dtype", [torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.uint8, torch.bool]
)
def test_tensors_in_a_pickle_come_back(path: Path, protocol: int, dtype: torch.dtype) -> None:
    tensor = torch.arange(24).reshape(2, 3, 4).to(dtype)
    content = {
        "whole": tensor,
        "view": tensor[1:, :, ::2].permute(2, 0, 1),
        "number": tensor[0, 0, 1],
        "empty": tensor[:0],
        "parameter": torch.nn.Parameter(tensor, requires_grad=False),
    }
    found = read(path, pickle.dumps(content, protocol))
    for name, expected in content.items():
        assert type(found[name]) is torch.Tensor
        assert found[name].dtype == dtype
        torch.testing.assert_close(found[name], expected.data, rtol=0, atol=0)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_containers_become_plain_ones(path: Path, protocol: int, nvidia: dict[str, Any]) -> None:
    content = [
        OrderedDict([("b", 1), ("a", 2)]),
        defaultdict(list, a=[1]),
        nvidia["EasyDict"](z_dim=512),
        {"one"},
        frozenset({"one"}),
        torch.Size([1, 2]),
    ]
    expected = [{"b": 1, "a": 2}, {"a": [1]}, {"z_dim": 512}, ["one"], ["one"], (1, 2)]
    found = read(path, pickle.dumps(content, protocol))
    assert found == expected
    assert [type(part) for part in found] == [dict, dict, dict, list, list, tuple]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_objects_become_records(path: Path, protocol: int, nvidia: dict[str, Any]) -> None:
    mapping, network = nvidia["Network"](), nvidia["Network"]()
    mapping.__dict__.update(name="G_mapping", components={})
    network.__dict__.update(name="Gs", components=nvidia["EasyDict"](mapping=mapping))
    content = (network, argparse.Namespace(size=256), torch.device("cuda", 1))
    kind = "dnnlib.tflib.network.Network"
    inner = Record(kind, (), {"name": "G_mapping", "components": {}})
    assert read(path, pickle.dumps(content, protocol)) == (
        Record(kind, (), {"name": "Gs", "components": {"mapping": inner}}),
        Record("argparse.Namespace", (), {"size": 256}),
        Record("torch.device", ("cuda", 1), None),
    )


# What people save beside their tensors.


class Phase(enum.Enum):
    TRAIN = "train"


class Options(dict):  # type: ignore[type-arg]
    """As yacs, munch and others have them."""


class History(list):  # type: ignore[type-arg]
    pass


@dataclasses.dataclass
class Settings:
    size: int = 256


class Pair(NamedTuple):
    first: int
    second: int


class Named:
    def __new__(cls, *, name: str) -> "Named":
        return super().__new__(cls)

    def __init__(self, *, name: str):
        self.name = name

    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, str]]:
        return (), {"name": self.name}


HERE = __name__
BESIDE: dict[str, tuple[Any, Any]] = {
    "path": (
        PurePosixPath("out/net.pt"),
        Record("pathlib.PurePosixPath", ("out", "net.pt"), None),
    ),
    "dtype": (torch.float16, Record("torch.float16", (), None)),
    "day": (
        datetime.date(2026, 1, 2),
        Record("datetime.date", (bytes([7, 234, 1, 2]),), None),
    ),
    "complex": (1 + 2j, Record("builtins.complex", (1.0, 2.0), None)),
    "complex of numpy": (np.complex64(1 + 2j), Record("builtins.complex", (1.0, 2.0), None)),
    "options": (
        argparse.Namespace(size=256, type=float),
        Record("argparse.Namespace", (), {"size": 256, "type": Record("builtins.float", (), None)}),
    ),
    "set": ({1}, [1]),
    "counts": (Counter(a=2), {"a": 2}),
    "last losses": (deque([1.0], maxlen=3), [1.0]),
    "member": (Phase.TRAIN, Record(f"{HERE}.Phase", ("train",), None)),
    "device": (torch.device("cpu"), Record("torch.device", ("cpu",), None)),
    "size": (torch.Size([2]), (2,)),
    "slice": (slice(1, None), Record("builtins.slice", (1, None, None), None)),
    "function": (
        functools.partial(Phase, "train"),
        Record(
            "functools.partial",
            (Record(f"{HERE}.Phase", (), None),),
            (Record(f"{HERE}.Phase", (), None), ("train",), {}, None),
        ),
    ),
    "class of the user's": (Settings(), Record(f"{HERE}.Settings", (), {"size": 256})),
    "named tuple": (Pair(1, 2), Record(f"{HERE}.Pair", (1, 2), None)),
    "dict of the user's": (Options(a=1), Record(f"{HERE}.Options", (), None, {"a": 1})),
    "list of the user's": (History([1, 2]), Record(f"{HERE}.History", (), None, [1, 2])),
    "reference": (Settings, Record(f"{HERE}.Settings", (), None)),
    "tuples as keys": ({(1, 0.5): "a"}, {(1, 0.5): "a"}),
    "time as a key": ({1_790_000_000_000_000_000: 1}, {1_790_000_000_000_000_000: 1}),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", BESIDE)
def test_what_stands_beside_tensors_is_read_as_a_record_or_plain(
    path: Path, protocol: int, name: str
) -> None:
    held, expected = BESIDE[name]
    file = io.BytesIO()
    torch.save({"w": torch.ones(2), "beside": held}, file, pickle_protocol=protocol)
    found = read(path, file.getvalue())
    assert torch.equal(found["w"], torch.ones(2))
    assert found["beside"] == expected


@pytest.mark.parametrize("protocol", [4, 5])
def test_an_object_that_is_made_by_keywords_is_read_as_a_record(path: Path, protocol: int) -> None:
    found = read(path, pickle.dumps(Named(name="a"), protocol))
    assert found == Record(f"{HERE}.Named", ({"name": "a"},), {"name": "a"})


def test_a_state_of_random_numbers_and_an_optimizer_are_read(path: Path) -> None:
    network = torch.nn.Linear(2, 2)
    content = {
        "network": network,
        "optimizer": torch.optim.Adam(network.parameters()),
        "rng": np.random.RandomState(0),
        "generator": np.random.default_rng(0),
        "sparse": torch.eye(2).to_sparse(),
    }
    file = io.BytesIO()
    torch.save(content, file)
    found = read(path, file.getvalue())
    assert torch.equal(found["network"].state["_parameters"]["weight"], network.weight)
    assert found["optimizer"].kind == "torch.optim.adam.Adam"


class OnDevice(NamedTuple):
    """A tensor as torch stores one of a device whose tensors have no storage, such as a TPU."""

    rebuild: str
    numbers: Any

    def __reduce__(self) -> tuple[Any, ...]:
        rebuild = getattr(torch._utils, self.rebuild)
        return rebuild, (self.numbers, torch.float32, "xla:1", False)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("rebuild", "numbers"),
    [
        ("_rebuild_xla_tensor", np.asarray),
        ("_rebuild_device_tensor_from_numpy", np.asfortranarray),
        ("_rebuild_device_tensor_from_cpu_tensor", torch.from_numpy),
    ],
)
def test_a_tensor_that_was_saved_on_a_tpu_is_read(
    path: Path, protocol: int, rebuild: str, numbers: Any
) -> None:
    file = io.BytesIO()
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    content = {
        "w": OnDevice(rebuild, numbers(array)),
        "none": OnDevice(rebuild, numbers(array[:0])),
    }
    torch.save(content, file, pickle_protocol=protocol)
    found = read(path, file.getvalue())
    assert torch.equal(found["w"], torch.from_numpy(array))
    assert found["none"].shape == (0, 3)


def test_a_tensor_of_a_tpu_without_numbers_is_damaged(path: Path) -> None:
    with pytest.raises(MnemoError, match="a tensor has no numbers"):
        read(path, pickle.dumps({"w": OnDevice("_rebuild_xla_tensor", [1.0])}))


def test_a_tensor_with_an_attribute_of_the_users_is_read(path: Path) -> None:
    tensor = torch.ones(3)
    tensor.note = "mine"  # type: ignore[attr-defined]
    file = io.BytesIO()
    torch.save({"w": tensor}, file)
    assert b"_rebuild_from_type_v2" in file.getvalue()
    assert torch.equal(read(path, file.getvalue())["w"], torch.ones(3))


def test_no_class_of_the_users_is_imported_or_made(path: Path, canary: Path) -> None:
    made = hostile.call("elsewhere.Made", hostile.text(str(canary))) + b"}b"
    assert read(path, hostile.pickled(made)) == Record("elsewhere.Made", (str(canary),), {})
    assert "elsewhere" not in sys.modules


def test_a_member_of_an_enumeration_as_python_3_11_wrote_it_is_a_record(path: Path) -> None:
    member = hostile.call("builtins.getattr", hostile.named("own.Phase"), hostile.text("TRAIN"))
    assert read(path, hostile.pickled(member)) == Record("own.Phase.TRAIN", (), None)
    method = hostile.call("builtins.getattr", hostile.named("pathlib.Path"), hostile.text("touch"))
    with pytest.raises(MnemoError, match=r"names pathlib.Path.touch, which holds no data"):
        read(path, hostile.pickled(method))


@pytest.mark.parametrize("content", [print, json.loads, np.load, torch.load])
def test_a_function_of_python_numpy_or_torch_is_refused_by_its_name(
    path: Path, content: Any
) -> None:
    with pytest.raises(MnemoError, match=rf"names .*\.{content.__name__}, .*Nothing in it was"):
        read(path, pickle.dumps(content))


def test_what_a_file_shares_is_read_once(path: Path) -> None:
    shared = np.zeros(1000)
    one, two = read(path, pickle.dumps([shared, shared], 4))
    assert one is two


@pytest.mark.parametrize("kind", ["numpy", "torch"])
@pytest.mark.parametrize("protocol", [2, 4])
def test_a_large_file_is_not_taken_for_a_bomb(path: Path, kind: str, protocol: int) -> None:
    array = np.random.RandomState(0).bytes(24_000_000)
    content: Any = np.frombuffer(array, np.uint8)
    found = read(
        path, pickle.dumps(content if kind == "numpy" else torch.tensor(content), protocol)
    )
    np.testing.assert_array_equal(found, content)


class OldStorage:
    """A storage as torch of before 1.0 pickled it: a number at a time."""

    def __init__(self, kind: type, numbers: list[Any]):
        self.kind = kind
        self.numbers = numbers

    def __reduce__(self) -> tuple[Any, ...]:
        return self.kind, (self.numbers,)


@pytest.mark.parametrize("count", [1, 3, 999, 1000, 1001, 2500])
@pytest.mark.parametrize("protocol", [2, 4])
def test_storages_of_before_torch_1_are_read(path: Path, protocol: int, count: int) -> None:
    floats = torch.randn(count)
    content = {
        "floats": OldStorage(torch.FloatStorage, floats.tolist()),
        "counts": OldStorage(torch.LongStorage, [7, -3]),
    }
    path.write_bytes(pickle.dumps(content, protocol))
    found = checkpoints.tensors(path)
    assert torch.equal(found["floats"], floats)
    assert torch.equal(found["counts"], torch.tensor([7, -3]))


@pytest.mark.parametrize("numbers", [None, 3, "text", ["text"], [[1.0]], [None]])
def test_a_storage_of_no_list_of_numbers_is_damaged(path: Path, numbers: Any) -> None:
    path.write_bytes(pickle.dumps(OldStorage(torch.FloatStorage, numbers)))
    with pytest.raises(MnemoError, match="any (is damaged|can't be read)"):
        checkpoints.read(path)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_long_lists_of_floats_come_back(path: Path, protocol: int) -> None:
    floats = np.random.default_rng(0).normal(size=2500).tolist()
    content = {"list": floats, "tuple": tuple(floats), "dict": dict(pairwise(floats))}
    path.write_bytes(pickle.dumps(content, protocol))
    assert checkpoints.read(path) == content


@pytest.mark.parametrize("count", [999, 1000, 1001, 2500])
def test_a_long_array_of_python_floats_comes_back_as_a_list(path: Path, count: int) -> None:
    numbers = np.array([0.5 * number for number in range(count)], object)
    assert read(path, pickle.dumps(numbers, protocol=4)) == numbers.tolist()
