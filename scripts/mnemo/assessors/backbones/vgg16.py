"""VGG16 as trained on VGGFace, up to the logits of its 2622 identities.

Parkhi et al., "Deep face recognition", 2015. Torchvision's VGG16.
"""

from collections.abc import Iterator

from torch import nn
from torchvision.models import vgg16

from mnemo.assessors.backbones import Layout
from mnemo.assessors.backbones.layouts import Flattened, Names
from mnemo.assessors.backbones.preparation import VGGFACE_MEAN
from mnemo.assessors.backbones.recognition import Recognition

WIDTH = 2622


def backbone(layout: Layout) -> nn.Module:
    """Build the network, with random weights.

    Args:
        layout: Makes no difference: nothing of it depends on whose conversion it is.

    Returns:
        The network, which maps (n, 3, 224, 224) to (n, 2622).
    """
    # keras-vggface has no dropout between the dense layers, so FaceMem trained without.
    network: nn.Module = vgg16(weights=None, num_classes=WIDTH, dropout=0.0, init_weights=False)
    return network


def _layers() -> Iterator[tuple[str, str]]:
    """Pair keras-vggface's name of each layer with torchvision's."""
    place = 0
    for block, convolutions in enumerate((2, 2, 3, 3, 3), start=1):
        for convolution in range(1, convolutions + 1):
            yield f"conv{block}_{convolution}", f"features.{place}"
            place += 2  # a ReLU follows
        place += 1  # a max-pool follows
    for dense, place in ((6, 0), (7, 3), (8, 6)):
        yield f"fc{dense}", f"classifier.{place}"


_FIRST_DENSE = Flattened("fc6", "classifier.0.weight", channels=512, side=7)
NETWORK = Recognition(
    Names("vgg16", dict(_layers()), cydonia=None, flattened=_FIRST_DENSE),
    backbone,
    WIDTH,
    VGGFACE_MEAN,
)
build, prepare, initial = NETWORK.build, NETWORK.prepare, NETWORK.initial
tensors = NETWORK.tensors
