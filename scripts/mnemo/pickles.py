"""Reading pickles as data: an interpreter of pickle's opcodes that can call nothing but this file.

Python's own unpickler imports and calls what a file names. This one looks each name up in a closed
table, `_MEANINGS`, whose entries are functions of this file that build plain containers, arrays
and tensors from checked bytes; a name that is not there is refused. `pickletools` (which executes
nothing) takes the opcodes apart, so that there is no way from a file to an import.
"""

import math
import pickletools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

# The first object of a torch file of before 2020, and the second.
_TORCH_MAGIC = 0x1950A86A20F9469CFC6C
_TORCH_PROTOCOL = 1001
# Where NVIDIA's PyTorch pickles keep the classes whose source they carry.
_PERSISTENT = "torch_utils.persistence"

# A network of 1024 pixels should take some 100,000 operations; its tree is 16 deep.
_OPERATIONS = 500_000
_DEPTH = 64
_DIMENSIONS = 32
_INTEGER_BITS = 128
# Python's hash of an integer is its remainder by 2**61 - 1, so that larger ones can all collide.
_KEY_BITS = 60
_NAME_LENGTH = 200
# Bytes count when they are read, when they are copied, and in each tensor that shares them.
_MEMORY = 4
# Bytes from here on stay where they are in the file until an array or a tensor is made of them.
_LARGE = 4096
# As many floats as Python appends to a list at once, each after the byte of its operation.
_FLOAT = np.dtype([("operation", "S1"), ("value", ">f8")])
_BATCH = 1000
_ORDERS = frozenset("<>=|")
_CODES = frozenset(["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"])


class RefusedError(ValueError):
    """A file asks for what no weights file needs; the message completes "the file ..."."""


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


class Budget:
    """What the reading of one file may cost, so that a small file can't fill the memory.

    Attributes:
        operations: Opcodes that may still be interpreted.
        memory: Bytes that may still be made.
    """

    def __init__(self, size: int):
        self.operations = _OPERATIONS
        self.memory = _MEMORY * size + 2**24

    def operate(self, count: int = 1) -> None:
        """Take operations away."""
        self.operations -= count
        if self.operations < 0:
            raise RefusedError(f"takes more than {_OPERATIONS:,} operations")

    def make(self, size: int) -> None:
        """Take bytes away."""
        self.memory -= size
        if self.memory < 0:
            raise RefusedError("would take many times more memory than its size accounts for")


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


def load(data: memoryview, budget: Budget, storages: Storages | None = None) -> Any:
    """Read a pickle, or a torch file of before 2020, which is several of them and raw numbers.

    Args:
        data: The file.
        budget: What it may cost.
        storages: Where the numbers are that the pickle of a later torch file refers to.

    Returns:
        Its content, as `checkpoints.read` describes it.

    Raises:
        RefusedError: It asks for what no weights file needs.
        ValueError, TypeError, LookupError, EOFError: It is damaged.
    """
    unpickler = _Unpickler(data, budget, storages)
    content = unpickler.load()
    if type(content) is int and content == _TORCH_MAGIC:
        content = _torch_legacy(unpickler)
    return _Plain(budget).tree(content)


class _Global(NamedTuple):
    """A name of the table: what a file takes for a function or a class."""

    kind: str
    meaning: Any


class _Object:
    """An object whose state may be still to come."""

    def __init__(self, kind: str, *arguments: Any, state: Any = None):
        self.kind = kind
        self.arguments = arguments
        self.state = state


class _Array:
    """A numpy array whose content is still to come: an array, or a list of objects."""

    content: Any = None


class _Dtype:
    """A numpy dtype whose byte order is still to come."""

    def __init__(self, code: str):
        self.code = code
        self.order = "|"


class _Floats(NamedTuple):
    """A full batch of a list's floats, still where they are in the file."""

    values: NDArray[Any]


class _Tensor(NamedTuple):
    """A view of a storage whose numbers may be still to come."""

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


