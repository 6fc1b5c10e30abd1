"""MATLAB files are read as arrays of numbers, and as nothing else."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st

from mnemo import checkpoints
from mnemo.errors import MnemoError

ARRAY = np.random.default_rng(0).normal(size=(4, 5, 3)).astype(np.float32)


def saved(variables: dict[str, Any], *, compressed: bool = True) -> bytes:
    file = io.BytesIO()
    scipy.io.savemat(file, variables, do_compression=compressed)
    return file.getvalue()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("matlab") / "any"


def read(path: Path, content: bytes) -> Any:
    path.write_bytes(content)
    return checkpoints.read(path)


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("dtype", ["f4", "f8", "u1", "i2", "u8"])
def test_arrays_come_back(path: Path, dtype: str, compressed: bool) -> None:
    arrays = {"image_mean": (50 * ARRAY).astype(dtype), "n": np.array([[7]], dtype)}
    found = read(path, saved(arrays, compressed=compressed))
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_numbers_stored_smaller_than_they_are_come_back(path: Path) -> None:
    # As MATLAB stores whole numbers: three of them beside the size of their element.
    content = saved({"whole": np.array([[1, 2, 3]], "u1")}, compressed=False)
    of_doubles = content.replace(struct.pack("<3I", 6, 8, 9), struct.pack("<3I", 6, 8, 6))
    found = read(path, of_doubles)["whole"]
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, [[1, 2, 3]])
    np.testing.assert_array_equal(found, scipy.io.loadmat(io.BytesIO(of_doubles))["whole"])


def test_an_array_of_a_big_endian_machine_comes_back(path: Path) -> None:
    header = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x01\x00MI"
    numbers = ARRAY.reshape(-1, 1).astype(">f4")
    parts = [
        struct.pack(">6I", 6, 8, 7, 0, 5, 8) + struct.pack(">2i", *numbers.shape),  # single
        struct.pack(">2I", 1, 1) + b"x".ljust(8, b"\0"),
        struct.pack(">2I", 7, numbers.nbytes) + numbers.tobytes(),
    ]
    content = b"".join(parts)
    found = read(path, header + struct.pack(">2I", 14, len(content)) + content)["x"]
    assert found.dtype.isnative
    np.testing.assert_array_equal(found, numbers)


@pytest.mark.parametrize(
    "content",
    [
        "text",
        {"field": 1.0},
        np.array([1.0, "x"], object),
        scipy.sparse.eye_array(3).tocsc(),
        np.ones((2, 2)) * 1j,
    ],
    ids=["text", "structure", "cells", "sparse", "complex"],
)
def test_more_than_real_numbers_is_refused(path: Path, content: Any) -> None:
    with pytest.raises(MnemoError, match="holds 'content', which is not an array of real numbers"):
        read(path, saved({"array": ARRAY, "content": content}))


@pytest.mark.parametrize("compressed", [True, False])
@settings(derandomize=True, deadline=None)
@given(data=st.data())
def test_a_file_that_is_cut_short_is_damaged(
    path: Path, compressed: bool, data: st.DataObject
) -> None:
    content = saved({"image_mean": ARRAY}, compressed=compressed)
    length = data.draw(st.integers(129, len(content) - 1))
    with pytest.raises(MnemoError, match="any (is damaged|can't be read)"):
        read(path, content[:length])


@pytest.mark.parametrize("compressed", [True, False])
@settings(derandomize=True, deadline=None, max_examples=200)
@given(data=st.data())
def test_a_file_with_changed_bytes_is_numbers_or_damaged(
    path: Path, compressed: bool, data: st.DataObject
) -> None:
    content = bytearray(saved({"image_mean": ARRAY}, compressed=compressed))
    places = st.tuples(st.integers(9, 220), st.integers(0, 255))
    for place, byte in data.draw(st.lists(places, min_size=1, max_size=4)):
        content[place] = byte
    try:
        found = read(path, bytes(content))
    except MnemoError as why:
        assert str(why).startswith((f"{path} is damaged", f"{path} can't be read"))  # noqa: PT017
    else:
        assert all(array.dtype.kind in "iuf" for array in found.values())


def test_a_small_file_can_not_fill_the_memory(path: Path) -> None:
    header = saved({})[:128]
    bomb = zlib.compress(bytes(2**26))
    assert len(bomb) < 2**17
    with pytest.raises(MnemoError, match="many times more memory than its size accounts for"):
        read(path, header + struct.pack("<2I", 15, len(bomb)) + bomb)
