"""BigGAN-deep, in Hugging Face's layout (`biggan-deep-{128,256,512}-pytorch_model.bin`).

Brock et al., Large Scale GAN Training for High Fidelity Natural Image Synthesis, ICLR 2019,
appendix B and figure 16. The layout is defined by the package pytorch-pretrained-biggan 0.1.1.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mnemo.errors import MnemoError
from mnemo.generators import conditional
from mnemo.generators.assembly import assemble
from mnemo.generators.conditional import (
    BatchNorm,
    ConditionalBatchNorm,
    ConditionalGenerator,
    SelfAttention,
    State,
)
from mnemo.generators.layouts import Layout, Parts

#: A pixel x from -1 to 1 becomes (x + 1) / 2 * 256, cut to 255 (`utils.convert_to_images`).
LEVELS = 256
#: Ratio of a block's channels to those of its inner convolutions.
REDUCTION = 4
#: Ratio of the channels at 4 px to those at the end.
GROWTH = 16


def build(
    settings: Mapping[str, Any], tensors: Mapping[str, Tensor], source: str
) -> ConditionalGenerator:
    """Build the generator.

    Args:
        settings: Arguments of `Network`.
        tensors: The network's tensors, by its own names.
        source: The file that they come from, for error messages.

    Returns:
        The generator, on the best device.

    Raises:
        MnemoError: A tensor is missing or unexpected, has another shape, or is not finite.
    """
    network = assemble(Network, settings, tensors, source)
    return ConditionalGenerator(
        network,
        z_dim=settings["z_dim"],
        classes=settings["classes"],
        resolution=4 * 2 ** (len(settings["channels"]) // 2),
        levels=LEVELS,
    )


class Network(nn.Module):
    """The generator's network; every second block doubles the resolution."""

    def __init__(
        self,
        z_dim: int,
        classes: int,
        width: int,
        channels: Sequence[tuple[int, int]],
        attention: int,
        bins: int,
    ):
        """Create the network, whose weights are loaded later.

        Args:
            z_dim: Dimensions of a latent, and of a class's embedding.
            classes: Number of classes.
            width: Channels of the last block.
            channels: Input and output channels of each block.
            attention: Index of the block before which self-attention is applied.
            bins: Number of sets of batch-norm statistics, for truncations from 0 to 1.
        """
        super().__init__()
        condition = 2 * z_dim
        self.embedding = nn.Embedding(classes, z_dim)
        self.linear = nn.Linear(condition, 4 * 4 * GROWTH * width)
        self.blocks = nn.ModuleList(
            Block(*both, condition, bins, enlarges=place % 2 == 1)
            for place, both in enumerate(channels)
        )
        self.attention_at = attention
        self.attention = SelfAttention(channels[attention][0])
        self.norm = BatchNorm(width, bins)
        self.to_rgb = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, z: Tensor, classes: Tensor, psi: float) -> Tensor:
        """Compute images.

        Args:
            z: (n, z_dim).
            classes: (n,) indices.
            psi: The truncation, above 0 and at most 1.

        Returns:
            (n, 3, resolution, resolution), from -1 to 1.
        """
        condition = torch.cat([z, self.embedding(classes)], 1)
        x = self.linear(condition).unflatten(1, (4, 4, -1)).permute(0, 3, 1, 2)
        for place, block in enumerate(self.blocks):
            if place == self.attention_at:
                x = self.attention(x)
            x = block(x, condition, psi)
        return self.to_rgb(self.norm(x, psi)).tanh_()  # type: ignore[no-any-return]


class Block(nn.Module):
    """Four bottleneck convolutions in parallel with a shortcut that drops channels (figure 16b)."""

    def __init__(self, channels: int, made: int, condition: int, bins: int, *, enlarges: bool):
        super().__init__()
        inner = channels // REDUCTION
        self.made, self.enlarges = made, enlarges
        self.norms = nn.ModuleList(
            ConditionalBatchNorm(width, condition, bins)
            for width in (channels, inner, inner, inner)
        )
        self.convolutions = nn.ModuleList(
            (
                nn.Conv2d(channels, inner, 1),
                conditional.enlarging_convolution(inner, inner)
                if enlarges
                else nn.Conv2d(inner, inner, 3, padding=1),
                nn.Conv2d(inner, inner, 3, padding=1),
                nn.Conv2d(inner, made, 1),
            )
        )

    def forward(self, x: Tensor, condition: Tensor, psi: float) -> Tensor:
        """Map (n, channels, height, width) to (n, made, ...) of the same or twice the size."""
        shortcut = x[:, : self.made]
        inner = None
        for norm, convolution in zip(self.norms, self.convolutions, strict=True):
            # The shortcut needs the block's input unchanged; intermediate results may be
            # overwritten.
            x = inner = convolution(norm(x, condition, psi, out=inner))
        return conditional.add_enlarged(x, shortcut) if self.enlarges else x.add_(shortcut)


