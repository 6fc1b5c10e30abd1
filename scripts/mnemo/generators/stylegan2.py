"""StyleGAN2 (Karras et al. 2020), configurations e and f: the network, with its weights fixed.

Its tensors have the names of NVIDIA's stylegan2-ada-pytorch. The computation differs from the paper
only in its order, not in its result: a convolution's input and output are scaled for each image
instead of its weights (equations 1 and 3). In inference, convolutions also work in strips of rows
that fit the cache, and write to memory that is used again; outside PyTorch's inference mode they
are plain convolutions, which have a gradient.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mnemo import devices
from mnemo.errors import MnemoError
from mnemo.generators import filters, styled, winograd
from mnemo.generators.assembly import assemble
from mnemo.generators.mapping import SLOPE, Linear, MappingNetwork
from mnemo.generators.styled import Styled
from mnemo.generators.stylegan2_layouts import LAYOUTS

__all__ = ["LAYOUTS", "StyleGAN2", "build"]

GAIN = math.sqrt(2)  # gain of the activations, which preserves their variance
#: Bytes of activations that a convolution computes at once, by device; a CPU's fit its cache.
STRIP = {"cpu": 4 << 20, "cuda": 1 << 60}
#: Columns and rows of zeros around the activations.
FRAME = (1, 1, 1, 1)
#: Channels and resolution from which Winograd's convolutions are faster on a CPU.
WINOGRAD = {"channels": 128, "resolution": 32}


def build(settings: Mapping[str, Any], tensors: Mapping[str, Tensor], source: str) -> Styled:
    """Build the generator.

    Args:
        settings: The arguments of `StyleGAN2`.
        tensors: The network's tensors, by its own names, without missing or unused ones.
        source: The file that they come from, for error messages.

    Returns:
        The generator, on the best device.

    Raises:
        MnemoError: The tensors do not match the network, or its filter is not supported.
    """
    network = assemble(StyleGAN2, settings, tensors, source).to(devices.best()).prepare()
    if "mapping.w_avg" not in tensors:
        styled.estimate_w_avg(network, source)
    return Styled(network, "StyleGAN2")


class StyleGAN2(nn.Module):
    """The mapping and the synthesis network; call `prepare` once their weights are loaded."""

    def __init__(
        self,
        z_dim: int,
        w_dim: int,
        channels: Sequence[int],
        mapping_layers: int = 8,
        mapping_features: int = 512,
        learning_rate_multiplier: float = 0.01,
        resample_filter: Sequence[float] = (1, 3, 3, 1),
        clamp: float | None = None,
        noise: bool = True,
        w_avg: bool = True,
    ):
        """Create the network, whose weights are loaded later.

        Args:
            z_dim: Dimensions of z.
            w_dim: Dimensions of w.
            channels: Channels of the activations at 4, 8, ... pixels.
            mapping_layers: Number of layers of the mapping network.
            mapping_features: Dimensions of its hidden layers.
            learning_rate_multiplier: Factor of the mapping network's weights.
            resample_filter: Low-pass filter of the up-sampling along one axis; four taps.
            clamp: Largest absolute activation; None for no limit.
            noise: Whether the weights include noise maps.
            w_avg: Whether the weights include a mean w.

        Raises:
            MnemoError: The filter does not have four taps.
        """
        super().__init__()
        if len(resample_filter) != 4:
            raise MnemoError(f"StyleGAN2's filter must have four taps, but is {resample_filter}")
        self.z_dim = z_dim
        self.w_dim = w_dim
        self.resolution = 2 << len(channels)
        self.layers = 2 * len(channels)
        widths = [z_dim, *[mapping_features] * (mapping_layers - 1), w_dim]
        # The activation is positively homogeneous, so its gain can move into weights and biases.
        self.mapping = MappingNetwork(widths, float(learning_rate_multiplier), w_avg, GAIN)
        clamp = None if clamp is None else float(clamp)
        taps = [float(tap) for tap in resample_filter]
        self.synthesis = SynthesisNetwork(w_dim, channels, taps, clamp)
        convolutions = [layer for block in self.synthesis.blocks for layer in block.convolutions]
        self.noise_resolutions: Sequence[int] = [layer.resolution for layer in convolutions]
        self.noise = noise
        for layer in convolutions if not noise else ():
            layer.register_buffer("noise_const", None)
        widest = max(width << 2 * block for block, width in enumerate(channels, 2))
        # Input and output of the widest convolution, two intermediate results, and the image.
        self.image_bytes = 4 * (4 * widest + 12 * self.resolution**2)

    def prepare(self) -> "StyleGAN2":
        """Do all work on the weights that does not depend on the image; call this once.

        Returns:
            The same network, changed in place.
        """
        self.eval().requires_grad_(False)
        for module in self.modules():
            if isinstance(module, Linear | Convolution | ToRGB | SynthesisNetwork):
                module.prepare()
        return self


class Convolution(nn.Module):
    """A modulated 3x3 convolution, up-sampling or not, with noise, bias and activation."""

    noise_const: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        w_dim: int,
        resolution: int,
        resample_filter: Sequence[float] | None,
        clamp: float | None,
    ):
        """Create the layer, whose weights are loaded later.

        Args:
            inputs: Channels of its input.
            outputs: Channels of its output.
            w_dim: Dimensions of w.
            resolution: Height and width of its output.
            resample_filter: Low-pass filter along one axis for up-sampling by two; None without
                up-sampling.
            clamp: Largest absolute activation; None for no limit.
        """
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs, 3, 3))
        self.bias = nn.Parameter(torch.empty(outputs))
        self.noise_strength = nn.Parameter(torch.empty(()))
        self.register_buffer("noise_const", torch.empty(resolution, resolution))
        self.affine = Linear(w_dim, inputs)
        self.resolution = resolution
        self.up = resample_filter is not None
        self.resample_filter = resample_filter
        self.clamp = clamp

    def prepare(self) -> None:
        """Arrange the weights for the convolution, and fold GAIN into noise and bias."""
        outputs, inputs = self.weight.shape[:2]
        self.power = nn.Buffer(self.weight.square().sum((2, 3)).T, persistent=False)
        self.strength = GAIN * self.noise_strength.item()
        self.bias.mul_(GAIN)
        self.winograd = (
            not self.up
            and self.weight.device.type == "cpu"
            and min(inputs, outputs) >= WINOGRAD["channels"]
            and self.resolution >= WINOGRAD["resolution"]
        )
        if self.winograd:
            self.kernels = [winograd.kernel(self.weight)]
            return
        parts: list[Tensor] = [self.weight]
        if self.resample_filter is not None:
            kernel = filters.kernel(self.resample_filter, 4).to(self.weight.device)
            self.filter = nn.Buffer(kernel, persistent=False)
            # A transposed convolution of stride 2 computes every other row with the middle tap
            # alone, and the rows between with the outer two; likewise for columns.
            taps = [1], [2, 0]
            parts = [self.weight[:, :, i][..., j] for i in taps for j in taps]
        self.kernels = [part.contiguous(memory_format=torch.channels_last) for part in parts]

    def forward(self, x: Tensor, w: Tensor, noise: Tensor | None, out: Tensor | None) -> Tensor:
        """Convolve (Karras et al. 2020, section 2.2), scaling activations instead of weights.

        Args:
            x: (n, inputs, r + 2, r + 2), framed by zeros; r is half the resolution if the layer
                up-samples, else the resolution.
            w: (n, w_dim).
            noise: (n or 1, 1, resolution, resolution); None for `noise_const`.
            out: (n, outputs, resolution + 2, resolution + 2), which receives the result and a frame
                of zeros; None for new memory and a gradient.

        Returns:
            (n, outputs, resolution + 2, resolution + 2), framed by zeros: `out` unless it is None.
        """
        noise = self.noise_const[None, None] if noise is None else noise
        noise = noise.expand(len(x), -1, -1, -1)
        scale = self.affine(w)
        # The activation is positively homogeneous, so its gain can be applied before it.
        unscale = (GAIN * (scale.square() @ self.power + 1e-8).rsqrt())[:, :, None, None]
        scale = scale[:, :, None, None]
        if out is None:
            y = self._convolve_plainly(x * scale) * unscale + self.strength * noise
            y = F.leaky_relu(y + self.bias[:, None, None], SLOPE)
            return F.pad(y if self.clamp is None else y.clamp(-self.clamp, self.clamp), FRAME)
        for images, rows in self._strips(x):
            y = self._convolve(x[images, :, rows.start : rows.stop + 2] * scale[images])
            first, last = (2 * rows.start, 2 * rows.stop) if self.up else (rows.start, rows.stop)
            y.mul_(unscale[images]).add_(noise[images, :, first:last], alpha=self.strength)
            done = out[images, :, first + 1 : last + 1, 1:-1]
            F.leaky_relu_(torch.add(y, self.bias[:, None, None], out=done), SLOPE)
            if self.clamp is not None:
                done.clamp_(-self.clamp, self.clamp)
        for edge in (out[:, :, 0], out[:, :, -1], out[..., 0], out[..., -1]):
            edge.zero_()
        return out

    def _convolve_plainly(self, x: Tensor) -> Tensor:
        """Convolve x with its frame as `_convolve` does, by operations that have a gradient."""
        if not self.up:
            return F.conv2d(x, self.weight)
        y = F.conv_transpose2d(x, self.weight.transpose(0, 1), stride=2, padding=1)
        return filters.blur(y, self.filter)

    def _convolve(self, x: Tensor) -> Tensor:
        """Convolve a strip with its neighbouring rows and columns; double its size with `up`."""
        if self.winograd:
            return winograd.convolve(x, self.kernels[0])
        if not self.up:
            return F.conv2d(x, self.kernels[0])
        n, _, height, width = x.shape
        y = x.new_empty(n, 2 * height - 1, 2 * width - 1, len(self.weight)).permute(0, 3, 1, 2)
        for number, kernel in enumerate(self.kernels):
            y[:, :, number // 2 :: 2, number % 2 :: 2] = F.conv2d(x, kernel)
        return filters.blur(y, self.filter)

    def _strips(self, x: Tensor) -> Iterator[tuple[slice, slice]]:
        """Yield slices of x: one for all of it, or for some rows of one image at a time."""
        height = x.shape[2] - 2
        row = 4 * self.resolution * len(self.weight) * (2 if self.up else 1)
        # The number of rows is a multiple of the height of Winograd's tiles.
        rows = max(winograd.TILE, STRIP[x.device.type] // row // winograd.TILE * winograd.TILE)
        if rows >= height:
            yield slice(None), slice(0, height)
            return
        for image in range(len(x)):
            for first in range(0, height, rows):
                yield slice(image, image + 1), slice(first, min(first + rows, height))


class ToRGB(nn.Module):
    """A modulated 1x1 convolution to RGB, without demodulation."""

    def __init__(self, inputs: int, w_dim: int, clamp: float | None):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(3, inputs, 1, 1))
        self.bias = nn.Parameter(torch.empty(3))
        self.affine = Linear(w_dim, inputs)
        self.clamp = clamp

    def prepare(self) -> None:
        """Scale the weights; call this once."""
        self.weight.mul_(1 / math.sqrt(self.weight.shape[1]))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """Compute the RGB image (n, 3, height, width) of x (n, inputs, height + 2, width + 2)."""
        n, inputs, height, width = x.shape
        weight = self.affine(w)[:, :, None] * self.weight[:, :, 0, 0].T
        pixels = x.permute(0, 2, 3, 1).reshape(n, height * width, inputs)
        image = torch.bmm(pixels, weight).view(n, height, width, 3).permute(0, 3, 1, 2)
        image = image[:, :, 1:-1, 1:-1] + self.bias[:, None, None]
        return image if self.clamp is None else image.clamp_(-self.clamp, self.clamp)


class Block(nn.Module):
    """The layers of one resolution; the first block starts from a constant."""

    def __init__(
        self,
        inputs: int | None,
        outputs: int,
        w_dim: int,
        resolution: int,
        resample_filter: Sequence[float],
        clamp: float | None,
    ):
        super().__init__()
        self.convolutions: list[Convolution] = []
        if inputs is None:
            self.const = nn.Parameter(torch.empty(outputs, resolution, resolution))
        else:
            self.conv0 = Convolution(inputs, outputs, w_dim, resolution, resample_filter, clamp)
            self.convolutions.append(self.conv0)
        self.conv1 = Convolution(outputs, outputs, w_dim, resolution, None, clamp)
        self.convolutions.append(self.conv1)
        self.torgb = ToRGB(outputs, w_dim, clamp)


class SynthesisNetwork(nn.Module):
    """The synthesis network from w to images, with output skips (Karras et al. 2020, figure 7b)."""

    def __init__(
        self,
        w_dim: int,
        channels: Sequence[int],
        resample_filter: Sequence[float],
        clamp: float | None,
    ):
        super().__init__()
        self.resample_filter = resample_filter
        self.blocks: list[Block] = []
        for number, width in enumerate(channels):
            before = channels[number - 1] if number else None
            block = Block(before, width, w_dim, 4 << number, resample_filter, clamp)
            self.add_module(f"b{4 << number}", block)
            self.blocks.append(block)
        self.memory = [torch.empty(0), torch.empty(0)]

    def prepare(self) -> None:
        """Create the filter of the RGB images."""
        device = self.get_parameter("b4.const").device
        kernel = filters.kernel(self.resample_filter, 4).to(device)
        self.filter = nn.Buffer(kernel, persistent=False)

    def forward(self, ws: Tensor, noise: Sequence[Tensor] | None) -> Tensor:
        """Compute images: in memory that is used again in inference, else with a gradient.

        Args:
            ws: (n, layers, w_dim).
            noise: Each convolution's noise map, (n or 1, 1, r, r); None for `noise_const`.

        Returns:
            (n, 3, resolution, resolution), RGB, from -1 to 1 and slightly beyond.
        """
        layer = 0
        inference = torch.is_inference_mode_enabled()
        x = F.pad(self.get_parameter("b4.const"), FRAME).expand(len(ws), -1, -1, -1)
        rgb = x.new_zeros(len(ws), 3, 2, 2)
        for block in self.blocks:
            for convolution in block.convolutions:
                out = self._framed(layer, len(ws), convolution) if inference else None
                x = convolution(x, ws[:, layer], None if noise is None else noise[layer], out)
                layer += 1
            # `torgb` shares its w with the next block's first convolution.
            rgb = filters.upsample(rgb, self.filter) + block.torgb(x, ws[:, layer])
        return rgb

    def _framed(self, layer: int, n: int, convolution: Convolution) -> Tensor:
        """Return memory for a convolution's output, reusing that of the convolution before last.

        New memory would cost as much time as some convolutions, because the system clears it.
        """
        size, channels = convolution.resolution + 2, len(convolution.weight)
        count = n * size * size * channels
        if self.memory[layer % 2].numel() < count:
            self.memory[layer % 2] = convolution.weight.new_empty(count)
        memory = self.memory[layer % 2][:count]
        return memory.view(n, size, size, channels).permute(0, 3, 1, 2)
