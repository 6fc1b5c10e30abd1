"""A generator and an assessor that are linear, of which all is known."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

DIM, PIXELS = 12, 4


@dataclass
class Linear:
    """A generator whose images are linear in z, or by class in z and the class."""

    z_dim: int = DIM
    resolution: int = PIXELS
    device: str = "cpu"
    network: nn.Linear = field(default_factory=lambda: _linear(DIM, 3 * PIXELS**2))

    def sample(self, seeds: Sequence[int], psi: float = 1.0) -> NDArray[np.float32]:
        drawn = [np.random.RandomState(seed).randn(self.z_dim) for seed in seeds]
        return (psi * np.stack(drawn)).astype(np.float32)

    def differentiable(self, latents: Tensor) -> Tensor:
        return self.network(latents).view(-1, 3, PIXELS, PIXELS)  # type: ignore[no-any-return]


@dataclass
class Classed(Linear):
    """One that has a map of its own for each class."""

    classes: int = 3

    def __post_init__(self) -> None:
        self.tables = torch.randn(
            self.classes, DIM, DIM, generator=torch.Generator().manual_seed(1)
        )

    def render(self, latents: Any, *, classes: Any, psi: float = 1.0) -> Any:
        raise NotImplementedError

    def differentiable(  # type: ignore[override]
        self, latents: Tensor, *, classes: Sequence[int], psi: float = 1.0
    ) -> Tensor:
        turned = torch.einsum("nd,nde->ne", latents, self.tables[list(classes)].to(latents))
        return super().differentiable(turned)


@dataclass
class LinearScorer:
    """An assessor that is linear in the pixels, with a factor that tests may change."""

    weights: Tensor = field(
        default_factory=lambda: torch.randn(
            3, PIXELS, PIXELS, generator=torch.Generator().manual_seed(2)
        )
    )
    factor: float = 0.1
    calls: list[int] = field(default_factory=list)

    def score(self, images: Any) -> Any:
        raise NotImplementedError

    def differentiable(self, images: Tensor, clipped: bool = True) -> Tensor:
        self.calls.append(len(images))
        scores = self.factor * torch.einsum("nchw,chw->n", images, self.weights.to(images))
        return scores.clamp(0, 1) if clipped else scores


def _linear(inputs: int, outputs: int) -> nn.Linear:
    made = nn.Linear(inputs, outputs).requires_grad_(False)
    draw = torch.Generator().manual_seed(0)
    for tensor in made.parameters():
        tensor.copy_(torch.randn(tensor.shape, generator=draw) / inputs**0.5)
    return made


#: Settings with which a direction is learned in a second.
FEW = {"steps": 300, "rate": 0.05, "patience": 0, "restarts": 1, "every": 100, "held_out": 16}
