"""Reading networks in dlib's format as data: the settings and weights of their layers, in order.

The format is that of `serialize` in dlib's `dnn/core.h`, `dnn/layers.h`, `dnn/tensor.h` and
`serialize.h`. A layer encloses the layers before it: the file begins with the loss, continues with
the form of every layer down to the input, and then has the content of each, from the input on.
"""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnemo.checkpoints.pickles import Budget
from mnemo.errors import AGAIN, MnemoError

#: Kind of a layer that stores nothing, but names the place that another layer takes its input from.
TAG = "tag"

# What each kind of layer stores: its weights (w), settings that are integers (i) or real numbers
# (r), the shape of one of its weights (s), and real numbers that only training needs (t).
_CONTENTS = {
    "input_rgb_image_sized": "rrrii",
    "con_4": "wiiiiiiisstttt",
    "affine_": "wssi",
    "relu_": "",
    "max_pool_2": "iiiiii",
    "avg_pool_2": "iiiiii",
    "add_prev_": "",
    "fc_2": "iiwssitttt",
    "loss_metric_2": "tt",
}
# Forms of layers, and the versions of what else the file has.
_TAG, _LAYER, _FIRST = 1, 2, 3
_LOSS = _SHAPE = 1
_TENSOR = 2
_INTEGER = 8
_SHOWN = 40
_NONE = np.empty(0, np.float32)


class Layer(NamedTuple):
    """A layer of a network.

    Attributes:
        kind: Its name and version as dlib stores them, such as "con_4", or `TAG`.
        settings: Those that are stored with it, in dlib's order: of a convolution its number of
            filters, and the height and width of its filters, strides and paddings.
        weights: All of them, (n,), not checked for being finite; empty if it has none.
    """

    kind: str
    settings: tuple[float, ...] = ()
    weights: NDArray[np.float32] = _NONE


def load(path: str | Path) -> list[Layer]:
    """Read a network that was trained with a loss.

    Args:
        path: The file.

    Returns:
        The network's layers, from the input to the loss.

    Raises:
        MnemoError: The file is missing or damaged, is no network of dlib's, or has a layer of
            another kind than the networks that Mnemo uses.
    """
    path = Path(path)
    if not path.is_file():
        raise MnemoError(f"{path} is missing: run `snakemake weights`")
    try:
        return _layers(_Reader(path.read_bytes()))
    except (EOFError, OSError, OverflowError, ValueError) as why:
        raise MnemoError(f"{path} is damaged or not a network of dlib's ({why}). {AGAIN}") from why


class _Reader:
    """Reads the parts of a file one after the other."""

    def __init__(self, data: bytes):
        self.data = memoryview(data)
        self.budget = Budget(len(data))
        self.place = 0

    def take(self, count: int) -> memoryview:
        part = self.data[self.place : self.place + count]
        if len(part) != count:
            raise EOFError("it ends too early")
        self.place += count
        return part

    def integer(self) -> int:
        """Read a byte with the sign and the number of bytes, and the bytes."""
        self.budget.operate()
        (head,) = self.take(1)
        size, sign = head & 0x7F, head & 0x80
        if not 0 < size <= _INTEGER:
            raise ValueError("an integer is too long")
        number = int.from_bytes(self.take(size), "little")
        return -number if sign else number

    def real(self) -> float:
        """Read a mantissa and an exponent."""
        return math.ldexp(self.integer(), self.integer())

    def version(self, *known: int) -> int:
        if (version := self.integer()) not in known:
            raise ValueError(f"the version {version} of one of its parts is not known")
        return version

    def shape(self) -> tuple[int, ...]:
        shape = tuple(self.integer() for _ in range(4))
        if min(shape) < 0:
            raise ValueError(f"a tensor has the shape {shape}")
        return shape

    def tensor(self) -> NDArray[np.float32]:
        self.version(_TENSOR)
        return np.frombuffer(self.take(4 * math.prod(self.shape())), "<f4")

    def content(self) -> Layer:
        """Read what a layer of any kind stores."""
        kind = bytes(self.take(self.integer())).decode("ascii", "replace")
        if kind not in _CONTENTS:
            raise ValueError(f"it has a layer of the kind {kind[:_SHOWN]!r}")
        settings: list[float] = []
        weights = _NONE
        for part in _CONTENTS[kind]:
            if part == "w":
                weights = self.tensor()
            elif part == "s":
                self.version(_SHAPE)
                self.shape()
            elif part == "t":
                self.real()
            else:
                settings.append(self.integer() if part == "i" else self.real())
        return Layer(kind, tuple(settings), weights)

    def layer(self) -> Layer:
        """Read a layer, and pass over what dlib stores with any."""
        layer = self.content()
        if not set(self.take(3)) <= set(b"01"):
            raise ValueError("the state of a layer is damaged")
        for _ in range(3):  # gradients, and the output of the last run
            self.tensor()
        return layer


def _layers(reader: _Reader) -> list[Layer]:
    reader.version(_LOSS)
    loss = reader.content()
    forms = []
    while (form := reader.version(_TAG, _LAYER, _FIRST)) != _FIRST:
        forms.append(form)
    layers = [reader.content(), reader.layer()]
    reader.integer()  # how many inputs the first layer makes of one
    layers += [reader.layer() if form == _LAYER else Layer(TAG) for form in reversed(forms)]
    if reader.place != len(reader.data):
        raise ValueError("it goes on after its end")
    return [*layers, loss]
