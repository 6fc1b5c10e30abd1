"""Object size: the share of an image that its main object covers, as in GANalyze (Section 3.2).

GANalyze measures a pretrained Mask R-CNN's mask "of the subject", but states neither which instance
that is nor which score it needs. Here it is the instance with the highest score, if that is above
0.5. GANalyze used maskrcnn-benchmark's network; torchvision's has the same architecture and was
trained on the same images (COCO).
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
from torchvision.transforms.functional import to_tensor
from tqdm import tqdm

from mnemo import checkpoints, networks
from mnemo.assessors import Preset

#: COCO's category numbers end at 90; 0 is the background.
_CATEGORIES = 91


class ObjectSizeScorer:
    """An assessor that measures the main object of each image.

    Args:
        network: Maps a list of images, each (3, h, w), RGB from 0 to 1, to a list of dicts with
            `masks` (instances, 1, h, w), from 0 to 1, of the main object or of no instance.
    """

    def __init__(self, network: nn.Module):
        self.network = networks.ready(network)

    def score(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Score images one at a time.

        Args:
            images: Each (height, width, 3), RGB; their sizes may differ.

        Returns:
            (n,), from 0 (no object found) to 1.
        """
        device = next(self.network.parameters()).device
        with torch.inference_mode():
            return np.array(
                [
                    covered(
                        self.network([to_tensor(Image.fromarray(image)).to(device)])[0]["masks"]
                    )
                    for image in tqdm(images, desc="Mask R-CNN", unit=" images", mininterval=5)
                ],
                np.float32,
            )

    def differentiable(self, images: Tensor, clipped: bool = True) -> Tensor:
        """Measure softly what `score` measures, with a gradient to the images.

        Args:
            images: (n, 3, height, width), RGB from -1 to 1; what is beyond is cut off.
            clipped: Has no effect.

        Returns:
            (n,), from 0 to 1; each pixel counts by its probability, where `score` counts those
            above 0.5. An image in which no object is found has 0 and no gradient.
        """
        found = self.network(list(((images + 1) / 2).clamp(0, 1)))
        return torch.stack([softly_covered(each["masks"], each["boxes"]) for each in found])


def softly_covered(masks: Tensor, boxes: Tensor) -> Tensor:
    """Compute the share of an image that its main object covers, with a gradient.

    Each pixel counts by its probability. Through the masks alone, no gradient would tell the
    network's box to grow, because the mask is pasted into whole pixels; so it also grows with the
    area of the box.

    Args:
        masks: As for `covered`.
        boxes: (instances, 4), left, top, right and bottom of each instance's box.

    Returns:
        (), from 0 to 1; 0 without a gradient if there is no instance.
    """
    if not len(masks):
        return masks.new_zeros(())
    left, top, right, bottom = boxes[0].unbind()
    area = (right - left) * (bottom - top)
    return masks[0].mean() * area / area.detach()


def covered(masks: Tensor) -> float:
    """Compute the share of an image that its main object covers.

    Args:
        masks: (instances, 1, h, w), the probability that each pixel belongs to the instance, with
            instances in descending order of their scores.

    Returns:
        The share of pixels that belong to the first instance with a probability above 0.5; 0 if
        there is no instance.
    """
    return (masks[0] > 0.5).float().mean().item() if len(masks) else 0.0


def load(name: str, paths: Sequence[Path], preset: Preset) -> ObjectSizeScorer:
    """Load the measure of object size.

    Args:
        name: Its name in the registry.
        paths: torchvision's `maskrcnn_resnet50_fpn_coco-bf2d0c1e.pth`.
        preset: Has no effect.

    Returns:
        The assessor.

    Raises:
        MnemoError: The file is missing or holds another network.
    """
    backbone = resnet_fpn_backbone(
        backbone_name="resnet50",
        weights=None,
        # The file's batch norms were frozen in training, with nothing added to their variances;
        # torchvision's `maskrcnn_resnet50_fpn` makes the same change for this file only.
        norm_layer=partial(nn.BatchNorm2d, eps=0.0),
    )
    network = MaskRCNN(backbone, _CATEGORIES, box_score_thresh=0.5, box_detections_per_img=1)
    checkpoints.fill(network, checkpoints.tensors(paths[0]), paths[0])
    return ObjectSizeScorer(network)
