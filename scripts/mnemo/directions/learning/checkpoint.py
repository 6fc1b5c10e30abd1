"""Checkpoints of learning a direction, from which a killed one goes on exactly where it stood.

On the same machine, with as many threads, the direction is that of a learning which was not killed,
to the last bit.
"""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mnemo.checkpoints import resume
from mnemo.directions.learning.objective import Objective
from mnemo.directions.learning.state import State
from mnemo.errors import MnemoError
from mnemo.version import __version__

LOGGER = logging.getLogger(__name__)


def conditions(objective: Objective, known: NDArray[np.float32] | None) -> dict[str, Any]:
    """List everything that a learned direction depends on, except the machine.

    Args:
        objective: The generator, the assessor and the settings.
        known: The known scores of seeds, if there are any.

    Returns:
        Values by name, as JSON has them.
    """
    return {
        "Mnemo": __version__,
        "PyTorch": str(torch.__version__),
        "device": objective.device.type,
        "generator": weights(objective.generator),
        "assessor": weights(objective.assessor),
        "known scores": None if known is None else hashlib.sha256(known.tobytes()).hexdigest(),
        "images at once": objective.at_once,
        **{
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(objective.settings).items()
        },
    }


def weights(model: Any) -> str:
    """Digest the tensors of a generator's or an assessor's networks, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for name, network in sorted(vars(model).items()):
        if isinstance(network, nn.Module):
            resume.add_tensors(digest, network, f"{name}.")
    return digest.hexdigest()


class Checkpoint(resume.Checkpoint):
    """The file that holds where learning stands.

    Args:
        path: The file; its folder must exist.
        conditions: What the direction depends on.
        every: Seconds between two writings.
    """

    def __init__(self, path: Path, conditions: Mapping[str, Any], every: float):
        super().__init__(path, every)
        self.conditions = dict(conditions)

    def read(self) -> dict[str, Any] | None:
        """Read where this very learning stood when it was killed.

        Returns:
            The content of its `State`; None if there is no such file, or, as the log says, if it is
            damaged.

        Raises:
            MnemoError: The file is of other settings, weights or versions.
        """
        try:
            content = self.content()
            if content is None:
                return None
            theirs, state = content["conditions"], content["state"]
        except (MnemoError, KeyError, TypeError) as why:
            LOGGER.warning("starts anew, because %s can't be read: %s", self.path, why)
            return None
        names = {**theirs, **self.conditions}
        differing = [
            f"{name} was {theirs.get(name)!r} and is {self.conditions.get(name)!r}"
            for name in names
            if theirs.get(name) != self.conditions.get(name)
        ]
        if differing:
            raise MnemoError(
                f"{self.path} is of a direction learned otherwise: {'; '.join(differing)}. To go "
                "on with it, set what it had; to learn anew, move it away"
            )
        LOGGER.info("goes on from step %d of start %d", state["step"], state["restart"] + 1)
        return cast(dict[str, Any], state)

    def keep(self, state: State) -> None:
        """Write the file, whole or not at all, if it is time to.

        Args:
            state: Where learning stands.
        """
        self.write(lambda: {"conditions": self.conditions, "state": state.content()})
