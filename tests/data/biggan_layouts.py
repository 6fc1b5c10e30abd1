"""Writes BigGAN's weights in each published layout, from its description, with random numbers.

A network of the published shape, but as narrow as wanted, has the published names; only the sizes
differ. Usage:

    python tests/data/biggan_layouts.py {ganalyze,hugging-face} 128|256|512 WIDTH FILE [--legacy]
"""

import argparse
from itertools import pairwise
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import normalize

State = dict[str, Tensor]

#: Channels that each block takes, and the last makes, over the width (Brock et al., appendix B).
BIGGAN = {
    128: (16, 16, 8, 4, 2, 1),
    256: (16, 16, 8, 8, 4, 2, 1),
    512: (16, 16, 8, 8, 4, 2, 1, 1),
}
BIGGAN_DEEP = {
    64: (16, 16, 8, 8, 4, 4, 2, 2, 1),
    128: (16, 16, 16, 16, 8, 8, 4, 4, 2, 2, 1),
    256: (16, 16, 16, 16, 8, 8, 8, 8, 4, 4, 2, 2, 1),
    512: (16, 16, 16, 16, 8, 8, 8, 8, 4, 4, 2, 2, 1, 1, 1),
}
#: The block that self-attention comes before.
BIGGAN_ATTENTION = {128: 4, 256: 5, 512: 4}
BIGGAN_DEEP_ATTENTION = {64: 4, 128: 8, 256: 8, 512: 8}


class Writer:
    """Collects tensors under the names of one layout."""

    def __init__(self, seed: int):
        self.state: State = {}
        self._random = torch.Generator().manual_seed(seed)

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self._random)

    def positive(self, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self._random) + 0.5

    def add(self, name: str, tensor: Tensor) -> None:
        self.state[name] = tensor


class GANalyze(Writer):
    """`pytorch/generators/biggan.py` of LoreGoetschalckx/GANalyze."""

    def spectral(self, name: str, *shape: int, bias: bool = True) -> None:
        if bias:
            self.add(f"{name}.module.bias", 0.1 * self.normal(shape[0]))
        self.add(f"{name}.module.weight_u", normalize(self.normal(shape[0]), dim=0))
        # As long as u, since the port never reads it.
        self.add(f"{name}.module.weight_v", normalize(self.normal(shape[0]), dim=0))
        self.add(f"{name}.module.weight_bar", self.normal(*shape))

    def norm(self, name: str, channels: int) -> None:
        self.add(f"{name}.running_mean", self.normal(channels))
        self.add(f"{name}.running_var", self.positive(channels))
        self.add(f"{name}.num_batches_tracked", torch.tensor(7))


