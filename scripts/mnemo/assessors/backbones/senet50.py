"""SENet50 as trained on VGGFace2: ResNet50 with squeeze-and-excitation in each bottleneck.

Hu et al., "Squeeze-and-excitation networks", 2018; the same two conversions as in `resnet50`.
"""

import re
from typing import Any

from torch import Tensor, nn
from torchvision.ops import SqueezeExcitation

from mnemo.assessors.backbones import Layout, resnet50
from mnemo.assessors.backbones.layouts import Names
from mnemo.assessors.backbones.preparation import VGGFACE2_MEAN
from mnemo.assessors.backbones.recognition import Recognition

WIDTH = resnet50.WIDTH
_REDUCTION = 16


class Bottleneck(resnet50.Bottleneck):
    """A bottleneck whose channels are weighted by what they hold on the whole."""

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        channels = self.conv3.out_channels
        self.se = SqueezeExcitation(channels, channels // _REDUCTION)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, channels before, h, w) to (n, channels, h / stride, w / stride)."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        added: Tensor = self.relu(self.se(self.bn3(self.conv3(x))) + shortcut)
        return added


def backbone(layout: Layout) -> nn.Module:
    """Build the network, with random weights.

    Args:
        layout: Whose it is.

    Returns:
        The network, which maps (n, 3, 224, 224) to (n, 2048).
    """
    return resnet50.FaceResNet(Bottleneck, layout, epsilon={"keras": 1e-4, "caffe": 1e-5}[layout])


def _squeezed(name: str) -> str:
    """Rename VGGFace2-pytorch's two layers of squeeze-and-excitation."""
    return re.sub(r"^(layer\d\.\d)\.conv([45])\.", lambda m: f"{m[1]}.se.fc{int(m[2]) - 3}.", name)


NETWORK = Recognition(
    Names("senet50", dict(resnet50.layers(squeezed=True)), cydonia=_squeezed),
    backbone,
    WIDTH,
    VGGFACE2_MEAN,
)
build, prepare, initial = NETWORK.build, NETWORK.prepare, NETWORK.initial
tensors = NETWORK.tensors
