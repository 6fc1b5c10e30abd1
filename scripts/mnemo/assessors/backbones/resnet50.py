"""ResNet50 as trained on VGGFace2: Caffe's, whose 1x1 convolutions hold the strides.

Cao et al., "VGGFace2: A dataset for recognising faces across pose and age", 2018. Torchvision's
ResNet with the differences of rcmalli/keras-vggface (models.py) and cydonia999/VGGFace2-pytorch
(models/resnet.py).
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models import resnet

from mnemo.assessors.backbones import Layout
from mnemo.assessors.backbones.layouts import Names
from mnemo.assessors.backbones.preparation import VGGFACE2_MEAN
from mnemo.assessors.backbones.recognition import Recognition

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


def backbone(layout: Layout) -> nn.Module:
    """Build the network, with random weights.

    Args:
        layout: Whose it is.

    Returns:
        The network, which maps (n, 3, 224, 224) to (n, 2048).
    """
    # keras-vggface leaves Keras's default.
    return FaceResNet(Bottleneck, layout, epsilon={"keras": 1e-3, "caffe": 1e-5}[layout])


def layers(squeezed: bool) -> Iterator[tuple[str, str]]:
    """Pair keras-vggface's name of each layer with torchvision's.

    Args:
        squeezed: Whether each bottleneck ends with squeeze-and-excitation, as SENet50's.

    Yields:
        Both names.
    """
    yield "conv1/7x7_s2", "conv1"
    yield "conv1/7x7_s2/bn", "bn1"
    for stage, depth in enumerate(DEPTHS, start=1):
        for block in range(depth):
            file, own = f"conv{stage + 1}_{block + 1}_1x1", f"layer{stage}.{block}"
            yield f"{file}_reduce", f"{own}.conv1"
            yield f"{file}_reduce/bn", f"{own}.bn1"
            yield f"{file.removesuffix('1x1')}3x3", f"{own}.conv2"
            yield f"{file.removesuffix('1x1')}3x3/bn", f"{own}.bn2"
            yield f"{file}_increase", f"{own}.conv3"
            yield f"{file}_increase/bn", f"{own}.bn3"
            if block == 0:
                yield f"{file}_proj", f"{own}.downsample.0"
                yield f"{file}_proj/bn", f"{own}.downsample.1"
            if squeezed:
                yield f"{file}_down", f"{own}.se.fc1"
                yield f"{file}_up", f"{own}.se.fc2"


NETWORK = Recognition(
    Names("resnet50", dict(layers(squeezed=False)), cydonia=str), backbone, WIDTH, VGGFACE2_MEAN
)
build, prepare, initial = NETWORK.build, NETWORK.prepare, NETWORK.initial
tensors = NETWORK.tensors
