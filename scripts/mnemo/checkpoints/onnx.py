"""Reading ONNX files as data: self-contained networks of a few standard operators.

By itself, ONNX Runtime would follow references to other files and accept non-standard operators.
"""

from collections.abc import Collection
from pathlib import Path

import onnxruntime
from google.protobuf.empty_pb2 import Empty
from google.protobuf.unknown_fields import UnknownFieldSet

from mnemo.checkpoints.pickles import RefusedError
from mnemo.errors import AGAIN, MnemoError

# Field numbers in ONNX's onnx.proto, by message.
_MODEL_GRAPH, _MODEL_TRAINING, _MODEL_FUNCTIONS = 7, 20, 25
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_SPARSE_INITIALIZER = 1, 5, 15
_NODE_OPERATOR, _NODE_DOMAIN = 4, 7
_TENSOR_EXTERNAL_DATA, _TENSOR_DATA_LOCATION = 13, 14


def session(path: str | Path, operators: Collection[str]) -> onnxruntime.InferenceSession:
    """Load a network on one CPU thread, so that every run gives the same numbers.

    Args:
        path: The ONNX file.
        operators: The standard operators that the network may use; none of them may contain a
            network or an array of its own.

    Returns:
        The network.

    Raises:
        MnemoError: The file is missing or damaged, refers to another file, or uses other operators.
    """
    path = Path(path)
    if not path.is_file():
        raise MnemoError(f"{path} is missing: run `snakemake weights`")
    content = path.read_bytes()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        _check(content, operators)
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except RefusedError as why:
        raise MnemoError(
            f"{path} is not the expected network: it {why}. Nothing in it was used. {AGAIN}"
        ) from why
    # ONNX Runtime's errors have no base class of their own.
    except Exception as why:
        reason = str(why).splitlines()[0]
        raise MnemoError(f"{path} is damaged or truncated ({reason}). {AGAIN}") from why


def _check(content: bytes, operators: Collection[str]) -> None:
    """Refuse a network with anything beyond the given operators and arrays of numbers."""
    model = _fields(content)
    if model.keys() & {_MODEL_TRAINING, _MODEL_FUNCTIONS}:
        raise RefusedError("defines its own operators or training")
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
    """Return the contents of a protobuf message's fields by field number."""
    fields: dict[int, list[bytes]] = {}
    for field in UnknownFieldSet(Empty.FromString(message)):
        fields.setdefault(field.field_number, []).append(field.data)
    return fields
