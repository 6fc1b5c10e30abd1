"""The parts that a generator is built from, and the layouts of weights files that hold them.

Each layout's own module maps its tensors to the network's. This module has what the layouts of
StyleGAN1 and StyleGAN2 share.
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
    """The parts that a generator is built from.

    Attributes:
        architecture: A key of `registry.ARCHITECTURES`.
        settings: What its module's `build` needs besides the tensors, as JSON values.
        tensors: The network's tensors, by the network's own names, float32, on the CPU.
        unused: Names of the file's tensors that the network does not need.
    """

    architecture: str
    settings: Mapping[str, Any]
    tensors: Mapping[str, Tensor]
    unused: tuple[str, ...] = ()


class Layout(NamedTuple):
    """A layout of weights files of an architecture.

    Attributes:
        name: How messages refer to it.
        matches: Returns whether the content of a file, as from `checkpoints.read`, has this layout.
            It checks only names and types, and never raises.
        parts: Returns the parts in the content. It raises `MnemoError` if the content has this
            layout but can't be used; the message states what is missing or not supported, without
            the file's path.
        beside: The keys of the content whose values are published in separate files, each with the
            name of that file, in which {stem} is the first file's name without its suffix.
        around: The keys of the content whose values may stand in a container around it, of
            `containers.CARRIED`.
    """

    name: str
    matches: Callable[[Any], bool]
    parts: Callable[[Any], Parts]
    beside: Mapping[str, str] = MappingProxyType({})
    around: Sequence[str] = ()


class Entry(NamedTuple):
    """One tensor of a network.

    Attributes:
        own: Its name in the network.
        file: Its name in the file.
        turn: Converts the file's tensor to the network's; fails for another number of dimensions.
    """

    own: str
    file: str
    turn: Callable[[Tensor], Tensor] = Tensor.contiguous


# Tensors


def take(
    found: Mapping[str, Any], entries: Iterable[Entry], idle: str
) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Convert a file's tensors to a network's.

    A file may lack all noise maps (`*.noise_const`), because some software draws them anew, but not
    only some of them; the network then has none.

    Args:
        found: The file's tensors, by the file's names.
        entries: The tensors that the network needs.
        idle: Pattern of the names that the network does not need.

    Returns:
        The network's tensors, and the file's names of the tensors that it does not need.

    Raises:
        MnemoError: A tensor is missing or unknown, or has an unexpected type or shape; or the
            network's images are not square, or not of red, green and blue or of grey.
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
            made = turn(value)
            if own.endswith((".torgb.weight", ".torgb.bias")):
                made = rgb(file, made)
            if own.endswith(".const"):
                _need_square(file, made)
            tensors[own] = made.contiguous()
        except (RuntimeError, IndexError):
            raise MnemoError(f"{file} has the unexpected shape {tuple(value.shape)}") from None
    return tensors, tuple(unused)


def tensor(name: str, value: Any) -> Tensor:
    """Return floating-point numbers of a file as a float32 tensor.

    Args:
        name: How error messages refer to the value.
        value: A torch tensor, a numpy array or number, or a float.

    Returns:
        The tensor, with the same shape.

    Raises:
        MnemoError: The value is something else.
    """
    if isinstance(value, Tensor) and value.is_floating_point():
        return value.detach().float()
    if isinstance(value, np.ndarray | np.floating | float) and np.asarray(value).dtype.kind == "f":
        return torch.from_numpy(np.array(value, dtype=np.float32))
    raise MnemoError(f"{name} is not a tensor of floating-point numbers")


def from_arrays(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a state dict whose numpy arrays of numbers are tensors."""
    return {
        name: torch.tensor(value)
        if isinstance(value, np.ndarray) and value.dtype.kind in "fiu"
        else value
        for name, value in content.items()
    }


