"""What networks share whose last layer gives how far a score is from the mean of the targets."""

import torch
from torch import Tensor, nn


class Centred(nn.Module):
    """A network that starts with its scores where the targets are.

    From nothing, it would take most of a training to learn where that is.

    Attributes:
        centre: The score where its last layer gives 0.
        spread: What one unit of that layer is worth.
    """

    centre: Tensor
    spread: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(()))
        self.register_buffer("spread", torch.ones(()))

    def aim(self, targets: Tensor) -> None:
        """Take the centre and the spread from the targets of the images trained on.

        Args:
            targets: (n,).
        """
        self.centre.copy_(targets.mean())
        self.spread.copy_(targets.std())

    def scaled(self, outputs: Tensor) -> Tensor:
        """Bring the outputs of the last layer, (n,), into the unit of the targets, in float32."""
        return self.centre + self.spread * outputs.float()
