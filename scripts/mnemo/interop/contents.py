"""What a file of arrays holds: the arrays by their names, and the one that is wanted."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tokenize import TokenError
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mnemo import checkpoints
from mnemo.errors import MnemoError

Space = Literal["z", "w", "w_plus"]
Numbers = NDArray[Any]

LOGGER = logging.getLogger(__name__)

#: Names of arrays within a file, and the space that each states. NVIDIA's projectors and others
#: also call one w per layer "w".
SPACES: dict[str, Space] = {
    "z": "z",
    "w": "w",
    "dlatents": "w",
    "projected_w": "w",
    "wp": "w_plus",
    "w_plus": "w_plus",
}
# numpy's names of the first two arrays that were stored without one.
_UNNAMED, _SECOND = "arr_0", "arr_1"
# Bytes that latents stored by image may take for each of the file's own, beyond the first 16 MiB:
# several names may refer to one array.
_EXPANSION = 64
# What numpy may raise for a header: it parses the header as Python, and a damaged header may
# contain anything.
_UNREADABLE = (
    ArithmeticError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TokenError,
    TypeError,
    ValueError,
)


def content(path: Path) -> Any:
    """Read a file; an array of numbers is mapped, not loaded into memory."""
    if starts_with(path, b"\x93NUMPY"):
        try:
            return np.load(path, mmap_mode="r", allow_pickle=False)
        except _UNREADABLE:
            pass  # The file holds objects or is damaged; `checkpoints.read` handles both.
    return checkpoints.read(path)


def starts_with(path: Path, magic: bytes) -> bool:
    """Return whether a file begins with some bytes; a file that can't be read is an error."""
    try:
        with path.open("rb") as file:
            return file.read(len(magic)) == magic
    except OSError as why:
        raise MnemoError(f"{path} can't be read ({why.strerror})") from why


def named_arrays(content: Any) -> Mapping[Any, Any] | None:
    """Return what a file holds by name; None if it holds one thing without a name."""
    if isinstance(content, checkpoints.Safetensors):
        return content.tensors
    if isinstance(content, checkpoints.Hdf5):
        return content.arrays
    return content if isinstance(content, Mapping) else None


def chosen(
    named: Mapping[Any, Any], space: Space | None, path: Path, others: Sequence[str] = ()
) -> str | None:
    """Return the name of the array that is wanted, if the names state what the arrays are.

    Args:
        named: The content of a file.
        space: The space that is wanted; None for any.
        path: The file, for error messages.
        others: Further names of an array in any space.

    Returns:
        The name; None if no name states what its array is.
    """
    known = (*SPACES, *others, "latents", *([] if _SECOND in named else [_UNNAMED]))
    held = {
        name: SPACES.get(name) for name in known if isinstance(named.get(name), np.ndarray | Tensor)
    }
    if not held:
        return None
    # One w per layer is often called w too.
    for name, stated in held.items():
        if stated == "w" and without_ones(named[name]).ndim > 2:
            held[name] = "w_plus"
    fitting = [name for name, stated in held.items() if space in (None, stated)]
    if not fitting:
        # A name that states no space, or one image with one w per layer.
        fitting = [
            name
            for name, stated in held.items()
            if stated is None or (stated, space) == ("w", "w_plus")
        ]
    if not fitting:
        raise MnemoError(f"{path} holds {listed(named)}, and nothing in {space}")
    if len(fitting) > 1:
        raise MnemoError(
            f"{path} holds {listed(fitting)}: set `space` to the one that is wanted, or if they "
            "are of the same space, store that array alone"
        )
    if unread := [name for name in named if name != fitting[0]]:
        LOGGER.info("%s: reads %s, and not %s", path, fitting[0], listed(unread))
    return fitting[0]


def alone(content: Any, name: str, path: Path) -> Any:
    """Return what a file holds without a name, or under this one."""
    named = named_arrays(content)
    if named is None:
        return content
    found = [key for key in (name, _UNNAMED) if key in named]
    if len(found) != 1 or (found == [_UNNAMED] and _SECOND in named):
        raise MnemoError(f"{path} holds {listed(named)}: name the array {name}, or store it alone")
    return named[found[0]]


def stacked(rows: Sequence[Numbers], path: Path) -> Numbers:
    """Return arrays of one shape as one array."""
    if sum(values.nbytes for values in rows) > _EXPANSION * path.stat().st_size + 2**24:
        raise MnemoError(f"{path} names the same numbers again and again: it is no honest file")
    return np.stack(rows)


def without_ones(rows: Any) -> Any:
    """Return (n, 1, ...) as (n, ...)."""
    return rows[:, 0] if rows.ndim in (3, 4) and rows.shape[1] == 1 else rows


def listed(names: Iterable[Any]) -> str:
    """List what a file holds, the first of it if it is much."""
    listed = [repr(name)[:80] for name in names]
    more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
    return f"{', '.join(listed[:5])}{more}" or "nothing"


def array(content: Any, path: Path, name: Any = None) -> Numbers:
    """Return an array or tensor of real numbers as an array, also a list of equally large ones."""
    if isinstance(content, list | tuple) and content:
        return _of_list(content, path)
    values = content
    if isinstance(content, Tensor) and not content.is_complex() and content.dtype != torch.bool:
        content = content.detach()
        values = (content if content.dtype == torch.float64 else content.float()).numpy()
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiu":
        kind = f"a {type(values).__name__}"
        if isinstance(values, np.ndarray | Tensor):
            kind = f"an array of {values.dtype}"
        elif isinstance(values, checkpoints.Record):
            kind = f"an object of the class {values.kind}"
        where = "" if name is None else f" as {name!r}"
        raise MnemoError(
            f"{path} holds {kind}{where}, not an array of real numbers: write it with numpy.save "
            "or torch.save"
        )
    return values


def _of_list(content: Sequence[Any], path: Path) -> Numbers:
    """Return a list of numbers, or of equally large arrays or lists, as one array."""
    if all(type(each) is float or (type(each) is int and abs(each) < 2**63) for each in content):
        return np.array(content, np.float64)
    rows = [array(each, path, f"item {n} of a list") for n, each in enumerate(content)]
    shapes = list(dict.fromkeys(values.shape for values in rows))
    if len(shapes) > 1:
        raise MnemoError(
            f"{path} holds a list of arrays of the shapes {listed(shapes)}: store only those that "
            "have one shape"
        )
    return stacked(rows, path)


def finite(values: Numbers, path: Path) -> NDArray[np.float32]:
    """Return numbers as float32, all finite; numbers that are float32 already are not copied."""
    with np.errstate(over="ignore", invalid="ignore"):
        converted = np.asarray(values, np.float32)
    # Checking the extremes, unlike checking each number, needs no second array of the same size.
    if not np.isfinite([converted.min(), converted.max()]).all():
        raise MnemoError(f"{path} holds numbers that are not finite in float32")
    return converted