class _Cursor:
    """The part of a binary file's interface that `pickletools` needs."""

    def __init__(self, data: memoryview):
        self.data = data
        self.position = 0

    def read(self, count: int) -> bytes:
        return bytes(self.take(min(count, len(self.data) - self.position)))

    def readline(self) -> bytes:
        # A line of a pickle is a name or a number.
        line = bytes(self.data[self.position : self.position + _LARGE])
        end = line.find(b"\n") + 1
        return self.read(end or len(line))

    def tell(self) -> int:
        return self.position

    def take(self, count: int) -> memoryview:
        if count > len(self.data) - self.position:
            raise EOFError(f"{count} bytes are missing at its end")
        self.position += count
        return self.data[self.position - count : self.position]


class _Unpickler:
    """Interprets pickles, one after the other."""

    def __init__(self, data: memoryview, budget: Budget, storages: Storages | None):
        self.cursor = _Cursor(data)
        self.budget = budget
        self.storages = storages

    def load(self) -> Any:
        """Interpret the next pickle."""
        self.stack: list[Any] = []
        self.marks: list[list[Any]] = []
        memo: dict[Any, Any] = {}
        # typeshed asks for a whole file, where pickletools asks for three methods.
        for opcode, argument, _ in pickletools.genops(self.cursor):  # type: ignore[arg-type]
            self.budget.operate()
            name = opcode.name
            if name in _PUSHED:
                self.stack.append(self._checked(argument))
            elif name in _CONSTANTS:
                self.stack.append(_CONSTANTS[name]())
            elif name in _PUTS:
                memo[len(memo) if argument is None else argument] = self.stack[-1]
            elif name in _GETS:
                self.stack.append(memo[argument])
            elif name in _TUPLES:
                start = len(self.stack) - _TUPLES[name]
                if start < 0:
                    raise ValueError("its stack is empty")
                self.stack[start:] = [tuple(self.stack[start:])]
            elif name in _STEPS:
                _STEPS[name](self, argument)
            else:
                raise RefusedError(f"has the pickle operation {name}")
        return self.stack.pop()

    def _checked(self, argument: Any) -> Any:
        """Give what an opcode carries."""
        if isinstance(argument, str | bytes | bytearray) and len(argument) >= _LARGE:
            self.budget.make(len(argument))
            if not isinstance(argument, str):
                end = self.cursor.position
                return self.cursor.data[end - len(argument) : end]
        if type(argument) is int and argument.bit_length() > _INTEGER_BITS:
            raise RefusedError(f"has a number of more than {_INTEGER_BITS} bits")
        return argument

    def _pop_mark(self) -> list[Any]:
        items = self.stack
        self.stack = self.marks.pop()
        return items

    def _pop_marked(self, _: object) -> None:
        self._pop_mark()

    def _mark(self, _: object) -> None:
        self.marks.append(self.stack)
        self.stack = []
        # Torch before 1.0 pickled storages as lists of floats, which are operations by the million.
        start = self.cursor.position
        end = start + _BATCH * _FLOAT.itemsize
        if bytes(self.cursor.data[end : end + 1]) == b"e":  # which appends all since the mark
            floats = np.frombuffer(self.cursor.data[start:end], _FLOAT)
            if (floats["operation"] == b"G").all():
                self.cursor.position = end
                self.stack.append(_Floats(floats["value"]))

    def _pop(self, _: object) -> None:
        if self.stack:
            self.stack.pop()
        else:
            self._pop_mark()

    def _marked_tuple(self, _: object) -> None:
        items = self._pop_mark()
        self.stack.append(tuple(items))

    def _marked_list(self, _: object) -> None:
        items = self._pop_mark()
        self.stack.append(items)

    def _marked_dict(self, _: object) -> None:
        items = self._pop_mark()
        self.stack.append({})
        self._set(items)

    def _append(self, _: object) -> None:
        self._extend([self.stack.pop()])

    def _appends(self, _: object) -> None:
        self._extend(self._pop_mark())

    def _extend(self, items: list[Any]) -> None:
        if type(self.stack[-1]) is not list:
            raise ValueError("it appends to what is no list")
        self.stack[-1].extend(items)

    def _set_item(self, _: object) -> None:
        value = self.stack.pop()
        self._set([self.stack.pop(), value])

    def _set_items(self, _: object) -> None:
        self._set(self._pop_mark())

    def _set(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not dict:
            raise ValueError("it sets the items of what is no dict")
        target.update(_pairs(zip(items[::2], items[1::2], strict=True)))

    def _named(self, argument: str) -> None:
        # pickletools joins the two lines with a space.
        module, _, name = argument.partition(" ")
        self.stack.append(_meaning(module, name))

    def _stack_named(self, _: object) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        if type(name) is not str or type(module) is not str:
            raise ValueError("the name of a class is no text")
        self.stack.append(_meaning(module, name))

    def _call(self, _: object) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        if type(arguments) is not tuple:
            raise ValueError("arguments are no tuple")
        self.stack.append(self._called(function, arguments))

    def _call_marked(self, _: object) -> None:
        function, *arguments = self._pop_mark()
        self.stack.append(self._called(function, tuple(arguments)))

    def _call_named(self, argument: str) -> None:
        arguments = self._pop_mark()
        self._named(argument)
        self.stack.append(self._called(self.stack.pop(), tuple(arguments)))

    def _called(self, function: Any, arguments: tuple[Any, ...]) -> Any:
        if type(function) is not _Global:
            raise RefusedError(f"calls a {type(function).__name__}")
        if isinstance(function.meaning, torch.dtype):
            return _storage_from_list(self, function.meaning, *arguments)
        if not callable(function.meaning):
            raise RefusedError(f"calls {function.kind}")
        return function.meaning(self, *arguments)

    def _build(self, _: object) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        match target:
            case _Object():
                target.state = state
            case _Array():
                target.content = _array_content(self.budget, *state)
            case _Dtype():
                if type(state[1]) is not str:
                    raise ValueError("the byte order of an array is damaged")
                target.order = state[1]
            case dict():
                pass  # attributes of an OrderedDict: torch's versions of the modules
            case _:
                raise RefusedError(f"sets the state of a {type(target).__name__}")

    def _persistent(self, _: object) -> None:
        if self.storages is None:
            raise RefusedError("refers to objects outside of it")
        kind, of, key, _location, count, *view = self.stack.pop()
        if kind != "storage" or type(of) is not _Global or type(of.meaning) is not torch.dtype:
            raise RefusedError("refers to what is no storage of numbers")
        if type(key) is not str or any(view):
            raise ValueError("the name of a storage is damaged")
        (count,) = _whole([count])
        self.stack.append(self.storages(of.meaning, key, count))


_PUSHED = frozenset(
    [
        "INT",
        "BININT",
        "BININT1",
        "BININT2",
        "LONG1",
        "LONG4",
        "BINFLOAT",
        "BINSTRING",
        "SHORT_BINSTRING",
        "BINBYTES",
        "SHORT_BINBYTES",
        "BINBYTES8",
        "BYTEARRAY8",
        "BINUNICODE",
        "SHORT_BINUNICODE",
        "BINUNICODE8",
    ]
)
# A set becomes a list: nothing needs its members hashed.
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_SET": list,
}
_PUTS = frozenset({"BINPUT", "LONG_BINPUT", "MEMOIZE"})
_GETS = frozenset({"BINGET", "LONG_BINGET"})
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_STEPS: dict[str, Callable[[_Unpickler, Any], None]] = {
    "PROTO": lambda _, __: None,
    "FRAME": lambda _, __: None,
    "STOP": lambda _, __: None,
    "MARK": _Unpickler._mark,
    "POP": _Unpickler._pop,
    "POP_MARK": _Unpickler._pop_marked,
    "TUPLE": _Unpickler._marked_tuple,
    "LIST": _Unpickler._marked_list,
    "FROZENSET": _Unpickler._marked_list,
    "DICT": _Unpickler._marked_dict,
    "APPEND": _Unpickler._append,
    "APPENDS": _Unpickler._appends,
    "ADDITEMS": _Unpickler._appends,
    "SETITEM": _Unpickler._set_item,
    "SETITEMS": _Unpickler._set_items,
    "GLOBAL": _Unpickler._named,
    "STACK_GLOBAL": _Unpickler._stack_named,
    "INST": _Unpickler._call_named,
    "OBJ": _Unpickler._call_marked,
    "REDUCE": _Unpickler._call,
    "NEWOBJ": _Unpickler._call,
    "BUILD": _Unpickler._build,
    "BINPERSID": _Unpickler._persistent,
}


