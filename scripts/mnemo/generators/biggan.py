"""BigGAN, in the layout of GANalyze's PyTorch port (`biggan-{128,256,512}.pth`).

Brock et al., Large Scale GAN Training for High Fidelity Natural Image Synthesis, ICLR 2019,
appendix B and figure 15. The layout is defined by `pytorch/generators/biggan.py` in the repository
LoreGoetschalckx/GANalyze.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mnemo.errors import MnemoError
from mnemo.generators import conditional
from mnemo.generators.assembly import assemble
from mnemo.generators.conditional import (
    EPSILON,
    BatchNorm,
    ConditionalBatchNorm,
    ConditionalGenerator,
    SelfAttention,
    State,
)
from mnemo.generators.layouts import Layout, Parts

#: A pixel x from -1 to 1 becomes (x + 1) / 2 * 255 (`utils/pytorch.py`, `denorm`).
LEVELS = 255
#: Added to a norm before dividing by it, in the port's power iteration.
NORM_EPSILON = 1e-4
#: In the port's 512 px network, which has 7 blocks, the last batch norm has PyTorch's default.
LAST_EPSILON = {7: 1e-5}


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
    blocks = len(settings["channels"])
    return ConditionalGenerator(
        network,
        z_dim=(blocks + 1) * settings["chunk"],
        classes=settings["classes"],
        resolution=4 * 2**blocks,
        levels=LEVELS,
    )


class Network(nn.Module):
    """The generator's network. Each block doubles the resolution and uses its chunk of the latent.

    Its batch norms have one set of statistics, for a truncation near 1.
    """

    def __init__(
        self,
        chunk: int,
        classes: int,
        embedding: int,
        channels: Sequence[tuple[int, int]],
        attention: int,
    ):
        """Create the network, whose weights are loaded later.

        Args:
            chunk: Dimensions of the latent that the first layer and each block use.
            classes: Number of classes.
            embedding: Dimensions of a class's embedding.
            channels: Input and output channels of each block.
            attention: Index of the block before which self-attention is applied.
        """
        super().__init__()
        self.chunk = chunk
        self.embedding = nn.Embedding(classes, embedding)
        self.linear = nn.Linear(chunk, 4 * 4 * channels[0][0])
        self.blocks = nn.ModuleList(Block(*both, chunk + embedding) for both in channels)
        self.attention_at = attention
        self.attention = SelfAttention(channels[attention][0])
        self.norm = BatchNorm(channels[-1][1], 1, LAST_EPSILON.get(len(channels), EPSILON))
        self.to_rgb = nn.Conv2d(channels[-1][1], 3, 3, padding=1)

    def forward(self, z: Tensor, classes: Tensor, psi: float) -> Tensor:
        """Compute images.

        Args:
            z: (n, z_dim).
            classes: (n,) indices.
            psi: The truncation, which has no effect here.

        Returns:
            (n, 3, resolution, resolution), from -1 to 1.
        """
        first, *chunks = torch.split(z, self.chunk, 1)
        embedding = self.embedding(classes)
        x = self.linear(first).unflatten(1, (4, 4, -1)).permute(0, 3, 1, 2)
        for place, (block, chunk) in enumerate(zip(self.blocks, chunks, strict=True)):
            if place == self.attention_at:
                x = self.attention(x)
            x = block(x, torch.cat([chunk, embedding], 1), psi)
        return self.to_rgb(self.norm(x, psi)).tanh_()  # type: ignore[no-any-return]


class Block(nn.Module):
    """Two convolutions in parallel with a projection, at twice the input's size (figure 15b).

    The projection acts on single pixels, so it can be computed before the enlargement.
    """

    def __init__(self, channels: int, made: int, condition: int):
        super().__init__()
        self.norms = nn.ModuleList(
            ConditionalBatchNorm(width, condition, bins=1) for width in (channels, made)
        )
        self.convolutions = nn.ModuleList(
            (
                conditional.enlarging_convolution(channels, made),
                nn.Conv2d(made, made, 3, padding=1),
            )
        )
        self.shortcut = nn.Conv2d(channels, made, 1)

    def forward(self, x: Tensor, condition: Tensor, psi: float) -> Tensor:
        """Map (n, channels, height, width) to (n, made, 2 * height, 2 * width)."""
        out = self.convolutions[0](self.norms[0](x, condition, psi))
        out = self.convolutions[1](self.norms[1](out, condition, psi, out=out))
        return conditional.add_enlarged(out, self.shortcut(x))


class GANalyze(State):
    """A state dict of the port."""

    bias = ".module.bias"

    def normalised(self, name: str) -> Tensor:
        """Remove and return a weight, divided by its spectral norm as the port estimates it.

        `weight_bar` is not divided yet. As at each call of the port, the norm is estimated by one
        power iteration (Miyato et al. 2018, algorithm 1) from the file's `weight_u`, which stays
        unchanged.
        """
        weight, matrix = self.take_matrix(f"{name}.module.weight_bar")
        v = _unit(matrix.T @ self.take(f"{name}.module.weight_u", matrix.shape[0]))
        u = _unit(matrix @ v)
        return weight / torch.dot(u, matrix @ v)


def _matches(content: Any) -> bool:
    return (
        isinstance(content, dict)
        and {
            "linear.weight",
            "G_linear.module.weight_bar",
            "colorize.module.weight_bar",
        }
        <= content.keys()
    )


def _parts(content: Mapping[str, Any]) -> Parts:
    """Return the parts of a state dict; the number of blocks and the shapes give the settings."""
    state = GANalyze(content)
    embedding, classes = state.shape("linear.weight", 2)
    chunk = state.shape("G_linear.module.weight_bar", 2)[1]
    channels: list[tuple[int, int]] = []
    while (name := f"GBlock.{len(channels)}.conv0.module.weight_bar") in state:
        made, taken = state.shape(name, 4)[:2]
        channels.append((taken, made))
    attended = state.shape("attention.theta.module.weight_bar", 4)[1]
    # In each of the port's three networks, exactly one block has as many input channels as the
    # self-attention.
    places = [place for place, (taken, _) in enumerate(channels) if taken == attended]
    if len(places) != 1:
        raise MnemoError(
            f"self-attention over {attended} channels must come before exactly one block with as "
            f"many input channels, but {len(places)} blocks have as many; the blocks' input and "
            f"output channels are {channels}"
        )

    tensors = {"embedding.weight": state.take("linear.weight").T}
    tensors |= state.layer("G_linear", "linear")
    for place in range(len(channels)):
        theirs, ours = f"GBlock.{place}", f"blocks.{place}"
        for step, norm in enumerate(("HyperBN", "HyperBN_1")):
            tensors |= _statistics(state, f"{theirs}.{norm}.bn", f"{ours}.norms.{step}")
            for embed, name in (("gamma_embed", "scale"), ("beta_embed", "offset")):
                tensors[f"{ours}.norms.{step}.{name}.weight"] = state.normalised(
                    f"{theirs}.{norm}.{embed}"
                )
            tensors |= state.layer(f"{theirs}.conv{step}", f"{ours}.convolutions.{step}")
        enlarging = f"{ours}.convolutions.0.weight"
        tensors[enlarging] = conditional.enlarging_kernel(tensors[enlarging])
        tensors |= state.layer(f"{theirs}.conv_sc", f"{ours}.shortcut")
    tensors |= state.attention("attention.", "attention.gamma")
    tensors |= _statistics(state, "ScaledCrossReplicaBN", "norm")
    tensors |= {
        f"norm.{name}": state.take(f"ScaledCrossReplicaBN.{name}") for name in ("weight", "bias")
    }
    tensors |= state.layer("colorize", "to_rgb")
    settings = {
        "chunk": chunk,
        "classes": classes,
        "embedding": embedding,
        "channels": channels,
        "attention": places[0],
    }
    # The port computes v from u before using it.
    unused = state.unused(".module.weight_v", "num_batches_tracked")
    return Parts("biggan", settings, tensors, unused)


LAYOUTS = (Layout("GANalyze's BigGAN", _matches, _parts),)


def _statistics(state: State, theirs: str, ours: str) -> dict[str, Tensor]:
    """Return the statistics of a batch norm as a single set."""
    return {
        f"{ours}.means": state.take(f"{theirs}.running_mean")[None],
        f"{ours}.variances": state.take(f"{theirs}.running_var")[None],
    }


def _unit(vector: Tensor) -> Tensor:
    return torch.div(vector, vector.norm() + NORM_EPSILON)