def rgb(name: str, value: Tensor, axis: int = 0) -> Tensor:
    """Return the weights of the layer that makes colours as those of red, green and blue.

    The one channel of a network of grey images becomes three that are the same.

    Args:
        name: How error messages refer to the weights.
        value: The weights, with a row for each channel along an axis.
        axis: That axis.

    Returns:
        The weights, with three rows along the axis.

    Raises:
        MnemoError: There are neither three channels nor one.
    """
    channels = value.shape[axis]
    if channels not in (1, 3):
        raise MnemoError(
            f"its images have {channels} channels ({name}), but only 3 (red, green and blue) and "
            "1 (grey) are supported"
        )
    return value.repeat_interleave(3 // channels, dim=axis)


def first(value: Tensor) -> Tensor:
    """Return the only element (...) of a tensor (1, ...)."""
    return value.reshape(value.shape[1:])


def first_of_first(value: Tensor) -> Tensor:
    """Return the only element (...) of a tensor (1, 1, ...)."""
    return value.reshape(value.shape[2:])


def from_last(value: Tensor) -> Tensor:
    """Return a convolution's weight (height, width, in, out) as (out, in, height, width)."""
    return value.permute(3, 2, 0, 1)


# Settings that files record


def blocks(names: Iterable[Any], pattern: str) -> int:
    """Count a network's blocks.

    Args:
        names: Names of tensors.
        pattern: Finds the block's size in pixels in the names, as its first group.

    Returns:
        At least 1.

    Raises:
        MnemoError: The sizes are not 4, 8, 16, ... pixels.
    """
    sizes = sorted(set(_numbers(names, pattern)))
    if not sizes or sizes != [4 << block for block in range(len(sizes))]:
        raise MnemoError(f"its blocks have {sizes} pixels instead of 4, 8, 16, ...")
    return len(sizes)


def count(names: Iterable[Any], pattern: str) -> int:
    """Count the items that are numbered from 0 in names.

    Args:
        names: Names of tensors.
        pattern: Finds the number in the names, as its first group.

    Returns:
        One more than the largest number; 1 if there is none.
    """
    return 1 + max(_numbers(names, pattern), default=0)


def need(key: str, value: Any, *supported: Any) -> None:
    """Check that a setting of a file has a supported value.

    Args:
        key: Name of the setting.
        value: Its value in the file.
        supported: The supported values.

    Raises:
        MnemoError: The value is not supported.
    """
    if not any(np.array_equal(value, each) for each in supported):
        wanted = " or ".join(map(repr, supported))
        raise MnemoError(f"{key} is {value!r}, but only {wanted} is supported")


def need_no_classes(key: str, value: Any) -> None:
    """Check that a StyleGAN takes no classes.

    Args:
        key: Name of the number of its classes.
        value: That number in the file.

    Raises:
        MnemoError: It takes classes.
    """
    if not np.array_equal(value, 0):
        raise MnemoError(
            f"{key} is {value!r}: it was trained with classes (labels). Of generators with "
            "classes, only BigGAN and BigGAN-deep are supported"
        )


def mapping(name: str, value: Any) -> dict[str, Any]:
    """Return a value of a file, after checking that it is a dictionary.

    Args:
        name: How error messages refer to the value.
        value: The value.

    Returns:
        The dictionary.

    Raises:
        MnemoError: The value is not a dictionary.
    """
    if not isinstance(value, dict):
        raise MnemoError(f"its {name} is not a dictionary")
    return value


def check_filter(name: str, value: Any, taps: Sequence[float], gain: float = 1) -> None:
    """Check that a filter has the given taps along the rows and along the columns.

    Args:
        name: How error messages refer to the filter.
        value: The filter along one axis, (taps,), or along both, (..., taps, taps).
        taps: The expected taps, up to a common factor.
        gain: The expected sum.

    Raises:
        MnemoError: The filter differs.
    """
    found = tensor(name, value)
    line = torch.tensor(taps) / sum(taps)
    wanted = gain * (line if found.ndim == 1 else torch.outer(line, line))
    if found.shape[-wanted.ndim :] != wanted.shape or not torch.allclose(found, wanted):
        raise MnemoError(f"{name} is a filter other than {list(taps)}")


# NVIDIA's TensorFlow pickles hold (G, D, Gs). Gs is the average generator. Each is a record with
# variables of its own, and with components that have further variables. Some programs store Gs
# alone, or other selections of the three.


def synthesis_names(content: Any) -> list[str]:
    """Return the names of the synthesis network's variables in a TensorFlow pickle.

    Args:
        content: The content of any file.

    Returns:
        The names; an empty list for any other content.
    """
    generator = _average_generator(content)
    listed = None if generator is None else _synthesis(generator).get("variables")
    pairs = listed if isinstance(listed, list) else []
    return [pair[0] for pair in pairs if _is_variable(pair)]


def average_generator(content: Any) -> list[dict[str, Any]]:
    """Return the states of a TensorFlow pickle's average generator and of its components.

    Args:
        content: (G, D, Gs) or any selection of them, also as a list; or Gs itself.

    Returns:
        The generator's state, then its components'.

    Raises:
        MnemoError: There is no generator, or a component is not a network.
    """
    generator = _average_generator(content)
    if generator is None:
        raise MnemoError("it holds no generator")
    states = [generator.state]
    for name, part in generator.state["components"].items():
        if not _is_network(part):
            raise MnemoError(f"its component {name!r} is not a network")
        states.append(part.state)
    return states


def variables(states: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the variables of networks.

    Args:
        states: States from `average_generator`.

    Returns:
        Arrays by name.

    Raises:
        MnemoError: The variables are not listed as pairs of a name and an array, or two have the
            same name.
    """
    found: dict[str, Any] = {}
    for state in states:
        listed = state.get("variables")
        pairs = listed if isinstance(listed, list) else [None]
        for pair in pairs:
            if not _is_variable(pair):
                raise MnemoError("its variables are not a list of names and arrays")
            name, value = pair
            # The level of detail is a variable of both the whole and the synthesis network.
            if name in found and name != "lod":
                raise MnemoError(f"it has {name} twice")
            found[name] = value
    return found


def _average_generator(content: Any) -> Record | None:
    """Return the generator called Gs; without that name, the last generator."""
    listed = content if isinstance(content, tuple | list) else [content]
    generators = [each for each in listed if _is_network(each) and _synthesis(each)]
    named = [each for each in generators if str(each.state.get("name")) == "Gs"]
    return next(reversed(named or generators), None)


def _synthesis(network: Record) -> dict[str, Any]:
    """Return the state of a generator's synthesis network; empty for other networks."""
    components = network.state.get("components")
    synthesis = components.get("synthesis") if isinstance(components, dict) else None
    return synthesis.state if _is_network(synthesis) else {}


def _need_square(name: str, value: Tensor) -> None:
    if value.ndim > 1 and value.shape[-2] != value.shape[-1]:
        raise MnemoError(
            f"its images are not square: {name}, from which they grow, has {value.shape[-2]} rows "
            f"and {value.shape[-1]} columns. Only square images are supported"
        )


def _is_network(value: Any) -> TypeGuard[Record]:
    network = isinstance(value, Record) and value.kind == "dnnlib.tflib.network.Network"
    return network and isinstance(value.state, dict)


def _is_variable(pair: Any) -> TypeGuard[tuple[str, Any]]:
    return isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[0], str)


def _numbers(names: Iterable[Any], pattern: str) -> Iterator[int]:
    return (int(match[1]) for name in names if (match := re.match(pattern, str(name))))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
