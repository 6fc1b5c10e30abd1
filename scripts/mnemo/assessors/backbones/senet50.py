"""SENet50 as trained on VGGFace2: ResNet50 with squeeze-and-excitation in each bottleneck.

Hu et al., "Squeeze-and-excitation networks", 2018; the same two conversions as in `resnet50`.
"""

from typing import Any

from torch import Tensor, nn
from torchvision.ops import SqueezeExcitation

from mnemo.assessors.backbones import Layout, resnet50

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


def build(layout: Layout) -> nn.Module:
    """Build the network, with random weights.

    Args:
        layout: Whose it is.

    Returns:
        The network, which maps (n, 3, 224, 224) to (n, 2048).
    """
    return resnet50.FaceResNet(Bottleneck, layout, epsilon={"keras": 1e-4, "caffe": 1e-5}[layout])
