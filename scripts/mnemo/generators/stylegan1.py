"""StyleGAN1, the style-based generator of Karras et al. 2019.

Section and figure numbers refer to that paper. Details that it leaves open follow NVIDIA's
implementation (NVlabs/stylegan, training/networks_stylegan.py), with the settings of all published
weights.

The names of the tensors are analogous to StyleGAN2's:

    mapping.w_avg                                   (w_dim,)
    mapping.fc{i}.{weight,bias}                     (out, in), (out,)
    synthesis.b4.input.const                        (channels, 4, 4)
    synthesis.b{r}.conv{0,1}.weight                 (out, in, 3, 3); there is no conv0 at 4 px
    synthesis.b{r}.{input,conv0,conv1}.bias         (channels,)
                              .noise_const          (r, r)
                              .noise_strength       (channels,)
                              .affine.{weight,bias} (2 * channels, w_dim), (2 * channels,)
    synthesis.torgb.{weight,bias}                   (3, channels, 1, 1), (3,)

Weights are stored as trained, before scaling by the equalized learning rate.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mnemo import devices
from mnemo.generators import styled
from mnemo.generators.assembly import assemble
from mnemo.generators.mapping import SLOPE, Linear, MappingNetwork
from mnemo.generators.styled import Styled
from mnemo.generators.stylegan1_layouts import LAYOUTS

__all__ = ["LAYOUTS", "StyleGAN1", "build"]

EPSILON = 1e-8  # for instance normalisation
#: The mapping network's learning rate, as a fraction of the synthesis network's.
MAPPING_RATE = 0.01
#: Resolution from which NVIDIA's convolutions double the resolution themselves.
FUSED_FROM = 128
#: Number of rows of the activations squared at once.
BAND = 64


def build(settings: Mapping[str, Any], tensors: Mapping[str, Tensor], source: str) -> Styled:
    """Build a StyleGAN1.

    Args:
        settings: The arguments of `StyleGAN1`.
        tensors: Its tensors, by the names above.
        source: The file that they come from, for error messages.

    Returns:
        The generator, on the best device of this machine.

    Raises:
        MnemoError: A setting or tensor is missing or unexpected, or a tensor has another shape.
    """
    network = assemble(StyleGAN1, settings, tensors, source)
    network.prepare()
    if "mapping.w_avg" not in tensors:
        styled.estimate_w_avg(network, source)
    network.to(memory_format=torch.channels_last).to(devices.best())
    return Styled(network.eval().requires_grad_(False), "StyleGAN1")


class StyleGAN1(nn.Module):
    """The mapping and the synthesis network (figure 1b), with the interface `styled.Network`."""

    def __init__(self, mapping: Sequence[int], channels: Sequence[int], noise: bool, w_avg: bool):
        """Create the network, whose weights are loaded later; then call `prepare`.

        Args:
            mapping: Dimensions of z, of each hidden layer of the mapping network and of w.
            channels: Channels of the activations at 4, 8, 16, ... pixels.
            noise: Whether the weights include noise maps.
            w_avg: Whether the weights include a mean w.
        """
        super().__init__()
        self.z_dim = mapping[0]
        self.w_dim = mapping[-1]
        self.layers = 2 * len(channels)
        self.resolution = 4 << (len(channels) - 1)
        self.noise = noise
        self.noise_resolutions: Sequence[int] = [4 << (layer // 2) for layer in range(self.layers)]
        # Four copies of the largest activations, in float32.
        self.image_bytes = 4 * 4 * max(width << 2 * i for i, width in enumerate(channels, 2))
        self.mapping = MappingNetwork(mapping, MAPPING_RATE, w_avg)
        self.synthesis = SynthesisNetwork(channels, self.w_dim, noise)

    def prepare(self) -> None:
        """Convert the loaded weights to those used in inference; call this once."""
        for module in self.modules():
            if isinstance(module, Linear | Convolution | ToRGB):
                module.prepare()


class SynthesisNetwork(nn.Module):
    """The synthesis network g, from one w per layer to an image (section 2, figure 1b)."""

    def __init__(self, channels: Sequence[int], w_dim: int, noise: bool):
        super().__init__()
        inputs = channels[0]
        for number, outputs in enumerate(channels):
            resolution = 4 << number
            sizes = (outputs, resolution, w_dim, noise)
            block = nn.ModuleDict(
                {"conv0": Convolution(inputs, *sizes, doubles=True)}
                if number
                else {"input": Constant(*sizes)}
            )
            block["conv1"] = Convolution(outputs, *sizes)
            self.add_module(f"b{resolution}", block)
            inputs = outputs
        self.torgb = ToRGB(inputs)

    def forward(self, ws: Tensor, noise: Sequence[Tensor] | None) -> Tensor:
        """Compute images, as described for `styled.Network.synthesis`."""
        blocks = [block for block in self.children() if isinstance(block, nn.ModuleDict)]
        layers = [layer for block in blocks for layer in block.values()]
        x = ws  # The first layer is a constant and ignores its input.
        for number, layer in enumerate(layers):
            x = layer(x, ws[:, number], None if noise is None else noise[number])
        return self.torgb(x)  # type: ignore[no-any-return]


class Layer(nn.Module):
    """The end of a layer: noise, leaky ReLU and adaptive instance normalisation (equation 1)."""

    noise_const: Tensor

    def __init__(self, channels: int, resolution: int, w_dim: int, noise: bool):
        super().__init__()
        self.bias = nn.Parameter(torch.empty(channels))
        maps = torch.empty(resolution, resolution) if noise else None
        self.register_buffer("noise_const", maps)
        self.noise_strength = nn.Parameter(torch.empty(channels))
        self.affine = Linear(w_dim, 2 * channels)

    def finish(self, x: Tensor, w: Tensor, noise: Tensor | None) -> Tensor:
        """Compute the layer's activations: in place in inference, else with a gradient.

        Args:
            x: (n, channels, r, r), the layer's result including its bias.
            w: (n, w_dim).
            noise: (n or 1, 1, r, r); None for the map that came with the weights.

        Returns:
            (n, channels, r, r); in inference, x itself.
        """
        out = x if torch.is_inference_mode_enabled() else None
        noise = self.noise_const if noise is None else noise  # noise_const is (r, r)
        x = torch.addcmul(x, noise, self.noise_strength.view(-1, 1, 1), out=out)
        x = F.leaky_relu(x, SLOPE, inplace=out is not None)
        # Two passes, as in NVIDIA's code, because the difference of two moments would lose digits.
        # The second pass works in bands, because allocating memory for all squares at once would
        # take longer than computing them.
        x = torch.sub(x, x.mean(dim=(2, 3), keepdim=True), out=out)
        bands = [
            band.square().sum(dim=(2, 3), keepdim=True) for band in torch.split(x, BAND, dim=2)
        ]
        variance = torch.stack(bands).sum(dim=0) / (x.shape[2] * x.shape[3])
        scale, shift = self.affine(w)[:, :, None, None].chunk(2, dim=1)
        x = torch.mul(x, (scale + 1) * torch.rsqrt(variance + EPSILON), out=out)
        return torch.add(x, shift, out=out)


class Constant(Layer):
    """The learned constant that replaces the input (section 2.1, configuration D)."""

    def __init__(self, channels: int, resolution: int, w_dim: int, noise: bool):
        super().__init__(channels, resolution, w_dim, noise)
        self.const = nn.Parameter(torch.empty(channels, resolution, resolution))

    def forward(self, _: Tensor, w: Tensor, noise: Tensor | None) -> Tensor:
        """Return the constant's activations for each w (n, w_dim): (n, channels, 4, 4)."""
        x = (self.const + self.bias.view(-1, 1, 1)).repeat(len(w), 1, 1, 1)
        return self.finish(x.contiguous(memory_format=torch.channels_last), w, noise)