def _meaning(module: str, name: str) -> _Global:
    module = {"__builtin__": "builtins"}.get(module, module)  # Python 2's name
    kind = f"{module}.{name}"
    if (module, name) not in _MEANINGS:
        raise RefusedError(f"names {kind[:_NAME_LENGTH]}, which no weights file needs")
    return _Global(kind, _MEANINGS[module, name])


def _pairs(items: Iterable[Any]) -> dict[Any, Any]:
    """Make a dict whose keys take no time to hash and to tell apart."""
    made = {}
    for key, value in items:
        if key is not None and type(key) not in (str, int, float, bool, bytes):
            raise RefusedError(f"has a dict with a {type(key).__name__} as a key")
        if type(key) is int and key.bit_length() > _KEY_BITS:
            raise RefusedError(f"has a dict with a number of more than {_KEY_BITS} bits as a key")
        made[key] = value
    return made


def _whole(numbers: Any) -> tuple[int, ...]:
    """Check numbers of things, as a shape has them."""
    if type(numbers) not in (tuple, list) or len(numbers) > _DIMENSIONS:
        raise ValueError("a shape is damaged")
    if not all(type(number) is int and 0 <= number < 2**62 for number in numbers):
        raise ValueError("a shape is damaged")
    return tuple(numbers)


