"""ResNet-152's pooled features, from ResMem's weights file.

ResMem contains an ImageNet ResNet-152 whose filters its training left unchanged: it still
distinguishes cats from espressos. Its batch norms, however, kept updating their averages while
ResMem was trained (52,500 batches of RGB from 0 to 1, without subtracting a mean), so it expects
that input: with the usual ImageNet normalisation, it classifies photographs of all kinds as
stopwatches, bubbles and water bottles. Distances on these features can be compared within Mnemo,
but not with published numbers.
"""

from pathlib import Path

from cleanfid.resize import make_resizer
from torch import Tensor, nn
from torchvision.models import resnet152

from mnemo import checkpoints, networks
from mnemo.features.extractor import NetworkExtractor

#: Resizes (h, w, 3) from 0 to 255 to (224, 224, 3), float32, as clean-fid does.
resize = make_resizer("PIL", False, "bicubic", (224, 224))


class PooledResNet152(nn.Module):
    """ResNet-152 without its classification layer.

    This class and `resize` fit clean-fid's arguments `custom_feat_extractor` and
    `custom_fn_resize`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.features = resnet152(weights=None)
        self.features.fc = nn.Identity()

    def forward(self, images: Tensor) -> Tensor:
        """Compute the features of images.

        Args:
            images: (n, 3, 224, 224), RGB from 0 to 255.

        Returns:
            (n, 2048).
        """
        return self.features(images / 255)  # type: ignore[no-any-return]


def load(path: Path) -> NetworkExtractor:
    """Load the extractor.

    Args:
        path: `model.pt` of the package resmem.

    Returns:
        The extractor, on the best device.

    Raises:
        MnemoError: The file is missing or holds another network.
    """
    return NetworkExtractor(networks.ready(backbone(path)), resize, "ResNet-152")


def backbone(path: Path) -> nn.Module:
    """Read the ResNet-152 in ResMem's weights file.

    Args:
        path: `model.pt` of the package resmem.

    Returns:
        The network, on the CPU, with its batch norms not folded.

    Raises:
        MnemoError: The file is missing or holds another network.
    """
    state = checkpoints.tensors(path)
    unused = [name for name in state if name.startswith(("features.fc.", "conv", "fc"))]
    module = networks.unfilled(PooledResNet152)
    checkpoints.fill(module, state, path, unused)
    return module
