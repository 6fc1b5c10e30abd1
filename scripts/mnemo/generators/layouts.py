"""What a weights file holds, the layouts that it may come in, and how one is taken apart.

A layout's own module lists which of its tensors is which of the network's; what the layouts of
StyleGAN1 and StyleGAN2 share is here.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, TypeGuard

import numpy as np
import torch
from torch import Tensor

from mnemo.checkpoints import Record
from mnemo.errors import MnemoError


class Parts(NamedTuple):
    """What a generator is built from.

    Attributes:
        architecture: A key of `mnemo.generators.ARCHITECTURES`.
        settings: What its module's `build` needs beside the tensors; plain values that JSON holds.
        tensors: The network's tensors, by the network's own names, float32, on the CPU.
        unused: Names in the file of tensors that the network does not need.
    """

    architecture: str
    settings: Mapping[str, Any]
    tensors: Mapping[str, Tensor]
    unused: tuple[str, ...] = ()


class Layout(NamedTuple):
    """One form in which users hold the weights of an architecture.

    Attributes:
        name: What messages call it.
        matches: Whether the content of a file, as `checkpoints.read` gives it, is of this layout;
            it looks at names and types only, and never raises.
        parts: Takes the content apart. Raises `MnemoError` where it is of this layout but can't be
            used: the message says what is missing or not supported, without the file's path.
        beside: Keys of the content, a dict, whose values are published in a file of their own: the
            name of that file, in which {stem} is the name of the first without its suffix.
    """

    name: str
    matches: Callable[[Any], bool]
    parts: Callable[[Any], Parts]
    beside: Mapping[str, str] = MappingProxyType({})


class Entry(NamedTuple):
    """One tensor of a network.

    Attributes:
        own: Its name in the network.
        file: Its name in the file.
        turn: Makes the network's tensor of the file's; fails for another number of dimensions.
    """

    own: str
    file: str
    turn: Callable[[Tensor], Tensor] = Tensor.contiguous


# Tensors


def take(
    found: Mapping[str, Any], entries: Iterable[Entry], idle: str
) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Make a network's tensors of a file's.

    A file may lack the noise maps (`*.noise_const`), but only all of them, because some software
    draws them anew; then the network gets none.

    Args:
        found: The file's tensors, by its names.
        entries: What the network needs.
        idle: Pattern of the names that it does not need.

    Returns:
        The network's tensors, and the file's names of those that it does not need.

    Raises:
        MnemoError: A tensor is missing, unknown, or not what its name says.
    """
    entries = list(entries)
    maps = {entry.file for entry in entries if entry.own.endswith(".noise_const")}
    if maps.isdisjoint(found):
        entries = [entry for entry in entries if entry.file not in maps]
    needed = {entry.file for entry in entries}
    if missing := sorted(needed - found.keys()):
        raise MnemoError(f"it lacks {_listed(missing)}")
    unused = [str(name) for name in found if name not in needed]
    if unknown := [name for name in unused if not re.fullmatch(idle, name)]:
        raise MnemoError(f"it has {_listed(unknown)}, which no file of this layout has")
    tensors = {}
    for own, file, turn in entries:
        value = tensor(file, found[file])
        try:
            tensors[own] = turn(value).contiguous()
        except (RuntimeError, IndexError):
            raise MnemoError(f"{file} is of shape {tuple(value.shape)}") from None
    return tensors, tuple(unused)


def tensor(name: str, value: Any) -> Tensor:
    """Read a tensor, float32, of whatever a file holds floating-point numbers in.

    Args:
        name: What errors call it.
        value: A torch tensor, a numpy array or number, or a float.

    Returns:
        The tensor, of the same shape.

    Raises:
        MnemoError: It is something else.
    """
    if isinstance(value, Tensor) and value.is_floating_point():
        return value.detach().float()
    if isinstance(value, np.ndarray | np.floating | float) and np.asarray(value).dtype.kind == "f":
        return torch.from_numpy(np.array(value, dtype=np.float32))
    raise MnemoError(f"{name} is no tensor of floating-point numbers")


def first(value: Tensor) -> Tensor:
    """Take the only element (...) of a tensor (1, ...)."""
    return value.reshape(value.shape[1:])


def first_of_first(value: Tensor) -> Tensor:
    """Take the only element (...) of a tensor (1, 1, ...)."""
    return value.reshape(value.shape[2:])


def from_last(value: Tensor) -> Tensor:
    """Bring a convolution's weight (height, width, in, out) to (out, in, height, width)."""
    return value.permute(3, 2, 0, 1)