class Convolution(Layer):
    """A 3x3 convolution, which may double the resolution and then blur."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        resolution: int,
        w_dim: int,
        noise: bool,
        doubles: bool = False,
    ):
        super().__init__(outputs, resolution, w_dim, noise)
        self.weight = nn.Parameter(torch.empty(outputs, inputs, 3, 3))
        self.scale = math.sqrt(2 / (9 * inputs))
        self.doubles = doubles
        self.fused = resolution >= FUSED_FROM

    @torch.no_grad()
    def prepare(self) -> None:
        """Scale the weight, and fold the doubling of the resolution into it.

        Copying each pixel to a block of 2x2 and then convolving is equivalent to a transposed
        convolution with the sum of the 3x3 kernel shifted to four positions: a 4x4 kernel, with 16
        instead of 36 multiplications per input pixel. A transposed convolution mirrors its kernel.
        NVIDIA's fused layers use that mirrored kernel; for the other layers, the kernel is mirrored
        beforehand.
        """
        weight = self.weight * self.scale
        if self.doubles:
            weight = F.pad(weight if self.fused else weight.flip(2, 3), (1, 1, 1, 1))
            shifted = [weight[:, :, y : y + 4, x : x + 4] for y in (0, 1) for x in (0, 1)]
            weight = torch.stack(shifted).sum(dim=0).transpose(0, 1)
            tent = torch.tensor([1.0, 2.0, 1.0]) / 4
            blur = torch.outer(tent, tent).repeat(weight.shape[1], 1, 1, 1)
            self.blur = nn.Buffer(blur, persistent=False)
        self.weight = nn.Parameter(weight.contiguous())

    def forward(self, x: Tensor, w: Tensor, noise: Tensor | None) -> Tensor:
        """Convolve x (n, inputs, r, r), or (n, inputs, r / 2, r / 2) if this layer doubles.

        Returns:
            (n, outputs, r, r).
        """
        if self.doubles:
            x = F.conv_transpose2d(x, self.weight, stride=2, padding=1)
            x = F.conv2d(x, self.blur, self.bias, padding=1, groups=x.shape[1])
        else:
            x = F.conv2d(x, self.weight, self.bias, padding=1)
        return self.finish(x, w, noise)


class ToRGB(nn.Module):
    """The 1x1 convolution to red, green and blue."""

    def __init__(self, inputs: int):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(3, inputs, 1, 1))
        self.bias = nn.Parameter(torch.empty(3))
        self.scale = 1 / math.sqrt(inputs)

    @torch.no_grad()
    def prepare(self) -> None:
        """Scale the weight."""
        self.weight.mul_(self.scale)

    def forward(self, x: Tensor) -> Tensor:
        """Map x (n, inputs, r, r) to (n, 3, r, r)."""
        return F.conv2d(x, self.weight, self.bias)
