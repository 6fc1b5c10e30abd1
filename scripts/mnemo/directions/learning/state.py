"""Where learning a direction stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from mnemo.directions.learning.transformer import Transformer

#: Attributes of a state that a checkpoint holds as they are.
_PLAIN = ("restart", "step", "loss_sum", "since", "worse", "curve", "ended")


@dataclass
class Best:
    """A direction that was kept.

    Attributes:
        thetas: The direction or, by class, directions.
        held_out_loss: Its loss on held-out latents.
        restart: The start that it was found from, from 0.
        step: The step after which it was measured.
    """

    thetas: Tensor
    held_out_loss: float
    restart: int
    step: int


@dataclass
class State:
    """All that changes from step to step.

    Attributes:
        transformer: The direction.
        optimizer: What moves it.
        restart: Number of the start, from 0.
        step: Steps since the start.
        loss_sum: Sum of the steps' losses since the last measurement.
        since: Number of these steps.
        worse: Measurements since the smallest held-out loss of this start.
        curve: A row for each measurement, as in the table `LEARNING` without the direction's name,
            what was chosen, and why a start ended.
        ended: Why each start ended.
        kept: What was kept of this start; None before the first measurement.
        found: What was kept of the starts that ended.
    """

    transformer: Transformer
    optimizer: Optimizer
    restart: int = 0
    step: int = 0
    loss_sum: float = 0.0
    since: int = 0
    worse: int = 0
    curve: list[dict[str, Any]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    kept: Best | None = None
    found: list[Best] = field(default_factory=list)

    def content(self) -> dict[str, Any]:
        """Return all of it as tensors, numbers and lists, for a checkpoint."""
        return {
            "transformer": self.transformer.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "kept": None if self.kept is None else vars(self.kept),
            "found": [vars(each) for each in self.found],
            **{name: getattr(self, name) for name in _PLAIN},
        }

    def restore(self, content: Mapping[str, Any]) -> None:
        """Put a new state where another one stood.

        Args:
            content: What `content` returned of that one.
        """
        self.transformer.load_state_dict(content["transformer"])
        self.optimizer.load_state_dict(content["optimizer"])
        self.kept = None if content["kept"] is None else Best(**content["kept"])
        self.found = [Best(**each) for each in content["found"]]
        for name in _PLAIN:
            setattr(self, name, content[name])
