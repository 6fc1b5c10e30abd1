"""Building a network from the settings and tensors of a weights file."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from mnemo import checkpoints
from mnemo.errors import MnemoError

Module = TypeVar("Module", bound=nn.Module)


def assemble(
    make: Callable[..., Module],
    settings: Mapping[str, Any],
    tensors: Mapping[str, Tensor],
    source: str,
) -> Module:
    """Create a network and load its tensors.

    Settings from a file are not trusted: no memory is allocated until the tensors have been found
    to match the network.

    Args:
        make: The network's class. Each of its tensors must either be in `tensors`, or be created or
            filled by the caller afterwards; otherwise its values are undefined.
        settings: Arguments of the class.
        tensors: The network's tensors, by its own names.
        source: The file that they come from, for error messages.

    Returns:
        The network, on the CPU.

    Raises:
        MnemoError: The settings do not describe a network or require more tensors than the file
            holds, or the tensors do not match the network.
    """
    _check_counts(settings, len(tensors), source)
    try:
        # On this device, tensors have a shape but no memory, and initial values take no time.
        with torch.device("meta"):
            network = make(**settings)
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError, MnemoError) as why:
        raise MnemoError(f"{source}: no network has its settings ({why})") from why
    try:
        network.load_state_dict({name: tensor.to("meta") for name, tensor in tensors.items()})
    except RuntimeError as why:
        raise MnemoError(f"{source} holds another network: {why}") from why
    network.to_empty(device="cpu")
    checkpoints.fill(network, tensors, source)
    return network


def _check_counts(settings: Mapping[str, Any], tensors: int, source: str) -> None:
    """Refuse settings that list or count more layers than there are tensors."""
    for name, value in settings.items():
        count = value if name.endswith("_layers") else 0
        if isinstance(value, list | tuple):
            count = len(value)
        if isinstance(count, int | float) and count > tensors:
            raise MnemoError(
                f"{source}: no network has its settings ({name} asks for {count} layers, but the "
                f"file holds {tensors} tensors): the file is damaged or manipulated"
            )
