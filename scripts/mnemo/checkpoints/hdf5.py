"""Reading HDF5 files as data: arrays of numbers and lists of text, as Keras writes them.

The library h5py only tells where in the file an array is. Its numbers come from there by way of
`pickles.array`, so that no filter is run, no link is followed, and no other file is opened.
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
# What Python takes for a text beside its bytes.
_TEXT = 64


class Hdf5(NamedTuple):
    """The content of an HDF5 file.

    Attributes:
        arrays: By path, such as "dense/dense/kernel:0".
        attributes: By the path of a group, "" for the file itself: its attributes that are lists
            of text. In a Keras file these name layers and weights, in order; attributes of other
            types are left unread.
    """

    arrays: dict[str, NDArray[Any]]
    attributes: dict[str, dict[str, list[str]]]


def load(path: Path, data: memoryview, budget: Budget) -> Hdf5:
    """Read an HDF5 file.

    Args:
        path: The file.
        data: Its bytes.
        budget: What it may cost.

    Returns:
        Its content.

    Raises:
        RefusedError: It holds what no weights file needs: links other than names, objects of two
            names, arrays of something else than numbers, or in pieces, compressed or elsewhere.
        OSError, LookupError, RuntimeError, TypeError, ValueError, EOFError: It is damaged.
    """
    # Some network file systems have no locks, and nobody writes to a weights file.
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
                raise RefusedError(f"has one object, {name[:_SHOWN]!r}, in two places")
            seen.add(address)
            if isinstance(item, h5py.Dataset):
                found.arrays[name] = self._array(name, item)
            elif isinstance(item, h5py.Group):
                found.attributes[name] = self._attributes(item)
                waiting += self._members(name, item)
            else:
                raise RefusedError(f"has {name[:_SHOWN]!r}, neither a group nor an array")
        return found

    def _members(self, path: str, group: Any) -> list[str]:
        """List the paths of what a group holds."""
        if path.count("/") > _DEPTH:
            raise RefusedError(f"has groups nested more than {_DEPTH} deep")
        members = []
        for name in group:
            self.budget.operate()
            self.budget.make(len(path) + len(name))
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise RefusedError(f"has a link to elsewhere, {name[:_SHOWN]!r}")
            members.append(f"{path}/{name}" if path else name)
        return members

    def _attributes(self, group: Any) -> dict[str, list[str]]:
        """Read those attributes of a group that are lists of text."""
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
        """No text of varying length is longer; many may be one and the same in the file.

        They are in "global heap collections", which begin with the bytes that are looked for here
        and then their size (HDF5 File Format Specification, III.E).
        """
        heaps = re.finditer(rb"GCOL\x01\0\0\0(.{8})", self.data, re.DOTALL)
        return max((int.from_bytes(heap[1], "little") for heap in heaps), default=0)

    def _array(self, name: str, dataset: Any) -> NDArray[Any]:
        """Read an array that lies in one piece in the file."""
        shown = repr(name[:_SHOWN])
        made = dataset.id.get_create_plist()
        if made.get_layout() != h5py.h5d.CONTIGUOUS or made.get_external_count():
            raise RefusedError(f"has the array {shown} in pieces, compressed or outside of it")
        dtype = dataset.dtype
        # h5py also has a numpy type for what would have to be converted.
        if dtype.kind not in "fiu" or h5py.h5t.py_create(dtype) != dataset.id.get_type():
            raise RefusedError(f"has the array {shown}, which is not of numbers")
        if dataset.shape is None:
            raise ValueError(f"the array {shown} has no shape")
        start = dataset.id.get_offset() if dataset.size else 0
        if start is None or start + dataset.nbytes > len(self.data):
            raise EOFError(f"the array {shown} is not in it")
        raw = self.data[start : start + dataset.nbytes]
        order, code = dtype.str[0], dtype.str[1:]
        return array(self.budget, raw, order, code, dataset.shape, fortran=False)
