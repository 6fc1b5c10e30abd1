"""What is made of a pickle: arrays, storages, and parts whose content is still to come."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mnemo.checkpoints.pickles.limits import NAME_LENGTH, Budget, RefusedError, whole

_ORDERS = frozenset("<>=|")
_CODES = frozenset(["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"])


@dataclass(frozen=True)
class Record:
    """What a file says of an object whose class is known, and that nobody built.

    Attributes:
        kind: The class, as "module.name".
        arguments: What the class would have been called with.
        state: What its `__setstate__` would have been given, or its `__dict__`; None without.
    """

    kind: str
    arguments: tuple[Any, ...]
    state: Any


@dataclass(frozen=True)
class Global:
    """What a file takes for a function or a class.

    Attributes:
        kind: Its name, as "module.name".
        builder: Its entry in `builders.BUILDERS`.
    """

    kind: str
    builder: Any


class Object:
    """An object that nobody builds, and whose state may be still to come; see `Record`."""

    def __init__(self, kind: str, *arguments: Any, state: Any = None):
        self.kind = kind
        self.arguments = arguments
        self.state = state


@dataclass(frozen=True)
class Floats:
    """Many floats of a list, still where they are in the file.

    Attributes:
        values: The floats, big-endian.
    """

    values: NDArray[Any]


def unpacked(part: Any) -> list[Any]:
    """Take a part of a list for what it stands for: a batch of floats, or itself."""
    return part.values.tolist() if type(part) is Floats else [part]


class Dtype:
    """A numpy dtype whose byte order is still to come.

    Attributes:
        code: Kind and size of a number, as in numpy's `dtype.str`.
        order: Of the bytes of a number, as numpy's `dtype.byteorder`.
    """

    def __init__(self, code: str):
        self.code = code
        self.order = "|"

    def set_order(self, order: Any) -> None:
        """Take the byte order, as numpy's `dtype.__setstate__` does."""
        if type(order) is not str:
            raise ValueError("the byte order of an array is damaged")
        self.order = order


def order_and_code(dtype: Any) -> tuple[str, str]:
    """Check what a file has for a dtype."""
    if type(dtype) is not Dtype:
        raise ValueError("the type of an array is damaged")
    return dtype.order, dtype.code


def array(
    budget: Budget, raw: Any, order: str, code: str, shape: Any, fortran: bool
) -> NDArray[Any]:
    """Make a numpy array of its bytes.

    Args:
        budget: What it may cost.
        raw: The bytes; Python 2 wrote them as text.
        order: Of the bytes of a number, as numpy's `dtype.byteorder`.
        code: Kind and size of a number, as in numpy's `dtype.str`.
        shape: Of the array.
        fortran: Whether the first index varies fastest.

    Returns:
        The array, a copy in this machine's byte order.

    Raises:
        RefusedError: It is not of numbers.
        ValueError: Bytes are missing or left over.
    """
    if order not in _ORDERS or code not in _CODES:
        raise RefusedError(f"has an array of numpy's type {f'{order}{code}'[:NAME_LENGTH]!r}")
    dtype = np.dtype(f"{order}{code}")
    shape = whole(shape)
    if type(raw) is str:
        raw = raw.encode("latin-1")
    if not isinstance(raw, bytes | bytearray | memoryview):
        raise ValueError("the numbers of an array are no bytes")
    if len(raw) != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"an array of shape {shape} and type {dtype} has {len(raw)} bytes")
    budget.make(math.prod(max(length, 1) for length in shape) * dtype.itemsize)
    flat: NDArray[Any]
    if dtype == np.bool_:  # a byte of neither 0 nor 1 is undefined behaviour
        flat = np.frombuffer(raw, np.uint8) != 0
    else:
        flat = np.frombuffer(raw, dtype).astype(dtype.newbyteorder("="))
    return flat.reshape(shape, order="F" if fortran else "C")


class Array:
    """A numpy array whose content is still to come.

    Attributes:
        content: An array of numbers, or a list of objects; without dimensions, the object.
    """

    content: Any = None

    def fill(
        self, budget: Budget, _version: Any, shape: Any, dtype: Any, fortran: Any, raw: Any
    ) -> None:
        """Take the content, as numpy's `ndarray.__setstate__` does."""
        order, code = order_and_code(dtype)
        if code in ("O", "O8"):
            shape = whole(shape)
            if type(raw) is list:
                raw = [number for part in raw for number in unpacked(part)]
                budget.operate(len(raw))
            if type(raw) is not list or len(raw) != math.prod(shape) or len(shape) > 1:
                raise ValueError("an array of objects is damaged, or has several dimensions")
            self.content = raw if shape else raw[0]
        else:
            self.content = array(budget, raw, order, code, shape, bool(fortran))


class Storage:
    """The numbers that tensors of a torch file are views of.

    Attributes:
        dtype: Of each number.
        count: Of numbers.
        data: Their bytes, little-endian; None until they are read.
    """

    def __init__(self, dtype: torch.dtype, count: int):
        self.dtype = dtype
        self.count = count
        self.data: bytearray | None = None
        self._flat: torch.Tensor | None = None

    @property
    def size(self) -> int:
        """Bytes that its numbers take."""
        return self.count * self.dtype.itemsize

    def flat(self) -> torch.Tensor:
        """All numbers, as a tensor (count,), one for all that share them."""
        if self.data is None:
            raise ValueError("a tensor has no numbers")
        if self._flat is None:
            if not self.data:
                self._flat = torch.empty(0, dtype=self.dtype)
            elif self.dtype == torch.bool:  # a byte of neither 0 nor 1 is undefined behaviour
                self._flat = torch.frombuffer(self.data, dtype=torch.uint8) != 0
            else:
                self._flat = torch.frombuffer(self.data, dtype=self.dtype)
        return self._flat


#: Gives the storage of a torch file by its type, key and count of numbers.
Storages = Callable[[torch.dtype, str, int], Storage]


def storage_from_list(budget: Budget, dtype: torch.dtype, numbers: Any) -> Storage:
    """Make what torch's storages of before 1.0 would have made of their numbers."""
    if type(numbers) is not list:
        raise ValueError("a storage is damaged")
    count = sum(len(part.values) if type(part) is Floats else 1 for part in numbers)
    storage = Storage(dtype, count)
    budget.make(storage.size)
    storage.data = bytearray(storage.size)
    flat, start = storage.flat(), 0
    for part in numbers:
        if type(part) is Floats:
            end = start + len(part.values)
            flat[start:end] = torch.from_numpy(part.values.astype("=f8"))
            start = end
        elif type(part) in (int, float, bool):
            flat[start] = part
            start += 1
        else:
            raise ValueError("a storage is damaged")
    return storage


@dataclass(frozen=True)
class Tensor:
    """A view of a storage whose numbers may be still to come.

    Attributes:
        storage: Of its numbers.
        offset: Of its first number, in numbers.
        size: Its shape.
        stride: From an index to the next, in numbers.
    """

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]

    def view(self, budget: Budget) -> torch.Tensor:
        """Make the tensor, once the numbers are there."""
        flat = self.storage.flat()
        # An expanded tensor has few numbers, and whoever copies it has all.
        budget.make(math.prod(max(length, 1) for length in self.size) * flat.itemsize)
        return flat.as_strided(self.size, self.stride, self.offset)