# What the names of `_MEANINGS` build.


def _dict(unpickler: _Unpickler, items: Any = ()) -> dict[Any, Any]:
    if type(items) is dict:
        items = items.items()
    unpickler.budget.operate(len(items))
    return _pairs(items)


def _default_dict(unpickler: _Unpickler, _factory: Any = None, items: Any = ()) -> dict[Any, Any]:
    return _dict(unpickler, items)


def _list(unpickler: _Unpickler, items: Any = ()) -> list[Any]:
    if type(items) not in (list, tuple):
        raise ValueError("a list is made of what is none")
    unpickler.budget.operate(len(items))
    return list(items)


def _empty_bytes(_: _Unpickler) -> bytes:
    return b""


def _size(_: _Unpickler, numbers: Any = ()) -> tuple[int, ...]:
    return _whole(numbers)


def _encoded(unpickler: _Unpickler, text: Any, encoding: Any) -> bytes:
    if type(text) is not str or encoding not in ("latin1", "latin-1"):
        raise RefusedError("calls _codecs.encode for more than latin1")
    unpickler.budget.make(len(text))
    return text.encode("latin-1")


def _dtype(_: _Unpickler, code: Any, *_flags: Any) -> _Dtype:
    if type(code) is not str:
        raise ValueError("the type of an array is damaged")
    return _Dtype(code)


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
        raise RefusedError(f"has an array of numpy's type {f'{order}{code}'[:_NAME_LENGTH]!r}")
    dtype = np.dtype(f"{order}{code}")
    shape = _whole(shape)
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


def _of(dtype: Any) -> tuple[str, str]:
    if type(dtype) is not _Dtype:
        raise ValueError("the type of an array is damaged")
    return dtype.order, dtype.code


def _array(_: _Unpickler, *_arguments: Any) -> _Array:
    return _Array()


def _array_content(
    budget: Budget, _version: Any, shape: Any, dtype: Any, fortran: Any, raw: Any
) -> Any:
    """Make what numpy's `ndarray.__setstate__` would make."""
    order, code = _of(dtype)
    if code in ("O", "O8"):
        shape = _whole(shape)
        if type(raw) is not list or len(raw) != math.prod(shape) or len(shape) > 1:
            raise ValueError("an array of objects is damaged, or has several dimensions")
        return raw if shape else raw[0]
    return array(budget, raw, order, code, shape, bool(fortran))


def _array_from_buffer(
    unpickler: _Unpickler, raw: Any, dtype: Any, shape: Any, order: Any
) -> NDArray[Any]:
    return array(unpickler.budget, raw, *_of(dtype), shape, order == "F")


def _scalar(unpickler: _Unpickler, dtype: Any, raw: Any) -> Any:
    return array(unpickler.budget, raw, *_of(dtype), (), False).item()


