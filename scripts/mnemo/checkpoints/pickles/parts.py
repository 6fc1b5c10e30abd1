"""The parts that a pickle is read into: arrays, storages, and objects completed later."""

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
_CODES |= {"c8", "c16"}
# Kinds of arrays that hold no numbers, nor addresses of objects: text, bytes, times and structures.
_OTHER_KINDS = "USMmV"
# Number of times that a tensor may be expanded without counting as larger than what it stores; the
# largest StyleGANs have 26 layers over which a w can be expanded.
_EXPANSION = 32

#: Stands in a `Global` for a builder, where the class's objects become records.
RECORD = object()


@dataclass(frozen=True)
class Record:
    """A file's description of an object, which is not instantiated.

    Attributes:
        kind: The class, as "module.name".
        arguments: The arguments that the class would be called with.
        state: The argument of its `__setstate__`, or its `__dict__`; None if there is none.
        items: What it holds as a dict or a list, if its class is one of these; else None.
    """

    kind: str
    arguments: tuple[Any, ...]
    state: Any
    items: Any = None


@dataclass(frozen=True)
class Global:
    """A function or class that a file refers to.

    Attributes:
        kind: Its name, as "module.name".
        builder: What `builders.builder` returns for it.
    """

    kind: str
    builder: Any


class Object:
    """An object that is not instantiated, and whose state may be read later; see `Record`."""

    def __init__(self, kind: str, *arguments: Any, state: Any = None):
        self.kind = kind
        self.arguments = arguments
        self.state = state
        self.items: Any = None


@dataclass(frozen=True)
class Floats:
    """A batch of floats of a list, still in the file.

    Attributes:
        values: The floats, big-endian.
    """

    values: NDArray[Any]


def unpacked(part: Any) -> list[Any]:
    """Return the items that a part of a list stands for: a batch of floats, or the part itself."""
    return part.values.tolist() if type(part) is Floats else [part]


class Dtype:
    """A numpy dtype whose byte order is read later.

    Attributes:
        code: Kind and size of a number, as in numpy's `dtype.str`.
        order: Byte order of a number, as in numpy's `dtype.byteorder`.
    """

    def __init__(self, code: str):
        self.code = code
        self.order = "|"

    def set_order(self, order: Any) -> None:
        """Set the byte order, as numpy's `dtype.__setstate__` does.

        Raises:
            ValueError: The byte order is damaged.
        """
        if type(order) is not str:
            raise ValueError("the byte order of an array is damaged")
        self.order = order


def order_and_code(dtype: Any) -> tuple[str, str]:
    """Return the byte order and the code of a dtype, after checking that it is one."""
    if type(dtype) is not Dtype:
        raise ValueError("the type of an array is damaged")
    return dtype.order, dtype.code


def is_other(code: str) -> bool:
    """Return whether a dtype's code is that of text, bytes, times or structures."""
    return code[:1] != "" and code[0] in _OTHER_KINDS


def array(
    budget: Budget, raw: Any, order: str, code: str, shape: Any, fortran: bool
) -> NDArray[Any]:
    """Return a numpy array made from its bytes.

    Args:
        budget: Limits on the memory that the array may take.
        raw: The bytes; text in files that Python 2 wrote.
        order: Byte order of a number, as in numpy's `dtype.byteorder`.
        code: Kind and size of a number, as in numpy's `dtype.str`.
        shape: Shape of the array.
        fortran: Whether the first index varies fastest.

    Returns:
        The array in this machine's byte order, a copy unless the bytes can be written to.

    Raises:
        RefusedError: The array does not hold numbers, or exceeds the budget.
        ValueError: There are too few or too many bytes.
    """
    if order not in _ORDERS or code not in _CODES:
        raise RefusedError(f"has an array of numpy's type {f'{order}{code}'[:NAME_LENGTH]!r}")
    dtype = np.dtype(f"{order}{code}")
    shape = whole(shape)
    if type(raw) is str:
        raw = raw.encode("latin-1")
    if not isinstance(raw, bytes | bytearray | memoryview):
        raise ValueError("the numbers of an array are not bytes")
    if len(raw) != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"an array of shape {shape} and type {dtype} has {len(raw)} bytes")
    flat: NDArray[Any] = np.frombuffer(raw, dtype)
    as_it_is = flat.flags.behaved and dtype.isnative and dtype != np.bool_ and flat.size
    if not as_it_is:
        budget.make(math.prod(max(length, 1) for length in shape) * dtype.itemsize)
        if dtype == np.bool_:  # a byte other than 0 or 1 would be undefined behaviour
            flat = np.frombuffer(raw, np.uint8) != 0
        else:
            flat = flat.astype(dtype.newbyteorder("="))
    return flat.reshape(shape, order="F" if fortran else "C")


