"""Reading ONNX files as data: networks of a few standard operators, complete in one file.

ONNX Runtime itself follows references to other files, and knows operators beyond the standard.
"""

from collections.abc import Collection
from pathlib import Path

import onnxruntime
from google.protobuf.empty_pb2 import Empty
from google.protobuf.unknown_fields import UnknownFieldSet

from mnemo.checkpoints.pickles import RefusedError
from mnemo.errors import MnemoError

# Numbers of fields in ONNX's onnx.proto, by message.
_MODEL_GRAPH, _MODEL_TRAINING, _MODEL_FUNCTIONS = 7, 20, 25
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_SPARSE_INITIALIZER = 1, 5, 15
_NODE_OPERATOR, _NODE_DOMAIN = 4, 7
_TENSOR_EXTERNAL_DATA, _TENSOR_DATA_LOCATION = 13, 14


def session(path: str | Path, operators: Collection[str]) -> onnxruntime.InferenceSession:
    """Load a network, on one thread of the CPU, which gives the same numbers on every run.

    Args:
        path: The ONNX file.
        operators: The standard operators that it may have, none of which holds a network or an
            array of its own.

    Returns:
        The network.

    Raises:
        MnemoError: The file is missing, damaged, refers to another file, or has other operators.
    """
    path = Path(path)
    if not path.is_file():
        raise MnemoError(f"{path} is missing: run `snakemake weights`")
    content = path.read_bytes()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    again = "Delete it, and run `snakemake weights` or get it from its publisher again."
    try:
        _check(content, operators)
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except RefusedError as why:
        raise MnemoError(
            f"{path} is not what it should be: it {why}. Nothing in it was used. {again}"
        ) from why
    # ONNX Runtime's errors have no class of their own in common.
    except Exception as why:
        told = str(why).splitlines()[0]
        raise MnemoError(f"{path} is damaged, perhaps cut short ({told}). {again}") from why


def _check(content: bytes, operators: Collection[str]) -> None:
    """Refuse a network that has more than operators and arrays of numbers."""
    model = _fields(content)
    if model.keys() & {_MODEL_TRAINING, _MODEL_FUNCTIONS}:
        raise RefusedError("defines operators or a training of its own")
    for graph in map(_fields, model.get(_MODEL_GRAPH, [])):
        if _GRAPH_SPARSE_INITIALIZER in graph:
            raise RefusedError("has sparse arrays")
        for array in map(_fields, graph.get(_GRAPH_INITIALIZER, [])):
            if array.keys() & {_TENSOR_EXTERNAL_DATA, _TENSOR_DATA_LOCATION}:
                raise RefusedError("has arrays in other files")
        for node in map(_fields, graph.get(_GRAPH_NODE, [])):
            for operator in node.get(_NODE_OPERATOR, [b""]):
                if operator.decode() not in operators or any(node.get(_NODE_DOMAIN, [])):
                    raise RefusedError(f"has the operator {operator.decode()[:100]!r}")


def _fields(message: bytes) -> dict[int, list[bytes]]:
    """Collect the content of a protobuf message's fields by their numbers."""
    fields: dict[int, list[bytes]] = {}
    for field in UnknownFieldSet(Empty.FromString(message)):
        fields.setdefault(field.field_number, []).append(field.data)
    return fields
