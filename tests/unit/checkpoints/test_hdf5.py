"""HDF5 files are read as data: what a Keras file has comes back, and anything else is refused."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnemo import checkpoints
from mnemo.checkpoints import Hdf5, hdf5
from mnemo.checkpoints.pickles import Budget, RefusedError
from mnemo.errors import MnemoError

random = np.random.default_rng(0)
ARRAYS = {
    "conv1/7x7_s2/conv1/7x7_s2/kernel:0": random.standard_normal((7, 7, 3, 4), np.float32),
    "conv1/7x7_s2/bn/gamma:0": random.standard_normal(4),
    "steps": np.array(7, np.int64),
    "bytes": np.arange(5, dtype=np.uint8),
    "big-endian": np.arange(5, dtype=">f4"),
    "half": np.arange(5, dtype=np.float16),
    "empty": np.zeros((0, 3), np.float32),
}
Writer = Callable[[h5py.File, Path], object]


def content(write: Callable[[h5py.File], object], **options: Any) -> bytes:
    memory = io.BytesIO()
    with h5py.File(memory, "w", **options) as file:
        write(file)
    return memory.getvalue()


def plain(file: h5py.File) -> None:
    for name, array in ARRAYS.items():
        file.create_dataset(name, array.shape, array.dtype)[...] = array
    file.attrs["layer_names"] = [b"conv1/7x7_s2", b"dense"]  # text of varying length
    file["conv1/7x7_s2"].attrs["weight_names"] = np.array([b"kernel:0", b"bias"])
    file["conv1/7x7_s2"].attrs["shape"] = [7, 7]
    file["conv1"].attrs["weight_names"] = []
    file.attrs["backend"] = b"tensorflow"
    file.attrs["model_config"] = "{}"


FILES = {
    "as Keras 2 writes": content(plain),
    "of the newest version": content(plain, libver="latest"),
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hdf5") / "any"


def read(path: Path, content: bytes) -> Any:
    path.write_bytes(content)
    return checkpoints.read(path)


@pytest.mark.parametrize("form", FILES)
def test_arrays_and_lists_of_text_come_back(path: Path, form: str) -> None:
    found = read(path, FILES[form])
    assert set(found.arrays) == set(ARRAYS)
    for name, expected in ARRAYS.items():
        np.testing.assert_array_equal(found.arrays[name], expected)
        assert found.arrays[name].dtype == expected.dtype.newbyteorder("=")
    assert found.attributes == {
        "": {"layer_names": ["conv1/7x7_s2", "dense"]},
        "conv1": {},
        "conv1/7x7_s2": {"weight_names": ["kernel:0", "bias"]},
        "conv1/7x7_s2/bn": {},
        "conv1/7x7_s2/conv1": {},
        "conv1/7x7_s2/conv1/7x7_s2": {},
    }


# Refused, in the words of the errors.

REFUSED: dict[Writer, str] = {}


def refused(told: str) -> Callable[[Writer], Writer]:
    def register(write: Writer) -> Writer:
        REFUSED[write] = told
        return write

    return register


@refused("has a soft or external link, 'w'")
def a_link_to_another_file(file: h5py.File, secret: Path) -> None:
    file["w"] = h5py.ExternalLink(str(secret), "/w")


@refused("has a soft or external link, 'w'")
def a_soft_link(file: h5py.File, _: Path) -> None:
    file["w"] = h5py.SoftLink("/v")


@refused("has the array 'w' in chunks, compressed or in another file")
def numbers_in_another_file(file: h5py.File, secret: Path) -> None:
    file.create_dataset("w", (4,), "u1", external=[(str(secret), 0, 4)])


@refused("has the array 'w' in chunks, compressed or in another file")
def numbers_of_another_files_array(file: h5py.File, secret: Path) -> None:
    layout = h5py.VirtualLayout((3,), "f4")
    layout[:] = h5py.VirtualSource(str(secret), "w", (3,))
    file.create_virtual_dataset("w", layout)


@refused("has the array 'w' in chunks, compressed or in another file")
def a_terabyte_of_zeros_compressed(file: h5py.File, _: Path) -> None:
    file.create_dataset("w", (2**38,), "f4", chunks=(2**20,), compression="gzip")


@refused("the array 'w' lies beyond the end of the file")
def a_terabyte_that_was_never_written(file: h5py.File, _: Path) -> None:
    file.create_dataset("w", (2**38,), "f4")


@refused("has the array 'w', which does not hold plain numbers")
def texts(file: h5py.File, _: Path) -> None:
    file["w"] = ["a", "b"]


@refused("has the array 'w', which does not hold plain numbers")
def texts_of_a_fixed_length(file: h5py.File, _: Path) -> None:
    file["w"] = np.array([b"a", b"b"])


@refused("has the array 'w', which does not hold plain numbers")
def references_to_objects(file: h5py.File, _: Path) -> None:
    file.create_dataset("w", (1,), h5py.ref_dtype)[0] = file.ref


@refused("has the array 'w', which does not hold plain numbers")
def lists_of_numbers(file: h5py.File, _: Path) -> None:
    file.create_dataset("w", (1,), h5py.vlen_dtype("f4"))[0] = [1, 2]


@refused("has the array 'w', which does not hold plain numbers")
def records(file: h5py.File, _: Path) -> None:
    file["w"] = np.zeros(3, [("a", "f4"), ("b", "i4")])


@refused("has the array 'w', which does not hold plain numbers")
def numbers_with_names(file: h5py.File, _: Path) -> None:
    file.create_dataset("w", (3,), h5py.enum_dtype({"red": 1}))


@refused("has the array 'w', which does not hold plain numbers")
def complex_numbers(file: h5py.File, _: Path) -> None:
    file["w"] = np.zeros(3, np.complex64)


@refused("data type '<i3' not understood")
def numbers_of_three_bytes(file: h5py.File, _: Path) -> None:
    kind = h5py.h5t.STD_I32LE.copy()
    kind.set_size(3)
    h5py.h5d.create(file.id, b"w", kind, h5py.h5s.create_simple((4,))).write(
        h5py.h5s.ALL, h5py.h5s.ALL, np.zeros(4, np.int32)
    )


@refused("has no shape")
def an_array_without_a_shape(file: h5py.File, _: Path) -> None:
    file["w"] = h5py.Empty("f4")


@refused("has 'w', which is neither a group nor an array")
def a_type_by_itself(file: h5py.File, _: Path) -> None:
    file["w"] = np.dtype("f4")


@refused("in two places")
def an_array_of_two_names(file: h5py.File, _: Path) -> None:
    file["w"] = np.zeros(3)
    file["v"] = file["w"]


@refused("in two places")
def a_group_in_itself(file: h5py.File, _: Path) -> None:
    file["w"] = file["/"]


@refused("in two places")
def a_tree_that_doubles(file: h5py.File, _: Path) -> None:
    group = file.create_group("g")
    for _level in range(20):
        after = group.create_group("a")
        group["b"] = after
        group = after


@refused("has groups nested more than 32 deep")
def groups_in_groups(file: h5py.File, _: Path) -> None:
    file.create_group("a/" * 100)


@pytest.mark.parametrize("write", REFUSED, ids=lambda write: write.__name__)
def test_what_no_weights_file_has_is_refused(path: Path, tmp_path: Path, write: Writer) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(content(lambda file: file.create_dataset("w", data=np.ones(3, "f4"))))
    hostile = content(lambda file: write(file, secret))
    with pytest.raises(MnemoError, match=re.escape(REFUSED[write])) as refusal:
        read(path, hostile)
    assert str(refusal.value).startswith((f"{path} is damaged", f"{path} can't be read"))


def test_the_objects_and_attributes_of_a_file_are_counted(path: Path) -> None:
    def write(file: h5py.File) -> None:
        for number in range(10):
            file.create_group(f"{number}").attrs["a"] = number

    path.write_bytes(content(write))
    data = memoryview(path.read_bytes())
    budget = Budget(len(data))
    budget.operations = 20
    assert len(hdf5.load(path, data, budget).attributes) == 11
    budget.operations = 19
    with pytest.raises(RefusedError, match="operations"):
        hdf5.load(path, data, budget)


def test_a_list_of_one_long_text_many_times_is_refused(path: Path) -> None:
    long, short = 12_345_678, 500

    def write(file: h5py.File) -> None:
        file.attrs["long"] = "a" * long
        file.attrs["layer_names"] = ["b" * short] * 100

    def told(length: int) -> re.Pattern[bytes]:
        """A text is told by its length and its place: an address and a number."""
        return re.compile(re.escape(length.to_bytes(4, "little")) + b".{6}\0\0.\0\0\0", re.DOTALL)

    whole = content(write)
    (place,) = told(long).findall(whole)
    shared, changed = told(short).subn(lambda _: place, whole)
    assert changed == 100
    path.write_bytes(shared)
    with h5py.File(path) as file:  # as a program reads it that trusts it
        assert sum(map(len, file.attrs["layer_names"])) == 100 * long
    with pytest.raises(MnemoError, match="many times more memory than its size accounts for"):
        checkpoints.read(path)


# Damage.


@pytest.mark.parametrize("form", FILES)
@settings(derandomize=True, deadline=None)
@given(data=st.data())
def test_a_file_that_is_cut_short_is_damaged(path: Path, form: str, data: st.DataObject) -> None:
    whole = FILES[form]
    length = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(MnemoError, match="any (is damaged|can't be read)"):
        read(path, whole[:length])


@pytest.mark.parametrize("form", FILES)
@settings(derandomize=True, deadline=None, max_examples=300)
@given(data=st.data())
def test_a_file_with_changed_bytes_is_numbers_or_damaged(
    path: Path, form: str, data: st.DataObject
) -> None:
    changed = bytearray(FILES[form])
    # Without its signature it is no HDF5 file: its first two bytes may then be a whole pickle.
    places = st.tuples(st.integers(8, len(changed) - 1), st.integers(0, 255))
    for place, byte in data.draw(st.lists(places, min_size=1, max_size=4)):
        changed[place] = byte
    try:
        found = read(path, bytes(changed))
    except MnemoError as why:
        assert str(why).startswith((f"{path} is damaged", f"{path} can't be read"))  # noqa: PT017
    else:
        assert isinstance(found, Hdf5)
        assert all(array.dtype.kind in "fiu" for array in found.arrays.values())
