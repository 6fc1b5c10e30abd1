"""Reading HDF5 files as data: arrays of numbers and lists of text, as Keras writes them.

h5py is used only to locate the arrays in the file. `pickles.array` reads their numbers, so that no
filter runs, no link is followed, and no other file is opened.
"""

import re
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import h5py
from numpy.typing import NDArray

from mnemo.checkpoints.pickles import Budget, RefusedError, array

MAGIC = b"\x89HDF\r\n\x1a\n"
# Keras nests an optimizer's arrays about 10 deep.
_DEPTH = 32
_SHOWN = 200
# Bytes of memory that Python needs for a text beyond its characters.
_TEXT = 64


class Hdf5(NamedTuple):
    """The content of an HDF5 file.

    Attributes:
        arrays: Arrays by path, such as "dense/dense/kernel:0".
        attributes: Attributes that are lists of text, by the path of their group ("" for the file
            itself) and name. In a Keras file, these are the names of layers and weights, in order.
            Attributes of other types are not read.
    """

    arrays: dict[str, NDArray[Any]]
    attributes: dict[str, dict[str, list[str]]]


def load(path: Path, data: memoryview, budget: Budget) -> Hdf5:
    """Read an HDF5 file.

    Args:
        path: The file.
        data: Its bytes.
        budget: Limits on the operations and memory that reading may take.

    Returns:
        The content of the file.

    Raises:
        RefusedError: The file holds something that no weights file needs: soft or external links,
            an object with two names, or an array that is not of numbers, or is stored in chunks,
            compressed or outside the file.
        OSError, LookupError, RuntimeError, TypeError, ValueError, EOFError: The file is damaged.
    """
    # Weights files are not written to while they are read, and some network file systems do not
    # support locks.
    with h5py.File(path, "r", locking=False) as file:
        return _Reader(data, budget).read(file)


class _Reader:
    def __init__(self, data: memoryview, budget: Budget):
        self.data = data
        self.budget = budget

    def read(self, file: Any) -> Hdf5:
        found = Hdf5({}, {})
        seen = set()
        waiting = [""]
        while waiting:
            name = waiting.pop()
            item = file[f"/{name}"]
            address = h5py.h5o.get_info(item.id).addr
            if address in seen:
                raise RefusedError(f"has an object, {name[:_SHOWN]!r}, in two places")
            seen.add(address)
            if isinstance(item, h5py.Dataset):
                found.arrays[name] = self._array(name, item)
            elif isinstance(item, h5py.Group):
                found.attributes[name] = self._attributes(item)
                waiting += self._members(name, item)
            else:
                raise RefusedError(f"has {name[:_SHOWN]!r}, which is neither a group nor an array")
        return found

    def _members(self, path: str, group: Any) -> list[str]:
        """List the paths of a group's members."""
        if path.count("/") > _DEPTH:
            raise RefusedError(f"has groups nested more than {_DEPTH} deep")
        members = []
        for name in group:
            self.budget.operate()
            self.budget.make(len(path) + len(name))
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise RefusedError(f"has a soft or external link, {name[:_SHOWN]!r}")
            members.append(f"{path}/{name}" if path else name)
        return members

    def _attributes(self, group: Any) -> dict[str, list[str]]:
        """Read the attributes of a group that are lists of text."""
        found = {}
        for name in group.attrs:
            self.budget.operate()
            attribute = group.attrs.get_id(name)
            text = h5py.check_string_dtype(attribute.dtype)
            if text is None or len(attribute.shape) != 1:
                continue
            self.budget.make(attribute.shape[0] * ((text.length or self._longest) + _TEXT))
            found[name] = [
                each.decode() if isinstance(each, bytes) else str(each)
                for each in group.attrs[name].tolist()
            ]
        return found

    @cached_property
    def _longest(self) -> int:
        """An upper bound on the length of the file's variable-length texts, in bytes.

        Many texts may share one place in the file, so the file's size is no bound on their sum. The
        texts are in "global heap collections", which begin with the bytes matched here, followed by
        the collection's size (HDF5 File Format Specification, III.E).
        """
        heaps = re.finditer(rb"GCOL\x01\0\0\0(.{8})", self.data, re.DOTALL)
        return max((int.from_bytes(heap[1], "little") for heap in heaps), default=0)

    def _array(self, name: str, dataset: Any) -> NDArray[Any]:
        """Read an array that is stored contiguously in the file."""
        shown = repr(name[:_SHOWN])
        made = dataset.id.get_create_plist()
        if made.get_layout() != h5py.h5d.CONTIGUOUS or made.get_external_count():
            raise RefusedError(f"has the array {shown} in chunks, compressed or in another file")
        dtype = dataset.dtype
        # h5py also reports a numpy type for stored types that need a conversion.
        if dtype.kind not in "fiu" or h5py.h5t.py_create(dtype) != dataset.id.get_type():
            raise RefusedError(f"has the array {shown}, which does not hold plain numbers")
        if dataset.shape is None:
            raise ValueError(f"the array {shown} has no shape")
        start = dataset.id.get_offset() if dataset.size else 0
        if start is None or start + dataset.nbytes > len(self.data):
            raise EOFError(f"the array {shown} lies beyond the end of the file")
        raw = self.data[start : start + dataset.nbytes]
        order, code = dtype.str[0], dtype.str[1:]
        return array(self.budget, raw, order, code, dataset.shape, fortran=False)