def _tensor(
    _: _Unpickler, storage: Any, offset: Any, size: Any, stride: Any, *rest: Any
) -> _Tensor:
    if type(storage) is not Storage:
        raise ValueError("a tensor has no storage")
    if any(rest[2:]):
        raise RefusedError("has a tensor that is conjugated or negated")
    (offset,) = _whole([offset])
    size, stride = _whole(size), _whole(stride)
    steps = [(length - 1) * step for length, step in zip(size, stride, strict=True)]
    if offset + (sum(steps) + 1 if all(size) else 0) > storage.count:
        raise ValueError("a tensor reaches beyond its storage")
    return _Tensor(storage, offset, size, stride)


def _parameter(_: _Unpickler, tensor: Any, *_rest: Any) -> _Tensor:
    if type(tensor) is not _Tensor:
        raise ValueError("a parameter has no tensor")
    return tensor


def _storage_from_bytes(unpickler: _Unpickler, raw: Any) -> Storage:
    if unpickler.storages is not None or not isinstance(raw, bytes | memoryview):
        raise ValueError("a storage is damaged")
    inner = _Unpickler(memoryview(raw), unpickler.budget, _no_storages)
    if inner.load() != _TORCH_MAGIC:
        raise ValueError("a storage is damaged")
    storage = _torch_legacy(inner)
    if type(storage) is not Storage:
        raise ValueError("a storage is damaged")
    return storage


def _storage_from_list(unpickler: _Unpickler, dtype: torch.dtype, numbers: Any) -> Storage:
    """Make what torch's storages of before 1.0 would have made of their numbers."""
    if type(numbers) is not list:
        raise ValueError("a storage is damaged")
    count = sum(_BATCH if type(part) is _Floats else 1 for part in numbers)
    storage = Storage(dtype, count)
    unpickler.budget.make(storage.size)
    storage.data = bytearray(storage.size)
    flat, start = storage.flat(), 0
    for part in numbers:
        if type(part) is _Floats:
            flat[start : start + _BATCH] = torch.from_numpy(part.values.astype("=f8"))
            start += _BATCH
        elif type(part) in (int, float, bool):
            flat[start] = part
            start += 1
        else:
            raise ValueError("a storage is damaged")
    return storage


def _persistent_object(_: _Unpickler, meta: Any) -> _Object:
    """Take what NVIDIA's `persistence.py` would run as source, and leave the source."""
    name, state = meta["class_name"], meta["state"]
    if type(name) is not str or not name.isidentifier() or type(state) is not dict:
        raise ValueError("a network is damaged")
    return _Object(f"{_PERSISTENT}.{name}", state=state)


def _record(kind: str) -> Callable[..., _Object]:
    return lambda _, *arguments: _Object(kind, *arguments)


_MEANINGS: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): _dict,
    ("collections", "defaultdict"): _default_dict,
    ("dnnlib.util", "EasyDict"): _dict,
    ("builtins", "dict"): _dict,
    ("builtins", "list"): _list,
    ("builtins", "set"): _list,
    ("builtins", "frozenset"): _list,
    ("builtins", "bytes"): _empty_bytes,  # protocol 2's only call of it
    ("_codecs", "encode"): _encoded,
    ("numpy", "dtype"): _dtype,
    ("numpy", "ndarray"): None,
    **{
        (f"numpy.{core}.{module}", name): meaning
        for core in ("core", "_core")
        for module, name, meaning in (
            ("multiarray", "_reconstruct", _array),
            ("multiarray", "scalar", _scalar),
            ("numeric", "_frombuffer", _array_from_buffer),
        )
    },
    ("torch", "Size"): _size,
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch.storage", "_load_from_bytes"): _storage_from_bytes,
    **{
        ("torch", f"{name}Storage"): dtype
        for name, dtype in (
            ("Double", torch.float64),
            ("Float", torch.float32),
            ("Half", torch.float16),
            ("BFloat16", torch.bfloat16),
            ("Long", torch.int64),
            ("Int", torch.int32),
            ("Short", torch.int16),
            ("Char", torch.int8),
            ("Byte", torch.uint8),
            ("Bool", torch.bool),
        )
    },
    (_PERSISTENT, "_reconstruct_persistent_obj"): _persistent_object,
    **{
        (module, name): _record(f"{module}.{name}")
        for module, name in (
            ("dnnlib.tflib.network", "Network"),
            ("argparse", "Namespace"),
            ("torch", "device"),
        )
    },
}


