"""BigGAN, in the layout of GANalyze's PyTorch port (`biggan-{128,256,512}.pth`).

Brock et al., Large Scale GAN Training for High Fidelity Natural Image Synthesis, ICLR 2019,
appendix B and figure 15. The layout is that of `pytorch/generators/biggan.py` in the repository
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
#: Added to a norm before it divides, in the port's power iteration.
NORM_EPSILON = 1e-4
#: The port leaves the last batch norm of its 512 px network, of 7 blocks, at PyTorch's default.
LAST_EPSILON = {7: 1e-5}


def build(
    settings: Mapping[str, Any], tensors: Mapping[str, Tensor], source: str
) -> ConditionalGenerator:
    """Build the generator.

    Args:
        settings: Arguments of `Network`.
        tensors: All its tensors, by its own names.
        source: The file that they come from, for errors.

    Returns:
        The generator, on the best device.

    Raises:
        MnemoError: A tensor is missing, left over, of another shape or not finite.
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
    """The generator's network: each block doubles the resolution and takes its chunk of the latent.

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
        """Lay the network out.

        Args:
            chunk: Numbers of the latent that the first layer and each block take.
            classes: Number of classes.
            embedding: Numbers in a class's embedding.
            channels: Channels that each block takes and makes.
            attention: The block that self-attention comes before.
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
        """Make images.

        Args:
            z: (n, z_dim).
            classes: (n,) indices.
            psi: The truncation, which changes nothing here.

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
    """Two convolutions beside a projection, at twice the input's size (figure 15b).

    The projection is of single pixels, so it comes to the same before the enlargement as after.
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
        """Take (n, channels, height, width) to (n, made, 2 * height, 2 * width)."""
        out = self.convolutions[0](self.norms[0](x, condition, psi))
        out = self.convolutions[1](self.norms[1](out, condition, psi, out=out))
        return conditional.add_enlarged(out, self.shortcut(x))


class GANalyze(State):
    """A state dict of the port's."""

    bias = ".module.bias"

    def normalised(self, name: str) -> Tensor:
        """Divide a weight by its spectral norm as the port estimates it, the same at every call.

        `weight_bar` is not divided yet. Each call makes one power iteration (Miyato et al. 2018,
        algorithm 1) from the `weight_u` in the file, which it leaves as it was.
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
    """Take a state dict apart; the number of blocks tells the resolution, and shapes the rest."""
    state = GANalyze(content)
    embedding, classes = state.shape("linear.weight", 2)
    chunk = state.shape("G_linear.module.weight_bar", 2)[1]
    channels: list[tuple[int, int]] = []
    while (name := f"GBlock.{len(channels)}.conv0.module.weight_bar") in state:
        made, taken = state.shape(name, 4)[:2]
        channels.append((taken, made))
    attended = state.shape("attention.theta.module.weight_bar", 4)[1]
    # In each of the port's three networks, one block takes as many channels as are attended to.
    places = [place for place, (taken, _) in enumerate(channels) if taken == attended]
    if len(places) != 1:
        raise MnemoError(
            f"self-attention over {attended} channels must come before one of the blocks of "
            f"{channels} channels, and {len(places)} take as many"
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
    # The port overwrites v from u before it is read.
    unused = state.unused(".module.weight_v", "num_batches_tracked")
    return Parts("biggan", settings, tensors, unused)


LAYOUTS = (Layout("GANalyze's BigGAN", _matches, _parts),)


def _statistics(state: State, theirs: str, ours: str) -> dict[str, Tensor]:
    """Statistics of a batch norm, as the one set of them."""
    return {
        f"{ours}.means": state.take(f"{theirs}.running_mean")[None],
        f"{ours}.variances": state.take(f"{theirs}.running_var")[None],
    }


def _unit(vector: Tensor) -> Tensor:
    return torch.div(vector, vector.norm() + NORM_EPSILON)
