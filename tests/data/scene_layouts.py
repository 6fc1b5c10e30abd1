"""Make the weights of AMNet and of Mask R-CNN in their published layouts, with random numbers.

AMNet's names and sizes are those of ok1zjf/AMNet (amnet_model.py, whose ResNet is torchvision's),
as PyTorch 0.2 saved them; Mask R-CNN's are torchvision's of 2019, which its later versions
translate (`_load_from_state_dict` of torchvision.ops.feature_pyramid_network and of
torchvision.models.detection's rpn and mask_rcnn).
"""

import math
import re
from pathlib import Path

import torch
from torch import Tensor
from torchvision.models import resnet50
from torchvision.models.detection import maskrcnn_resnet50_fpn

State = dict[str, Tensor]

#: AMNet's layers after its ResNet: outputs and inputs, and whether there is a bias.
_AMNET = {
    "hs1": ((1024, 1024), True),
    "hc1": ((1024, 1024), True),
    "e1": ((1024, 1024), False),
    "eh1": ((196, 1024), True),
    "eh3": ((1, 1024), False),
    "regnet1": ((512, 1024), True),
    "regnet4": ((1, 512), True),
}
#: What torchvision's names of Mask R-CNN's convolutions were in 2019, before each was in a block.
_NAMES_OF_2019 = {
    r"(fpn\.(?:inner|layer)_blocks\.\d)\.0\.": r"\1.",
    r"rpn\.head\.conv\.0\.0\.": "rpn.head.conv.",
    r"mask_head\.0\.0\.": "mask_head.mask_fcn1.",
    r"mask_head\.1\.0\.": "mask_head.mask_fcn2.",
    r"mask_head\.2\.0\.": "mask_head.mask_fcn3.",
    r"mask_head\.3\.0\.": "mask_head.mask_fcn4.",
}


def amnet(seed: int = 0) -> State:
    """Draw AMNet's tensors, all of the ResNet among them."""
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        resnet = _with_random_norms(resnet50(weights=None).state_dict())
        made = {f"core_cnn.core_cnn.{name}": tensor for name, tensor in resnet.items()}
        made["inconv.weight"] = torch.randn(1024, 1024, 1, 1) / 4
        made["inconv.bias"] = torch.randn(1024)
        made |= _norm("bn1", 1024)
        for name, (shape, has_bias) in _AMNET.items():
            made[f"{name}.weight"] = torch.randn(shape) / math.sqrt(shape[1])
            if has_bias:
                made[f"{name}.bias"] = torch.randn(shape[0])
        for part in ("ih", "hh"):
            made[f"rnn.weight_{part}_l0"] = torch.randn(4096, 1024) / 16
            made[f"rnn.bias_{part}_l0"] = torch.randn(4096)
        return made


def write_amnet(path: Path, made: State) -> Path:
    """Write AMNet's file, in the format that torch had before 2020."""
    torch.save({"model": made}, path, _use_new_zipfile_serialization=False)
    return path


def mask_rcnn(seed: int = 0, found: bool = True) -> State:
    """Draw Mask R-CNN's tensors.

    Args:
        seed: Of all values.
        found: Whether it finds objects in all images; it finds none in any otherwise.
    """
    with torch.random.fork_rng([]):
        torch.manual_seed(seed)
        network = maskrcnn_resnet50_fpn(weights=None, weights_backbone=None)
        made = _with_random_norms(network.state_dict())
    for name in made:
        if name.endswith("running_var"):
            # Variances so small that what is added to them would count.
            made[name] *= 1e-4
            made[name.replace("running_var", "weight")] *= 1e-2
    predictor = "roi_heads.box_predictor"
    made[f"{predictor}.cls_score.weight"] *= 3
    made[f"{predictor}.cls_score.bias"][17 if found else 0] += 6
    made[f"{predictor}.bbox_pred.bias"].view(91, 4)[:, 2:] += 5  # wider and higher, e-fold each
    for now, then in _NAMES_OF_2019.items():
        made = {re.sub(now, then, name): tensor for name, tensor in made.items()}
    return made


def _with_random_norms(state: State) -> State:
    """Replace the initial values of batch norms, whose counters the published files lack."""
    norms = [name.removesuffix(".running_var") for name in state if name.endswith("running_var")]
    state = {
        name: tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")
    }
    for norm in norms:
        state |= _norm(norm, len(state[f"{norm}.weight"]))
        if norm.endswith("bn3"):  # the last of a residual block, whose sums would grow
            state[f"{norm}.weight"] *= 0.2
    return state


def _norm(name: str, width: int) -> State:
    return {
        f"{name}.weight": 0.5 + torch.rand(width),
        f"{name}.bias": 0.1 * torch.randn(width),
        f"{name}.running_mean": 0.1 * torch.randn(width),
        f"{name}.running_var": 0.5 + torch.rand(width),
    }
