"""DINOv2's features of whole images, for a Fréchet distance that follows people's judgement better.

Oquab et al., "DINOv2: Learning Robust Visual Features without Supervision", TMLR 2024. Stein et al.
(NeurIPS 2023) find that distances on its features agree better with people's judgement of realism
than those on Inception's, and publish them with the program dgm-eval. Network and preprocessing are
theirs: ViT-L/14, whose feature is the class token after the last layer norm, of 224 x 224 pixels,
resized bicubically by Pillow without keeping the aspect ratio, less ImageNet's mean.
"""

import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torchvision import transforms

from mnemo import checkpoints, networks
from mnemo.errors import MnemoError

#: Number of features of ViT-L/14.
WIDTH = 1024

_SIZE = 224
_HEAD = 64
# The publisher adds this to the number of positions when it computes the factor by which position
# embeddings are interpolated, against rounding.
_OFFSET = 0.1
prepare = transforms.Compose(
    [
        transforms.ToPILImage(),
        transforms.Resize((_SIZE, _SIZE), transforms.InterpolationMode.BICUBIC),
        transforms.ToTensor(),
        transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ]
)


class _PatchEmbedding(nn.Module):
    def __init__(self, width: int, patch: int):
        super().__init__()
        self.proj = nn.Conv2d(3, width, patch, patch)

    def forward(self, images: Tensor) -> Tensor:
        projected: Tensor = self.proj(images)
        return projected.flatten(2).transpose(1, 2)


class _Attention(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        heads = self.qkv(tokens).unflatten(-1, (3, -1, _HEAD)).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(*heads)
        projected: Tensor = self.proj(mixed.transpose(1, 2).flatten(2))
        return projected


class _Perceptron(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        projected: Tensor = self.fc2(functional.gelu(self.fc1(tokens)))
        return projected


class _Scale(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, tokens: Tensor) -> Tensor:
        return tokens * self.gamma


class _Block(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = _Attention(width)
        self.ls1 = _Scale(width)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = _Perceptron(width)
        self.ls2 = _Scale(width)

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens + self.ls1(self.attn(self.norm1(tokens)))
        return tokens + self.ls2(self.mlp(self.norm2(tokens)))  # type: ignore[no-any-return]


class VisionTransformer(nn.Module):
    """DINOv2's vision transformer, with the names of its publisher's tensors.

    Args:
        width: Number of features of a token, a multiple of 64.
        depth: Number of blocks.
        patch: Side of a patch in pixels.
    """

    def __init__(self, width: int, depth: int, patch: int):
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + (_SIZE // patch) ** 2, width))
        self.patch_embed = _PatchEmbedding(width, patch)
        self.blocks = nn.Sequential(*(_Block(width) for _ in range(depth)))
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, images: Tensor) -> Tensor:
        """Compute the features of images.

        Args:
            images: (n, 3, 224, 224), normalised.

        Returns:
            (n, width).
        """
        first = self.cls_token.expand(len(images), -1, -1)
        tokens = torch.cat([first, self.patch_embed(images)], dim=1) + self.pos_embed
        return self.norm(self.blocks(tokens)[:, 0])  # type: ignore[no-any-return]


class Extractor:
    """An extractor of DINOv2's features.

    Args:
        network: The network, ready for inference.
        width: Number of features.
    """

    def __init__(self, network: nn.Module, width: int):
        self._network = network
        self._width = width

    def extract(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Extract the features of images.

        Args:
            images: Each (height, width, 3), RGB; their sizes may differ.

        Returns:
            (n, features).
        """
        return networks.apply(self._network, images, prepare, "DINOv2", (self._width,))


def load(path: Path, width: int = WIDTH) -> Extractor:
    """Load the extractor.

    Args:
        path: The publisher's `dinov2_vitl14_pretrain.pth`.
        width: Number of features of the network in the file.

    Returns:
        The extractor, on the best device.

    Raises:
        MnemoError: The file is missing or damaged, or holds another network.
    """
    state = checkpoints.tensors(path)
    depth = sum(bool(re.fullmatch(r"blocks\.\d+\.norm1\.weight", name)) for name in state)
    needed = (state.get(name) for name in ("pos_embed", "patch_embed.proj.weight"))
    match [tuple(tensor.shape) for tensor in needed if tensor is not None]:
        case [(1, count, found), (_, 3, patch, _)] if found == width and _is_square(count - 1):
            network = networks.unfilled(lambda: VisionTransformer(width, depth, patch))
            placed = {**state, "pos_embed": positions(state["pos_embed"], _SIZE // patch)}
            # The mask token takes the place of hidden patches, in training alone.
            checkpoints.fill(network, placed, path, ["mask_token"])
            return Extractor(networks.ready(network), width)
    raise MnemoError(f"{path} holds another network than DINOv2 with {width} features")


def positions(embedding: Tensor, side: int) -> Tensor:
    """Interpolate position embeddings to images of another size, as the publisher does.

    Args:
        embedding: (1, 1 + k², width): that of the class token, and those of patches by row.
        side: Patches in a row of the images.

    Returns:
        (1, 1 + side², width).
    """
    first, others = embedding[:, :1], embedding[:, 1:]
    before = math.isqrt(others.shape[1])
    if before == side:
        return embedding
    grid = others.reshape(1, before, before, -1).permute(0, 3, 1, 2)
    scale = (side + _OFFSET) / before
    resized = functional.interpolate(grid, scale_factor=(scale, scale), mode="bicubic")
    return torch.cat([first, resized.flatten(2).transpose(1, 2)], dim=1)


def _is_square(count: int) -> bool:
    return math.isqrt(count) ** 2 == count