class HuggingFace(State):
    """A state dict of the package."""

    bias = ".bias"

    def normalised(self, name: str) -> Tensor:
        """Remove and return a weight, divided by its spectral norm u.Wv.

        PyTorch's `spectral_norm` does the same in evaluation mode. In training mode, in which the
        package's `from_pretrained` leaves its network, u and v would change with each call.
        """
        weight, matrix = self.take_matrix(f"{name}.weight_orig")
        u = self.take(f"{name}.weight_u", matrix.shape[0])
        v = self.take(f"{name}.weight_v", matrix.shape[1])
        return weight / torch.dot(u, torch.mv(matrix, v))


def _matches(content: Any) -> bool:
    return (
        isinstance(content, dict)
        and {
            "embeddings.weight",
            "generator.gen_z.weight_orig",
            "generator.bn.running_means",
        }
        <= content.keys()
    )


def _parts(content: Mapping[str, Any]) -> Parts:
    """Return the parts of a state dict.

    The package stores the settings in a second file. The shapes determine all of them except which
    blocks enlarge. In each of its three configurations, every second block does, and only such a
    block may have fewer output channels. A state dict that does not fit is refused.
    """
    state = HuggingFace(content)
    z_dim, classes = state.shape("embeddings.weight", 2)
    width = state.shape("generator.conv_to_rgb.weight_orig", 4)[0]
    bins = state.shape("generator.bn.running_means", 2)[0]
    blocks, attention = _layers(state)
    channels = [
        (
            state.shape(f"{block}.conv_0.weight_orig", 4)[1],
            state.shape(f"{block}.conv_3.weight_orig", 4)[0],
        )
        for block in blocks
    ]
    _check(channels, width)

    tensors = {"embedding.weight": state.take("embeddings.weight").T}
    tensors |= state.layer("generator.gen_z", "linear")
    for place, layer in enumerate(blocks):
        for step in range(4):
            norm, ours = f"{layer}.bn_{step}", f"blocks.{place}.norms.{step}"
            tensors |= _statistics(state, norm, ours)
            for name in ("scale", "offset"):
                tensors[f"{ours}.{name}.weight"] = state.normalised(f"{norm}.{name}")
            convolution = f"blocks.{place}.convolutions.{step}"
            tensors |= state.layer(f"{layer}.conv_{step}", convolution)
        if place % 2 == 1:
            name = f"blocks.{place}.convolutions.1.weight"
            tensors[name] = conditional.enlarging_kernel(tensors[name])
    layer = f"generator.layers.{attention}"
    tensors |= state.attention(f"{layer}.snconv1x1_", f"{layer}.gamma")
    tensors |= _statistics(state, "generator.bn", "norm")
    tensors |= {f"norm.{name}": state.take(f"generator.bn.{name}") for name in ("weight", "bias")}
    # The package convolves to `width` channels and keeps the first three as RGB.
    rgb = state.layer("generator.conv_to_rgb", "to_rgb")
    tensors |= {name: tensor[:3] for name, tensor in rgb.items()}
    settings = {
        "z_dim": z_dim,
        "classes": classes,
        "width": width,
        "channels": channels,
        "attention": attention,
        "bins": bins,
    }
    return Parts("biggan-deep", settings, tensors, state.unused())


LAYOUTS = (Layout("Hugging Face's BigGAN-deep", _matches, _parts),)


def _layers(state: State) -> tuple[list[str], int]:
    """Return the blocks' names in the file, and the index of the self-attention among them."""
    blocks: list[str] = []
    attention: list[int] = []
    place = 0
    while True:
        name = f"generator.layers.{place}"
        if f"{name}.conv_0.weight_orig" in state:
            blocks.append(name)
        elif f"{name}.snconv1x1_theta.weight_orig" in state:
            attention.append(place)
        else:
            break
        place += 1
    if len(attention) != 1 or attention[0] == place - 1:
        raise MnemoError(
            f"one layer of self-attention is expected between the {len(blocks)} blocks, but there "
            f"are {len(attention)}, at {attention}"
        )
    return blocks, attention[0]


def _check(channels: Sequence[tuple[int, int]], width: int) -> None:
    """Check that the blocks' channels are consistent with every second block enlarging."""
    ends = [GROWTH * width, *(made for _, made in channels)]
    chained = [taken for taken, _ in channels] == ends[:-1] and ends[-1] == width
    halved = all(
        made == taken or (place % 2 == 1 and taken == 2 * made)
        for place, (taken, made) in enumerate(channels)
    )
    if len(channels) % 2 or not chained or not halved:
        raise MnemoError(
            f"blocks of {channels} channels are not those of a BigGAN-deep of width {width}, whose "
            f"channels go from {GROWTH * width} to {width} and halve only in every second block"
        )


def _statistics(state: State, theirs: str, ours: str) -> dict[str, Tensor]:
    return {
        f"{ours}.means": state.take(f"{theirs}.running_means"),
        f"{ours}.variances": state.take(f"{theirs}.running_vars"),
    }
