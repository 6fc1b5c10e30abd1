"""Object size: the share of an image that its main object covers, as in GANalyze (Section 3.2).

GANalyze measures the mask that a pretrained Mask R-CNN gives "of the subject", and says neither
which instance that is nor from which score on it counts. Here it is the instance of the highest
score, if that is above 0.5. GANalyze took maskrcnn-benchmark's network; torchvision's is the same
architecture, trained on the same images (COCO).
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
        network: Maps a list of images, each (3, h, w), RGB from 0 to 1, to a list of dicts, whose
            `masks` are (instances, 1, h, w), from 0 to 1: the main object's or none.
    """

    def __init__(self, network: nn.Module):
        self.network = networks.ready(network)

    def score(self, images: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Score images, each alone.

        Args:
            images: Each (height, width, 3), RGB; they may differ in size.

        Returns:
            (n,), from 0 (no object was found) to 1.
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


def covered(masks: Tensor) -> float:
    """Measure how much of an image its main object covers.

    Args:
        masks: (instances, 1, h, w), each pixel's probability to be the instance's; the instances
            in descending order of their scores.

    Returns:
        The share of pixels that are rather the first instance's than not; 0 without one.
    """
    return (masks[0] > 0.5).float().mean().item() if len(masks) else 0.0


def load(name: str, paths: Sequence[Path], preset: Preset) -> ObjectSizeScorer:
    """Load the measure of object size.

    Args:
        name: Its name in the registry.
        paths: torchvision's `maskrcnn_resnet50_fpn_coco-bf2d0c1e.pth`.
        preset: Makes no difference.

    Returns:
        The assessor.

    Raises:
        MnemoError: The file is missing or holds another network.
    """
    backbone = resnet_fpn_backbone(
        backbone_name="resnet50",
        weights=None,
        # The file's batch norms were frozen in training, with nothing added to their variances:
        # torchvision's `maskrcnn_resnet50_fpn` sees to that for this file alone.
        norm_layer=partial(nn.BatchNorm2d, eps=0.0),
    )
    network = MaskRCNN(backbone, _CATEGORIES, box_score_thresh=0.5, box_detections_per_img=1)
    checkpoints.fill(network, checkpoints.tensors(paths[0]), paths[0])
    return ObjectSizeScorer(network)
