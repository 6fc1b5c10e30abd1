"""ViTMem: an image's memorability, predicted by a vision transformer (Hagen & Espeseth 2023)."""

from collections.abc import Sequence
from pathlib import Path

from torch import nn
from torchvision import transforms
from torchvision.models import vit_b_16

from mnemo import checkpoints
from mnemo.assessors import Preset
from mnemo.assessors.network import NetworkScorer

# As in the package vitmem 1.0.1: the aspect ratio is not kept, and no mean is subtracted.
placed = transforms.Compose([transforms.Resize((256, 256)), transforms.CenterCrop(224)])
prepare = transforms.Compose([transforms.ToPILImage(), placed, transforms.ToTensor()])

#: Parts of timm's names, which the file has, and torchvision's names for them.
_NAMES = {
    "vit.cls_token": "class_token",
    "vit.pos_embed": "encoder.pos_embedding",
    "vit.patch_embed.proj.": "conv_proj.",
    "vit.blocks.": "encoder.layers.encoder_layer_",
    ".norm1.": ".ln_1.",
    ".norm2.": ".ln_2.",
    ".attn.qkv.weight": ".self_attention.in_proj_weight",
    ".attn.proj.": ".self_attention.out_proj.",
    ".mlp.fc1.": ".mlp.0.",
    ".mlp.fc2.": ".mlp.3.",
    "vit.norm.": "encoder.ln.",
    "vit.head.": "heads.head.",
}


def load(name: str, paths: Sequence[Path], preset: Preset) -> NetworkScorer:
    """Load ViTMem.

    Args:
        name: Its name in the registry.
        paths: `vitmem_base_patch16_224_miil_v1-f580d24a.pth`.
        preset: Has no effect.

    Returns:
        The assessor; its scores are from 0 to 1.

    Raises:
        MnemoError: The file is missing or holds another network.
    """
    network = vit_b_16(weights=None, num_classes=1)
    for block in network.encoder.layers:
        # timm's variant "miil" has no bias for queries, keys and values.
        block.self_attention.in_proj_bias = None
    state = checkpoints.tensors(paths[0])
    checkpoints.fill(network, {_rename(theirs): state[theirs] for theirs in state}, paths[0])
    scores = nn.Sequential(network, nn.Sigmoid(), nn.Flatten(0))
    return NetworkScorer(scores, prepare, "ViTMem", placed)


def _rename(name: str) -> str:
    """Return torchvision's name for timm's name of a tensor; unknown names stay unchanged."""
    for theirs, ours in _NAMES.items():
        name = name.replace(theirs, ours)
    return name
