"""What stands for the names that a file uses: builders, or records where there is none."""

import sys
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mnemo.checkpoints.pickles.interpreter import Unpickler
from mnemo.checkpoints.pickles.limits import NAME_LENGTH, RefusedError, pairs, whole
from mnemo.checkpoints.pickles.parts import (
    RECORD,
    Array,
    Dtype,
    Following,
    Global,
    Object,
    Storage,
    Tensor,
    array,
    is_other,
    order_and_code,
)
from mnemo.checkpoints.pickles.torch_legacy import storage_from_bytes

# The module of NVIDIA's classes that their PyTorch pickles include as source code.
_PERSISTENT = "torch_utils.persistence"


def _dict(unpickler: Unpickler, items: Any = ()) -> dict[Any, Any]:
    if type(items) is dict:
        items = items.items()
    unpickler.budget.operate(len(items))
    return pairs(items)


def _default_dict(unpickler: Unpickler, _factory: Any = None, items: Any = ()) -> dict[Any, Any]:
    return _dict(unpickler, items)


def _list(unpickler: Unpickler, items: Any = ()) -> list[Any]:
    if type(items) not in (list, tuple):
        raise ValueError("a list is built from something other than a list or tuple")
    unpickler.budget.operate(len(items))
    return list(items)


def _deque(unpickler: Unpickler, items: Any = (), _longest: Any = None) -> list[Any]:
    return _list(unpickler, items)


def _empty_bytes(_: Unpickler) -> bytes:
    return b""


def _size(_: Unpickler, numbers: Any = ()) -> tuple[int, ...]:
    return whole(numbers)


def _encoded(unpickler: Unpickler, text: Any, encoding: Any) -> bytes:
    if type(text) is not str or encoding not in ("latin1", "latin-1"):
        raise RefusedError("calls _codecs.encode for something other than latin1 text")
    unpickler.budget.make(len(text))
    return text.encode("latin-1")


def _dtype(_: Unpickler, code: Any, *_flags: Any) -> Dtype:
    if type(code) is not str:
        raise ValueError("the type of an array is damaged")
    return Dtype(code)


def _array(_: Unpickler, *_arguments: Any) -> Array:
    return Array()


def _following(_: Unpickler) -> Following:
    return Following()


def _array_from_buffer(
    unpickler: Unpickler, raw: Any, dtype: Any, shape: Any, order: Any
) -> NDArray[Any]:
    return array(unpickler.budget, raw, *order_and_code(dtype), shape, order == "F")


def _scalar(unpickler: Unpickler, dtype: Any, raw: Any) -> Any:
    order, code = order_and_code(dtype)
    if is_other(code):
        return Object("numpy.ndarray", code, ())
    value = array(unpickler.budget, raw, order, code, (), False).item()
    return Object("builtins.complex", value.real, value.imag) if code[0] == "c" else value


def _tensor(_: Unpickler, storage: Any, offset: Any, size: Any, stride: Any, *rest: Any) -> Tensor:
    if type(storage) is not Storage:
        raise ValueError("a tensor has no storage")
    if any(rest[2:]):
        raise RefusedError("has a tensor that is conjugated or negated")
    (offset,) = whole([offset])
    size, stride = whole(size), whole(stride)
    steps = [(length - 1) * step for length, step in zip(size, stride, strict=True)]
    if offset + (sum(steps) + 1 if all(size) else 0) > storage.count:
        raise ValueError("a tensor reaches beyond its storage")
    return Tensor(storage, offset, size, stride)


def _parameter(_: Unpickler, tensor: Any, *_rest: Any) -> Tensor:
    if type(tensor) is not Tensor:
        raise ValueError("a parameter has no tensor")
    return tensor


def _device_tensor(unpickler: Unpickler, numbers: Any, *_rest: Any) -> Tensor:
    """Build a tensor of a device whose tensors have no storage, such as a TPU."""
    if type(numbers) is Tensor:
        return numbers
    values = numbers.content if type(numbers) is Array else numbers
    if not isinstance(values, np.ndarray):
        raise ValueError("a tensor has no numbers")
    storage = Storage(torch.from_numpy(np.empty(0, values.dtype)).dtype, values.size)
    unpickler.budget.make(values.nbytes)
    storage.data = bytearray(values.tobytes())
    stride = torch.empty(values.shape, device="meta").stride()
    return Tensor(storage, 0, values.shape, stride)


def _tensor_of_type(
    unpickler: Unpickler, function: Any, _kind: Any, arguments: Any, _attributes: Any
) -> Any:
    """Build a tensor that has attributes of the user's, which are ignored."""
    if type(arguments) is not tuple:
        raise ValueError("a tensor is damaged")
    return unpickler.called(function, arguments)


def _attribute(_: Unpickler, owner: Any, name: Any) -> Object:
    """Name an attribute of the user's class, as Python 3.11 stores a member of an enumeration."""
    if type(owner) is not Global or owner.builder is not RECORD or type(name) is not str:
        raise RefusedError("calls builtins.getattr")
    if owner.kind.partition(".")[0] in _CLOSED:
        raise RefusedError(f"names {owner.kind}.{name[:NAME_LENGTH]}, which holds no data")
    return Object(f"{owner.kind}.{name}")


