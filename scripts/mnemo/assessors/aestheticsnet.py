"""AestheticsNet: an image's aesthetic quality, predicted by Kong et al.'s network (ECCV 2016).

It follows the second paper's TensorFlow version (tensorflow/assessors/aestheticsnet.py of
LoreGoetschalckx/GANalyze), which has the weights of the network's authors. Their demo is
demoRatingImages/main_demo4_suggestion.m of aimerykong/deepImageAestheticsAnalysis.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch
from PIL.Image import Resampling
from torch import Tensor, nn
from torch.nn import functional as F

from mnemo import checkpoints
from mnemo.assessors import Preset, tensors
from mnemo.assessors.caffenet import (
    SIZE,
    CaffeNet,
    Pixels,
    less_mean,
    read_mean,
    resized_by_pil,
    resized_by_tensorflow_1,
    tensors_less_mean,
)
from mnemo.assessors.network import NetworkScorer

#: The attributes, in the order of their features in the input of the layer fc10_Merge.
ATTRIBUTES = (
    "BalancingElement",
    "ColorHarmony",
    "Content",
    "DoF",
    "Light",
    "MotionBlur",
    "Object",
    "Repetition",
    "RuleOfThirds",
    "Symmetry",
    "VividColor",
)
#: First row and column of the mean image's centre.
_CENTRE = 14


class AestheticsNet(CaffeNet):
    """Caffe's AlexNet with features of content and of eleven attributes, combined into a score."""

    def __init__(self) -> None:
        super().__init__()
        width = self.fc7.out_features
        self.fc8_new = nn.Linear(width, 512)
        for attribute in ATTRIBUTES:
            self.add_module(f"fc8_{attribute}", nn.Linear(width, 256))
        self.fc10_Merge = nn.Linear(512 + 256 * len(ATTRIBUTES), 128)
        self.fc11_score = nn.Linear(128, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Score images.

        Args:
            images: (n, 3, 227, 227), BGR from 0 to 255, minus the mean image.

        Returns:
            (n,), mostly between 0 and 1.
        """
        features = self.features(images)
        branches = [self.fc8_new, *(getattr(self, f"fc8_{name}") for name in ATTRIBUTES)]
        merged = torch.cat([F.relu(branch(features)) for branch in branches], dim=1)
        scores: Tensor = self.fc11_score(F.relu(self.fc10_Merge(merged)))
        return scores.squeeze(1)


def load(name: str, paths: Sequence[Path], preset: Preset) -> NetworkScorer:
    """Load AestheticsNet.

    Args:
        name: Its name in the registry.
        paths: GANalyze's `aestheticsnet_state_dict.p`, and the mean image as its
            `mean_AADB_regression_warp256_lore.npy`.
        preset: How images are resized.

    Returns:
        The assessor.

    Raises:
        MnemoError: A file is missing or holds something else.
    """
    weights, mean_image = paths
    network = AestheticsNet()
    # These layers compute the attributes' own scores, on which the overall score does not depend.
    unused = [f"fc9_{name}.{kind}" for name in ATTRIBUTES for kind in ("weight", "bias")]
    checkpoints.fill(network, checkpoints.tensors(weights), weights, unused)
    centre = slice(_CENTRE, _CENTRE + SIZE)
    mean = read_mean(mean_image)[:, centre, centre]
    faithful = preset == "faithful"
    prepare = _prepare_as_ganalyze if faithful else _prepare
    resize = tensors.resized_by_tensorflow_1 if faithful else tensors.resized
    batch = partial(tensors_less_mean, resize=resize, mean=mean)
    return NetworkScorer(network, partial(prepare, mean=mean), "AestheticsNet", batch)


def _prepare(image: Pixels, mean: Tensor) -> Tensor:
    # Pillow's bicubic filter equals that of MATLAB's imresize, which the demo calls.
    return less_mean(resized_by_pil(image, SIZE, Resampling.BICUBIC), mean)


def _prepare_as_ganalyze(image: Pixels, mean: Tensor) -> Tensor:
    return less_mean(resized_by_tensorflow_1(image, SIZE), mean)
