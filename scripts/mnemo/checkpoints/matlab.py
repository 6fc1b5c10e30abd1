"""Reading MATLAB 5 files as data: named arrays of real numbers, and nothing else.

MathWorks' "MAT-File Format" describes the format. SciPy's reader is not used, because a damaged
file can crash it.
"""

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnemo.checkpoints import pickles

#: The first bytes of such a file; a file of version 7.3 is an HDF5 file.
MAGIC = b"MATLAB 5."

_HEADER = 128
_ORDERS = {b"IM": "<", b"MI": ">"}
# Types of elements.
_MATRIX = 14
_COMPRESSED = 15
_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4"}
_NUMBERS |= {9: "f8", 12: "i8", 13: "u8"}
# Classes of matrices; a matrix may be stored in a smaller type than its class.
_CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4"}
_CLASSES |= {14: "i8", 15: "u8"}
_COMPLEX = 0x800


def load(data: memoryview, budget: pickles.Budget) -> dict[str, NDArray[Any]]:
    """Read a MATLAB 5 file.

    Args:
        data: The content of the file.
        budget: Limits on the operations and memory that reading may take.

    Returns:
        The arrays by name, in this machine's byte order.

    Raises:
        RefusedError: The file holds something other than arrays of real numbers.
        ValueError, LookupError, EOFError, zlib.error: The file is damaged.
    """
    order = _ORDERS[bytes(data[_HEADER - 2 : _HEADER])]
    arrays = {}
    for kind, content in _elements(data[_HEADER:], order, budget):
        if kind == _COMPRESSED:
            [(kind, content)] = _elements(_inflated(content, budget), order, budget)
        if kind != _MATRIX:
            raise ValueError("a MATLAB variable is not a matrix")
        name, array = _matrix(content, order, budget)
        arrays[name] = array
    return arrays


def _elements(
    data: memoryview, order: str, budget: pickles.Budget
) -> Iterator[tuple[int, memoryview]]:
    """Split data into its elements: the type and the content of each."""
    start = 0
    while start < len(data):
        budget.operate()
        kind, size = np.frombuffer(data[start : start + 8], f"{order}u4", 2).tolist()
        start += 8
        if kind >> 16:  # a small element, with its content in the place of its size
            kind, size = kind & 0xFFFF, kind >> 16
            content, end = data[start - 4 : start][:size], start
        else:
            content = data[start : start + size]
            end = start + size + (0 if kind == _COMPRESSED else -size % 8)
        if len(content) < size:
            raise EOFError("a MATLAB variable is too short")
        yield kind, content
        start = end


def _inflated(content: memoryview, budget: pickles.Budget) -> memoryview:
    inflater = zlib.decompressobj()
    budget.inflate(len(content))
    inflated = inflater.decompress(content, budget.memory + 1)
    budget.make(len(inflated))
    if not inflater.eof:
        raise EOFError("a MATLAB variable is too short")
    return memoryview(inflated)


def _matrix(content: memoryview, order: str, budget: pickles.Budget) -> tuple[str, NDArray[Any]]:
    """Return a matrix's name and numbers."""
    (_, flags), (_, lengths), (_, label), *parts = _elements(content, order, budget)
    name = bytes(label).decode("latin-1")
    flag = int(np.frombuffer(flags, f"{order}u4")[0])
    if flag & 0xFF not in _CLASSES or flag & _COMPLEX:
        raise pickles.RefusedError(f"holds {name!r}, which is not an array of real numbers")
    [(kind, numbers)] = parts
    shape = tuple(np.frombuffer(lengths, f"{order}i4").tolist())
    array = pickles.array(budget, numbers, order, _NUMBERS[kind], shape, True)
    return name, array.astype(_CLASSES[flag & 0xFF], copy=False)