def _reconstructed(_: Unpickler, kind: Any, _base: Any, state: Any) -> Object:
    """Return an object that was written with protocol 0 or 1."""
    if type(kind) is not Global or kind.builder is not RECORD:
        raise RefusedError("calls copyreg._reconstructor")
    return Object(kind.kind, *([] if state is None else [state]))


def _persistent_object(_: Unpickler, meta: Any) -> Object:
    """Return the class name and state of an object of NVIDIA's `persistence.py`.

    Its source code, which `persistence.py` would run, is ignored.
    """
    name, state = meta["class_name"], meta["state"]
    if type(name) is not str or not name.isidentifier() or type(state) is not dict:
        raise ValueError("a network is damaged")
    return Object(f"{_PERSISTENT}.{name}", state=state)


# Functions of torch that rebuild what no network here needs, and classes of Python's own that hold
# data, by module.
_RECORDS = {
    "argparse": "Namespace",
    "builtins": "bytearray complex range slice",
    "datetime": "date datetime time timedelta timezone",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "functools": "partial",
    "pathlib": "Path PosixPath WindowsPath PurePath PurePosixPath PureWindowsPath",
    "pathlib._local": "Path PosixPath WindowsPath PurePath PurePosixPath PureWindowsPath",
    "torch": "device",
    "torch._utils": "_rebuild_sparse_tensor _rebuild_qtensor _rebuild_meta_tensor_no_storage",
    "torch.serialization": "_get_layout",
    "types": "SimpleNamespace",
    "uuid": "UUID",
    "zoneinfo": "ZoneInfo._unpickle",
}
# Classes that a file may name but not call, by module, such as the type of an option.
_CLASSES = {
    "builtins": "Ellipsis NotImplemented bool float int object str tuple type",
    "numpy": (
        "ndarray matrix bool bool_ float16 float32 float64 int8 int16 int32 int64 uint8 uint16 "
        "uint32 uint64 complex64 complex128"
    ),
    "numpy.matrixlib.defmatrix": "matrix",
    "torch": (
        "Tensor bfloat16 bool complex64 complex128 float float16 float32 float64 half double int "
        "int8 int16 int32 int64 long short uint8"
    ),
    "torch.nn.parameter": "Buffer Parameter",
}
# Packages whose names are refused if no table has them: a file that needs them does so to run
# something, and other programs would. The names of any other package are classes of the user's or
# of a program's own.
_CLOSED = sys.stdlib_module_names | {"numpy", "torch", "torch_utils"}
# Packages among these whose classes hold data: networks, what trains them, and random states.
_OPEN = ("numpy.random.", "torch.nn.modules.", "torch.optim.")


def builder(module: str, name: str) -> Any:
    """Return what stands for a name in a file, without importing it.

    Args:
        module: Module of the name.
        name: The name.

    Returns:
        Its entry in `BUILDERS`, or `RECORD`.

    Raises:
        RefusedError: It is Python's, numpy's or torch's own, and is not known to hold data.
    """
    if (module, name) in BUILDERS:
        return BUILDERS[module, name]
    if module.partition(".")[0] in _CLOSED and not module.startswith(_OPEN):
        kind = f"{module}.{name}"[:NAME_LENGTH]
        raise RefusedError(f"names {kind}, which is not one of the classes that hold data")
    return RECORD


BUILDERS: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): _dict,
    ("collections", "defaultdict"): _default_dict,
    ("collections", "Counter"): _dict,
    ("collections", "deque"): _deque,
    ("dnnlib.util", "EasyDict"): _dict,
    ("builtins", "dict"): _dict,
    ("builtins", "list"): _list,
    ("builtins", "set"): _list,
    ("builtins", "frozenset"): _list,
    ("builtins", "bytes"): _empty_bytes,  # protocol 2 calls it only without arguments
    ("builtins", "getattr"): _attribute,
    ("copyreg", "_reconstructor"): _reconstructed,
    ("_codecs", "encode"): _encoded,
    ("joblib.numpy_pickle", "NumpyArrayWrapper"): _following,
    ("numpy", "dtype"): _dtype,
    **{
        (f"numpy.{core}.{module}", name): builder
        for core in ("core", "_core")
        for module, name, builder in (
            ("multiarray", "_reconstruct", _array),
            ("multiarray", "scalar", _scalar),
            ("numeric", "_frombuffer", _array_from_buffer),
        )
    },
    ("torch", "Size"): _size,
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): _parameter,
    ("torch._utils", "_rebuild_xla_tensor"): _device_tensor,
    ("torch._utils", "_rebuild_device_tensor_from_numpy"): _device_tensor,
    ("torch._utils", "_rebuild_device_tensor_from_cpu_tensor"): _device_tensor,
    ("torch._tensor", "_rebuild_from_type_v2"): _tensor_of_type,
    ("torch.storage", "_load_from_bytes"): storage_from_bytes,
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
            ("ComplexFloat", torch.complex64),
            ("ComplexDouble", torch.complex128),
        )
    },
    (_PERSISTENT, "_reconstruct_persistent_obj"): _persistent_object,
    **{
        (module, name): stands_for
        for stands_for, table in ((RECORD, _RECORDS), (None, _CLASSES))
        for module, names in table.items()
        for name in names.split()
    },
}