def ganalyze(resolution: int, width: int, classes: int = 1000, seed: int = 0) -> State:
    """Make the state dict of a `biggan-{resolution}.pth`; the published width is 96."""
    writer = GANalyze(seed)
    chunk, embedding = (16 if resolution == 512 else 20), 128
    channels = [width * factor for factor in BIGGAN[resolution]]
    writer.add("linear.weight", writer.normal(embedding, classes))
    writer.spectral("G_linear", 4 * 4 * channels[0], chunk)
    for block, (taken, made) in enumerate(pairwise(channels)):
        name = f"GBlock.{block}"
        writer.spectral(f"{name}.conv0", made, taken, 3, 3)
        writer.spectral(f"{name}.conv1", made, made, 3, 3)
        writer.spectral(f"{name}.conv_sc", made, taken, 1, 1)
        for norm, normed in (("HyperBN", taken), ("HyperBN_1", made)):
            writer.norm(f"{name}.{norm}.bn", normed)
            for embed in ("gamma_embed", "beta_embed"):
                writer.spectral(f"{name}.{norm}.{embed}", normed, chunk + embedding, bias=False)
    attended = channels[BIGGAN_ATTENTION[resolution]]
    writer.add("attention.gamma", torch.tensor([0.7]))
    writer.spectral("attention.theta", attended // 8, attended, 1, 1, bias=False)
    writer.spectral("attention.phi", attended // 8, attended, 1, 1, bias=False)
    writer.spectral("attention.g", attended // 2, attended, 1, 1, bias=False)
    writer.spectral("attention.o_conv", attended, attended // 2, 1, 1, bias=False)
    writer.norm("ScaledCrossReplicaBN", width)
    writer.add("ScaledCrossReplicaBN.weight", writer.positive(width))
    writer.add("ScaledCrossReplicaBN.bias", writer.normal(width))
    writer.spectral("colorize", 3, width, 3, 3)
    return writer.state


class HuggingFace(Writer):
    """`pytorch_pretrained_biggan/model.py` of the package pytorch-pretrained-biggan."""

    def spectral(self, name: str, *shape: int, bias: bool = True) -> None:
        if bias:
            self.add(f"{name}.bias", 0.1 * self.normal(shape[0]))
        weight = self.normal(*shape)
        matrix = weight.flatten(1)
        v = normalize(matrix.T @ normalize(self.normal(shape[0]), dim=0), dim=0)
        self.add(f"{name}.weight_orig", weight)
        self.add(f"{name}.weight_u", normalize(matrix @ v, dim=0))
        self.add(f"{name}.weight_v", v)

    def norm(self, name: str, channels: int, bins: int) -> None:
        self.add(f"{name}.running_means", self.normal(bins, channels))
        self.add(f"{name}.running_vars", self.positive(bins, channels))


def hugging_face(
    resolution: int,
    width: int,
    classes: int = 1000,
    seed: int = 0,
    z_dim: int = 128,
    bins: int = 51,
) -> State:
    """Make the state dict of a `biggan-deep-{resolution}-pytorch_model.bin`; the width is 128."""
    writer = HuggingFace(seed)
    channels = [width * factor for factor in BIGGAN_DEEP[resolution]]
    writer.add("embeddings.weight", writer.normal(z_dim, classes))
    writer.spectral("generator.gen_z", 4 * 4 * channels[0], 2 * z_dim)
    position = BIGGAN_DEEP_ATTENTION[resolution]
    for block, (taken, made) in enumerate(pairwise(channels)):
        name = f"generator.layers.{block + (block >= position)}"
        inner = taken // 4
        for step, normed in enumerate((taken, inner, inner, inner)):
            writer.norm(f"{name}.bn_{step}", normed, bins)
            for linear in ("scale", "offset"):
                writer.spectral(f"{name}.bn_{step}.{linear}", normed, 2 * z_dim, bias=False)
        writer.spectral(f"{name}.conv_0", inner, taken, 1, 1)
        writer.spectral(f"{name}.conv_1", inner, inner, 3, 3)
        writer.spectral(f"{name}.conv_2", inner, inner, 3, 3)
        writer.spectral(f"{name}.conv_3", made, inner, 1, 1)
    name, attended = f"generator.layers.{position}", channels[position]
    writer.add(f"{name}.gamma", torch.tensor([0.7]))
    writer.spectral(f"{name}.snconv1x1_theta", attended // 8, attended, 1, 1, bias=False)
    writer.spectral(f"{name}.snconv1x1_phi", attended // 8, attended, 1, 1, bias=False)
    writer.spectral(f"{name}.snconv1x1_g", attended // 2, attended, 1, 1, bias=False)
    writer.spectral(f"{name}.snconv1x1_o_conv", attended, attended // 2, 1, 1, bias=False)
    writer.norm("generator.bn", width, bins)
    writer.add("generator.bn.weight", writer.positive(width))
    writer.add("generator.bn.bias", writer.normal(width))
    writer.spectral("generator.conv_to_rgb", width, width, 3, 3)
    return writer.state


def write(state: State, path: Path, *, legacy: bool = False) -> None:
    """Write a torch file: a zip, or as PyTorch before 1.6 did, when these were published."""
    torch.save(state, path, _use_new_zipfile_serialization=not legacy)


LAYOUTS = {"ganalyze": ganalyze, "hugging-face": hugging_face}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("layout", choices=LAYOUTS)
    parser.add_argument("resolution", type=int)
    parser.add_argument("width", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("--legacy", action="store_true")
    given = parser.parse_args()
    write(LAYOUTS[given.layout](given.resolution, given.width), given.file, legacy=given.legacy)
