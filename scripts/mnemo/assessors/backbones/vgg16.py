"""VGG16 as trained on VGGFace, up to the logits of its 2622 identities.

Parkhi et al., "Deep face recognition", 2015. Torchvision's VGG16.
"""

from torch import nn
from torchvision.models import vgg16

from mnemo.assessors.backbones import Layout

WIDTH = 2622


def build(layout: Layout) -> nn.Module:
    """Build the network, with random weights.

    Args:
        layout: Makes no difference: nothing of it depends on whose conversion it is.

    Returns:
        The network, which maps (n, 3, 224, 224) to (n, 2622).
    """
    # keras-vggface has no dropout between the dense layers, so FaceMem trained without.
    network: nn.Module = vgg16(weights=None, num_classes=WIDTH, dropout=0.0, init_weights=False)
    return network
