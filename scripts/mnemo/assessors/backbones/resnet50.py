"""ResNet50 as trained on VGGFace2: Caffe's, whose 1x1 convolutions hold the strides.

Cao et al., "VGGFace2: A dataset for recognising faces across pose and age", 2018. Torchvision's
ResNet with the differences of rcmalli/keras-vggface (models.py) and cydonia999/VGGFace2-pytorch
(models/resnet.py).
"""

from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models import resnet

from mnemo.assessors.backbones import Layout

WIDTH = 2048
#: Bottlenecks in each stage.
DEPTHS = (3, 4, 6, 3)
# Columns to the left and to the right, rows above and below: at a stride of 2, what TensorFlow
# calls "same" is not symmetric.
_PADDING = {"keras": (2, 3, 2, 3), "caffe": (3, 3, 3, 3)}
# How much of a batch's statistics the running ones take up in training: Keras's default and
# PyTorch's.
_MOMENTUM = {"keras": 0.01, "caffe": 0.1}


class Bottleneck(resnet.Bottleneck):  # type: ignore[misc]
    """Torchvision's bottleneck with the stride in its first convolution."""

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self.conv1.stride, self.conv2.stride = self.conv2.stride, self.conv1.stride


class FaceResNet(resnet.ResNet):  # type: ignore[misc]
    """A ResNet of 50 layers that ends with its pooled features.

    Args:
        bottleneck: What it is made of.
        layout: Whose it is.
        epsilon: What its batch norms add to a variance.
    """

    def __init__(self, bottleneck: type[Bottleneck], layout: Layout, epsilon: float):
        norm = partial(nn.BatchNorm2d, eps=epsilon, momentum=_MOMENTUM[layout])
        super().__init__(bottleneck, list(DEPTHS), norm_layer=norm)
        self.padding = _PADDING[layout]
        self.conv1.padding = (0, 0)
        # Caffe has a last window that reaches beyond the edge, 56 in a row; Keras has 55.
        self.maxpool = nn.MaxPool2d(3, stride=2, ceil_mode=layout == "caffe")
        self.fc = nn.Identity()

    def forward(self, images: Tensor) -> Tensor:
        """Compute features.

        Args:
            images: (n, 3, 224, 224), from `backbones.prepare`.

        Returns:
            (n, 2048).
        """
        return super().forward(F.pad(images, self.padding))  # type: ignore[no-any-return]


def build(layout: Layout) -> nn.Module:
    """Build the network, with random weights.

    Args:
        layout: Whose it is.

    Returns:
        The network, which maps (n, 3, 224, 224) to (n, 2048).
    """
    # keras-vggface leaves Keras's default.
    return FaceResNet(Bottleneck, layout, epsilon={"keras": 1e-3, "caffe": 1e-5}[layout])
