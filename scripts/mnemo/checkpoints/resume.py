"""Checkpoints beside the output of a job, from which a killed one goes on where it stood."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn

from mnemo import checkpoints, files


def path_of(output: str | Path, code: str) -> Path:
    """Return the checkpoint of an output, for the code that makes it.

    Args:
        output: The output.
        code: Digest of the code.

    Returns:
        A path in the same folder.
    """
    return Path(f"{output}.{code}.checkpoint")


def clear(output: str | Path) -> None:
    """Delete the checkpoints of an output, also those of other code, which no job goes on from."""
    for stale in Path(output).parent.glob(f"{Path(output).name}.*.checkpoint"):
        stale.unlink()


def add_tensors(digest: Any, network: nn.Module, prefix: str = "") -> None:
    """Add the names, shapes and values of a network's tensors to a digest.

    Args:
        digest: A digest of `hashlib`, changed in place.
        network: The network.
        prefix: What is put before their names.
    """
    for name, tensor in (*network.named_parameters(), *network.named_buffers()):
        digest.update(f"{prefix}{name} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())


class Checkpoint:
    """A file that holds where a job stands.

    Args:
        path: The file; its folder must exist.
        every: Seconds between two writings.
    """

    def __init__(self, path: Path, every: float):
        self.path, self.every = path, every
        self.saved = time.monotonic()

    def content(self) -> dict[str, Any] | None:
        """Read the file.

        Returns:
            Its content; None if there is no such file.

        Raises:
            MnemoError: It is damaged.
        """
        return cast(dict[str, Any], checkpoints.read(self.path)) if self.path.is_file() else None

    def write(self, content: Callable[[], dict[str, Any]]) -> None:
        """Write the file, whole or not at all, if it is time to.

        Args:
            content: Returns what the file is to hold.
        """
        if time.monotonic() - self.saved < self.every:
            return
        with files.whole(self.path) as partial:
            torch.save(content(), partial)
        self.saved = time.monotonic()
