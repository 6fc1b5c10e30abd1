"""The mapping network from z to w, and the fully connected layer, of StyleGAN1 and StyleGAN2."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SLOPE = 0.2  # slope of the leaky ReLU, also in the synthesis networks
EPSILON = 1e-8  # for the normalisation of z


class Linear(nn.Module):
    """A fully connected layer with equalized learning rate (Karras et al. 2018, section 4.1)."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        rate: float = 1.0,
        gain: float = 1.0,
        bias_gain: float = 1.0,
    ):
        """Create the layer, whose weights are loaded later; then call `prepare`.

        Args:
            inputs: Dimensions of its input.
            outputs: Dimensions of its output.
            rate: Its learning rate, as a fraction of the other layers'.
            gain: Additional factor of the weight.
            bias_gain: Additional factor of the bias.
        """
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs))
        self.bias = nn.Parameter(torch.empty(outputs))
        self.rate = rate
        self.gain = gain
        self.bias_gain = bias_gain

    @torch.no_grad()
    def prepare(self) -> None:
        """Scale the trained weight and bias to those used in inference; call this once."""
        self.weight.mul_(self.gain * self.rate / math.sqrt(self.weight.shape[1]))
        self.bias.mul_(self.bias_gain * self.rate)

    def forward(self, x: Tensor) -> Tensor:
        """Map x (n, inputs) to (n, outputs)."""
        return F.linear(x, self.weight, self.bias)


class MappingNetwork(nn.Module):
    """Maps z to w, without truncation (Karras et al. 2019, section 2).

    Attributes:
        w_avg: (w_dim,), the mean of w over z.
    """

    w_avg: Tensor

    def __init__(self, widths: Sequence[int], rate: float, w_avg: bool, bias_gain: float = 1.0):
        """Create the network, whose weights are loaded later; then call `prepare` on its layers.

        Args:
            widths: Dimensions of z, of each hidden layer and of w, in this order.
            rate: Its learning rate, as a fraction of the synthesis network's.
            w_avg: Whether the weights include a mean w.
            bias_gain: Additional factor of the biases.
        """
        super().__init__()
        self.register_buffer("w_avg", torch.empty(widths[-1]), persistent=w_avg)
        self.depth = len(widths) - 1
        for number, (inputs, outputs) in enumerate(pairwise(widths)):
            linear = Linear(inputs, outputs, rate, math.sqrt(2), bias_gain)
            self.add_module(f"fc{number}", linear)

    def forward(self, z: Tensor) -> Tensor:
        """Map z (n, z_dim) to w (n, w_dim)."""
        w = z * torch.rsqrt(z.square().mean(dim=1, keepdim=True) + EPSILON)
        for number in range(self.depth):
            w = F.leaky_relu(self.get_submodule(f"fc{number}")(w), SLOPE)
        return w