def _no_storages(*_: Any) -> Storage:
    raise ValueError("it refers to a storage too early")


def _torch_legacy(unpickler: _Unpickler) -> Any:
    """Read what follows the magic number of a torch file of before 2020."""
    found: dict[str, Storage] = {}

    def storages(dtype: torch.dtype, key: str, count: int) -> Storage:
        storage = found.setdefault(key, Storage(dtype, count))
        if (storage.dtype, storage.count) != (dtype, count):
            raise ValueError("a storage is of two kinds")
        return storage

    unpickler.storages = _no_storages
    if unpickler.load() != _TORCH_PROTOCOL:
        raise ValueError("it is of a kind of torch file that is not known")
    machine = unpickler.load()
    if type(machine) is not dict or machine.get("little_endian") is not True:
        raise RefusedError("was written by a big-endian machine")
    unpickler.storages = storages
    content = unpickler.load()
    keys = unpickler.load()
    if type(keys) is not list or not all(type(key) is str for key in keys):
        raise ValueError("the names of its storages are damaged")
    for key in keys:
        storage = found[key]
        count = int.from_bytes(unpickler.cursor.take(8), "little")
        if count != storage.count:
            raise ValueError("the length of a storage is damaged")
        unpickler.budget.make(storage.size)
        storage.data = bytearray(unpickler.cursor.take(storage.size))
    return content


class _Plain:
    """Replaces what was still to come by what came, and checks that the tree is a small one.

    Whoever walks a tree follows each path: a part that is reached along many paths counts many
    times, and one that holds itself has no end.
    """

    def __init__(self, budget: Budget):
        self.budget = budget
        # By the id of the part: its value, the number of its values, and how deep it is nested.
        self.done: dict[int, tuple[Any, int, int]] = {}
        self.begun: set[int] = set()

    def tree(self, content: Any) -> Any:
        return self._part(content, 0)[0]

    def _part(self, part: Any, depth: int) -> tuple[Any, int, int]:
        if part is None or type(part) in (str, int, float, bool, bytes):
            return part, 1, 0
        if type(part) is _Floats:
            return part, _BATCH, 0
        value, count, height = self.done.get(id(part), (None, 0, 0))
        if depth + height > _DEPTH or id(part) in self.begun:
            raise RefusedError(f"holds itself, or is nested more than {_DEPTH} deep")
        if not count:
            self.begun.add(id(part))
            children = [self._part(child, depth + 1) for child in _children(part)]
            self.begun.remove(id(part))
            value = self._joined(part, [child[0] for child in children])
            count = 1 + sum(child[1] for child in children)
            height = 1 + max((child[2] for child in children), default=0)
            self.done[id(part)] = value, count, height
        if count > _OPERATIONS:
            raise RefusedError(f"has more than {_OPERATIONS:,} values")
        return value, count, height

    def _joined(self, part: Any, children: list[Any]) -> Any:
        match part:
            case _Array():
                return children[0]
            case _Dtype():
                return f"{part.order}{part.code}"
            case _Global():
                return Record(part.kind, (), None)
            case _Object():
                return Record(part.kind, tuple(children[1:]), children[0])
            case _Tensor():
                return self._view(part)
            case Storage():
                return part.flat()
            case dict():
                return dict(zip(part, children, strict=True))
            case list():
                return [number for child in children for number in _numbers(child)]
            case tuple():
                return tuple(children)
            case bytearray() | memoryview():
                self.budget.make(len(part))
                return bytes(part)
        return part  # an array of numbers

    def _view(self, tensor: _Tensor) -> torch.Tensor:
        flat = tensor.storage.flat()
        # An expanded tensor has few numbers, and whoever copies it has all.
        self.budget.make(math.prod(max(length, 1) for length in tensor.size) * flat.itemsize)
        return flat.as_strided(tensor.size, tensor.stride, tensor.offset)


def _numbers(part: Any) -> list[Any]:
    return part.values.tolist() if type(part) is _Floats else [part]


def _children(part: Any) -> Iterable[Any]:
    match part:
        case _Array():
            return (part.content,)
        case _Object():
            return (part.state, *part.arguments)
        case dict():
            return part.values()
        case list() | tuple() if not isinstance(part, _Floats | _Global | _Tensor):
            return part
    return ()
