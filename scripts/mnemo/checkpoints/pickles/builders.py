"""The closed table of the names that a file may use, and the builders that replace them."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.typing import NDArray

from mnemo.checkpoints.pickles.interpreter import Unpickler
from mnemo.checkpoints.pickles.limits import RefusedError, pairs, whole
from mnemo.checkpoints.pickles.parts import (
    Array,
    Dtype,
    Object,
    Storage,
    Tensor,
    array,
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


def _array_from_buffer(
    unpickler: Unpickler, raw: Any, dtype: Any, shape: Any, order: Any
) -> NDArray[Any]:
    return array(unpickler.budget, raw, *order_and_code(dtype), shape, order == "F")


def _scalar(unpickler: Unpickler, dtype: Any, raw: Any) -> Any:
    return array(unpickler.budget, raw, *order_and_code(dtype), (), False).item()


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


def _persistent_object(_: Unpickler, meta: Any) -> Object:
    """Return the class name and state of an object of NVIDIA's `persistence.py`.

    Its source code, which `persistence.py` would run, is ignored.
    """
    name, state = meta["class_name"], meta["state"]
    if type(name) is not str or not name.isidentifier() or type(state) is not dict:
        raise ValueError("a network is damaged")
    return Object(f"{_PERSISTENT}.{name}", state=state)


def _record(kind: str) -> Callable[..., Object]:
    return lambda _, *arguments: Object(kind, *arguments)


BUILDERS: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): _dict,
    ("collections", "defaultdict"): _default_dict,
    ("dnnlib.util", "EasyDict"): _dict,
    ("builtins", "dict"): _dict,
    ("builtins", "list"): _list,
    ("builtins", "set"): _list,
    ("builtins", "frozenset"): _list,
    ("builtins", "bytes"): _empty_bytes,  # protocol 2 calls it only without arguments
    ("_codecs", "encode"): _encoded,
    ("numpy", "dtype"): _dtype,
    ("numpy", "ndarray"): None,
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
