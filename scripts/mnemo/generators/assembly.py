"""Making a network of the settings and the tensors that a weights file holds."""

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
    """Make a network and give it its tensors.

    Settings are as little to be trusted as the rest of a file: no memory is taken before the
    tensors have turned out to be the network's.

    Args:
        make: The network's class. All its tensors must be of the file, or be made or filled once
            they are: the others are left without a value.
        settings: Its arguments.
        tensors: All its tensors, by its own names.
        source: The file that they come from, for errors.

    Returns:
        The network, on the CPU.

    Raises:
        MnemoError: The settings are no network's or ask for more than the file holds, or the
            tensors are not those of this network.
    """
    _check_counts(settings, len(tensors), source)
    try:
        # There, tensors have a shape and no memory; and no time is lost on initial values.
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
                f"{source}: no network has its settings ({name} asks for {count} layers, and the "
                f"file holds {tensors} tensors): it is damaged, or not to be trusted"
            )