# What files say of their networks


def blocks(names: Iterable[Any], pattern: str) -> int:
    """Count a network's blocks.

    Args:
        names: Names of tensors.
        pattern: Finds the block's size in pixels in the names, as its first group.

    Returns:
        At least 1.

    Raises:
        MnemoError: They are not of 4, 8, 16, ... pixels.
    """
    sizes = sorted(set(_numbers(names, pattern)))
    if not sizes or sizes != [4 << block for block in range(len(sizes))]:
        raise MnemoError(f"its blocks are of {sizes} pixels, not of 4, 8, 16, ...")
    return len(sizes)


def count(names: Iterable[Any], pattern: str) -> int:
    """Count what is numbered from 0 in names: at least 1.

    Args:
        names: Names of tensors.
        pattern: Finds the number in the names, as its first group.
    """
    return 1 + max(_numbers(names, pattern), default=0)


def need(key: str, value: Any, *supported: Any) -> None:
    """Refuse what a file asks for in vain.

    Args:
        key: What it is called.
        value: What the file asks for.
        supported: What there is.

    Raises:
        MnemoError: The value is none of them.
    """
    if not any(np.array_equal(value, each) for each in supported):
        wanted = " or ".join(map(repr, supported))
        raise MnemoError(f"{key} is {value!r}, and only {wanted} is supported")


def mapping(name: str, value: Any) -> dict[str, Any]:
    """Read a dictionary.

    Raises:
        MnemoError: It is none.
    """
    if not isinstance(value, dict):
        raise MnemoError(f"its {name} is no dictionary")
    return value


def check_filter(name: str, value: Any, taps: Sequence[float], gain: float = 1) -> None:
    """Refuse a filter that is not the one of some taps along the rows and along the columns.

    Args:
        name: What errors call it.
        value: The filter along one axis, (taps,), or along both, (..., taps, taps).
        taps: What it must be, in proportion.
        gain: What it must sum to.

    Raises:
        MnemoError: It is another.
    """
    found = tensor(name, value)
    line = torch.tensor(taps) / sum(taps)
    wanted = gain * (line if found.ndim == 1 else torch.outer(line, line))
    if found.shape[-wanted.ndim :] != wanted.shape or not torch.allclose(found, wanted):
        raise MnemoError(f"{name} is another filter than {list(taps)}")


# NVIDIA's TensorFlow pickles: (G, D, Gs), the last of which is the average generator; each is a
# record that has variables of its own, and components that have more of them.


def synthesis_names(content: Any) -> list[str]:
    """Name the synthesis network's variables, in a TensorFlow pickle; none of any other content."""
    if not (isinstance(content, tuple) and len(content) == 3 and all(map(_is_network, content))):
        return []
    components = content[2].state.get("components")
    synthesis = components.get("synthesis") if isinstance(components, dict) else None
    listed = synthesis.state.get("variables") if _is_network(synthesis) else None
    pairs = listed if isinstance(listed, list) else []
    return [pair[0] for pair in pairs if _is_variable(pair)]


def average_generator(content: Any) -> list[dict[str, Any]]:
    """List the states of a TensorFlow pickle's average generator and of its components.

    Raises:
        MnemoError: A component is none.
    """
    state = content[2].state
    states = [state]
    for name, part in mapping("components", state.get("components")).items():
        if not _is_network(part):
            raise MnemoError(f"its component {name!r} is no network")
        states.append(part.state)
    return states


def variables(states: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Gather the variables of networks.

    Args:
        states: What `average_generator` gives, or some of it.

    Returns:
        Arrays by name.

    Raises:
        MnemoError: They are not listed as pairs of name and array, or two have the same name.
    """
    found: dict[str, Any] = {}
    for state in states:
        listed = state.get("variables")
        pairs = listed if isinstance(listed, list) else [None]
        for pair in pairs:
            if not _is_variable(pair):
                raise MnemoError("its variables are no list of names and arrays")
            name, value = pair
            # The level of detail is said of the whole and of the synthesis network.
            if name in found and name != "lod":
                raise MnemoError(f"it has {name} twice")
            found[name] = value
    return found


def _is_network(value: Any) -> TypeGuard[Record]:
    network = isinstance(value, Record) and value.kind == "dnnlib.tflib.network.Network"
    return network and isinstance(value.state, dict)


def _is_variable(pair: Any) -> TypeGuard[tuple[str, Any]]:
    return isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str)


def _numbers(names: Iterable[Any], pattern: str) -> Iterator[int]:
    return (int(match[1]) for name in names if (match := re.match(pattern, str(name))))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