class Array:
    """A numpy array whose content is read later.

    Attributes:
        content: An array of numbers, a list of objects, or, without dimensions, the object; an
            array of anything else is an object whose arguments are the type and the shape.
    """

    content: Any = None

    def fill(
        self, budget: Budget, _version: Any, shape: Any, dtype: Any, fortran: Any, raw: Any
    ) -> None:
        """Set the content, as numpy's `ndarray.__setstate__` does."""
        order, code = order_and_code(dtype)
        if code in ("O", "O8"):
            shape = whole(shape)
            if type(raw) is list:
                raw = [number for part in raw for number in unpacked(part)]
                budget.operate(len(raw))
            if type(raw) is not list or len(raw) != math.prod(shape) or len(shape) > 1:
                raise ValueError("an array of objects is damaged, or has several dimensions")
            self.content = raw if shape else raw[0]
        elif is_other(code):
            self.content = Object("numpy.ndarray", code, whole(shape))
        else:
            self.content = array(budget, raw, order, code, shape, bool(fortran))


class Following(Array):
    """A numpy array as joblib writes it: its numbers follow the object that describes them."""

    def follow(self, budget: Budget, take: Callable[[int], memoryview], state: Any) -> None:
        """Read the numbers, as joblib's `NumpyArrayWrapper.read_array` does.

        Args:
            budget: Limits on the memory that the array may take.
            take: Returns the next bytes of the file.
            state: What the file states about the array.

        Raises:
            RefusedError: The array does not hold numbers, or exceeds the budget.
            ValueError, LookupError, EOFError: The file is damaged.
        """
        if type(state) is not dict:
            raise ValueError("the description of an array is damaged")
        order, code = order_and_code(state["dtype"])
        if code not in _CODES:
            raise RefusedError(f"has an array of numpy's type {f'{order}{code}'[:NAME_LENGTH]!r}")
        # joblib before 1.2 did not fill up to a multiple of some bytes.
        if state.get("numpy_array_alignment_bytes") is not None:
            take(take(1)[0])
        shape = whole(state["shape"])
        raw = take(math.prod(shape) * np.dtype(code).itemsize)
        self.content = array(budget, raw, order, code, shape, state["order"] == "F")


class Storage:
    """The numbers that a torch file's tensors are views of.

    Attributes:
        dtype: Type of the numbers.
        count: How many numbers there are.
        data: Their bytes, little-endian; None until they are read.
    """

    def __init__(self, dtype: torch.dtype, count: int):
        self.dtype = dtype
        self.count = count
        self.data: bytearray | None = None
        self._flat: torch.Tensor | None = None

    @property
    def size(self) -> int:
        """Size of the numbers in bytes."""
        return self.count * self.dtype.itemsize

    def flat(self) -> torch.Tensor:
        """Return all numbers as a tensor (count,), which all views share."""
        if self.data is None:
            raise ValueError("the numbers of a tensor are missing")
        if self._flat is None:
            if not self.data:
                self._flat = torch.empty(0, dtype=self.dtype)
            elif self.dtype == torch.bool:  # a byte other than 0 or 1 would be undefined behaviour
                self._flat = torch.frombuffer(self.data, dtype=torch.uint8) != 0
            else:
                self._flat = torch.frombuffer(self.data, dtype=self.dtype)
        return self._flat


#: Returns the storage of a torch file by its number type, key and count of numbers.
Storages = Callable[[torch.dtype, str, int], Storage]


def storage_from_list(budget: Budget, dtype: torch.dtype, numbers: Any) -> Storage:
    """Return the storage that torch before 1.0 would have made from a list of numbers."""
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
    """A view of a storage whose numbers may be read later.

    Attributes:
        storage: The storage that holds its numbers.
        offset: Position of its first number, in numbers.
        size: Its shape.
        stride: Distance between consecutive indices of each dimension, in numbers.
    """

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]

    def view(self, budget: Budget) -> torch.Tensor:
        """Return the tensor, once its numbers have been read."""
        flat = self.storage.flat()
        # An expanded tensor stores few numbers, but a copy of it has all of them.
        lengths = [max(length, 1) for length in self.size]
        steps = zip(lengths, self.stride, strict=True)
        expansion = math.prod(length for length, step in steps if not step)
        budget.make(math.prod(lengths) * flat.itemsize // min(expansion, _EXPANSION))
        return flat.as_strided(self.size, self.stride, self.offset)
