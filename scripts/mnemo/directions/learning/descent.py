"""Adam with one step size for all numbers of a direction."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer


class IsotropicAdam(Optimizer):
    """Adam (Kingma & Ba 2015) whose second moment is a mean over all numbers of a parameter.

    Equation 1 says how far the score must rise, and hardly which of the many directions along which
    it rises to take. Adam's own, which scales each number by its own gradients, drifts towards the
    corners of the space, where all numbers are equally large. From zeros, this one stays among the
    gradients, and so finds the shortest way to the same rise.

    Args:
        parameters: What it moves.
        lr: Learning rate: the root mean square of a step's numbers, while the gradients agree.
        betas: Decay of the mean of the gradients, and of that of their squares.
        eps: Added to the root mean square of the gradients.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ):
        super().__init__(parameters, {"lr": lr, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move all parameters once.

        Args:
            closure: Has no effect.
        """
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._move(parameter, self.state[parameter], group)

    def _move(self, parameter: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        gradient = parameter.grad
        assert gradient is not None
        if not state:
            state["steps"] = 0
            state["mean"] = torch.zeros_like(parameter)
            state["square"] = gradient.new_zeros(())
        state["steps"] += 1
        first, second = group["betas"]
        state["mean"].lerp_(gradient, 1 - first)
        state["square"].lerp_(gradient.square().mean(), 1 - second)
        mean = state["mean"] / (1 - first ** state["steps"])
        square = state["square"] / (1 - second ** state["steps"])
        parameter.sub_(group["lr"] * mean / (square.sqrt() + group["eps"]))
