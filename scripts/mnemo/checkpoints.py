"""Reading PyTorch checkpoints as data, and filling networks with all of it."""

import pickle
from collections.abc import Collection, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from mnemo.errors import MnemoError


def tensors(path: str | Path, key: str | None = None) -> dict[str, Tensor]:
    """Read the tensors of a checkpoint, without running any code that the file holds.

    Args:
        path: A torch file.
        key: The entry that holds the tensors; the whole file when None.

    Returns:
        The tensors by name, on the CPU.

    Raises:
        MnemoError: The file is missing, damaged, or holds something else.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        found = state if key is None else state[key]
    except FileNotFoundError:
        raise MnemoError(f"{path} is missing: run `snakemake weights`") from None
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, OSError) as why:
        raise MnemoError(
            f"{path} is damaged or not what it should be ({str(why).splitlines()[0]}). Delete it "
            "and run `snakemake weights`."
        ) from why
    return dict(found)


def fill(
    network: nn.Module,
    state: Mapping[str, Tensor],
    path: str | Path,
    unused: Collection[str] = (),
) -> None:
    """Give a network every tensor of a checkpoint, and leave none at its initial value.

    Args:
        network: What to fill.
        state: Tensors by the network's own names.
        path: Where they come from, for the error.
        unused: Names in `state` that the network does not need.

    Raises:
        MnemoError: A tensor is missing, left over, or of another shape.
    """
    try:
        network.load_state_dict({name: state[name] for name in state if name not in unused})
    except RuntimeError as why:
        raise MnemoError(f"{path} holds another network: {why}") from why
