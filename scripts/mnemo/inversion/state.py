"""Where the search for a batch's latents stands, and where it ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

#: Attributes of a state with a number for each row or image.
_COUNTED = ("clock", "settled", "seconds", "kept")


@dataclass
class State:
    """All that changes from step to step.

    A row is one start of one image: the only one, unless there are several starts in z.

    Attributes:
        latents: Each row's latent.
        maps: Each row's noise maps; empty unless the noise is optimised.
        optimizer: Adam, with a group of parameters for each row.
        draw: The source of the noise that is added to latents.
        clock: (rows,), each row's progress through the schedule, in steps.
        losses: (rows, steps), as in `Inversion`.
        measured: Each row's losses without added noise, one for each measurement.
        settled: (rows,), whether the loss had settled before the steps ran out.
        seconds: (rows,), time that each row took.
        kept: (images,), the row of each image's best start.
        step: Number of steps done.
    """

    latents: list[Tensor]
    maps: list[list[Tensor]]
    optimizer: torch.optim.Adam
    draw: torch.Generator
    clock: NDArray[np.int64]
    losses: NDArray[np.float32]
    measured: list[list[float]]
    settled: NDArray[np.bool_]
    seconds: NDArray[np.float64]
    kept: NDArray[np.int64]
    step: int = 0

    def content(self) -> dict[str, Any]:
        """Return all of it as tensors, numbers and lists, for a checkpoint."""
        return {
            "latents": [latent.detach() for latent in self.latents],
            "maps": [[each.detach() for each in own] for own in self.maps],
            "optimizer": self.optimizer.state_dict(),
            "draw": self.draw.get_state(),
            "losses": torch.from_numpy(self.losses),
            "measured": self.measured,
            "step": self.step,
            **{name: getattr(self, name).tolist() for name in _COUNTED},
        }

    def restore(self, content: Mapping[str, Any]) -> None:
        """Put a new state of the same images where another one stood.

        Args:
            content: What `content` returned of that one.
        """
        with torch.no_grad():
            for latent, own, old, theirs in zip(
                self.latents, self.maps, content["latents"], content["maps"], strict=True
            ):
                for tensor, value in zip((latent, *own), (old, *theirs), strict=True):
                    tensor.copy_(value)
        self.optimizer.load_state_dict(content["optimizer"])
        self.draw.set_state(content["draw"])
        self.losses[:] = content["losses"].numpy()
        self.measured, self.step = content["measured"], content["step"]
        for name in _COUNTED:
            getattr(self, name)[:] = content[name]


@dataclass(frozen=True)
class Found:
    """The latents that a search of n images ended at.

    Attributes:
        latents: (n, ...).
        maps: Each layer's noise maps, (n, 1, r, r); empty unless they were optimised.
        losses: (n, steps), as in `Inversion`.
        settled: (n,), whether the loss had settled before the steps ran out.
        seconds: (n,), as in `Inversion`.
    """

    latents: Tensor
    maps: list[Tensor]
    losses: Tensor
    settled: Tensor
    seconds: Tensor
