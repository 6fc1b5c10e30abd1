"""AMNet: an image's memorability, predicted in three attention steps (Fajtl et al., CVPR 2018).

Layers, names and constants follow ok1zjf/AMNet (amnet_model.py, amnet.py, config.py). The weights
are the published ones that its README uses for prediction: ResNet-50 with attention and three
steps, trained on LaMem's fifth split.
"""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision import transforms
from torchvision.models import resnet50

from mnemo import checkpoints
from mnemo.assessors import Preset
from mnemo.assessors.network import NetworkScorer

LOGGER = logging.getLogger(__name__)

_STEPS = 3
_PLACES = 14 * 14
_WIDTH = 1024
#: LaMem's mean score and scale, from config.py: the network's output is (score - mean) * scale.
_MEAN = 0.754
_SCALE = 2.0

# The aspect ratio is not kept.
_resize = transforms.Resize((224, 224))
_normalise = transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
prepare = transforms.Compose([transforms.ToPILImage(), _resize, transforms.ToTensor(), _normalise])
tensors = transforms.Compose([_resize, _normalise])


class AMNet(nn.Module):
    """A ResNet-50 up to its third stage, and an LSTM that attends to locations of its features."""

    def __init__(self) -> None:
        super().__init__()
        *stages, _, _, _ = resnet50(weights=None).named_children()
        self.core_cnn = nn.Sequential(OrderedDict(stages))
        self.inconv = nn.Conv2d(1024, _WIDTH, 1)
        self.bn1 = nn.BatchNorm2d(_WIDTH)
        self.hs1 = nn.Linear(_WIDTH, _WIDTH)
        self.hc1 = nn.Linear(_WIDTH, _WIDTH)
        self.e1 = nn.Linear(_WIDTH, _WIDTH, bias=False)
        self.eh1 = nn.Linear(_WIDTH, _PLACES)
        self.eh3 = nn.Linear(_WIDTH, 1, bias=False)
        # A single-step cell is used because cuDNN's LSTM has gradients only in training mode.
        self.rnn = nn.LSTMCell(_WIDTH, _WIDTH)
        self.regnet1 = nn.Linear(_WIDTH, 512)
        self.regnet4 = nn.Linear(512, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Score images (Fajtl et al., Section 3).

        Args:
            images: (n, 3, 224, 224), RGB, normalised as for ImageNet.

        Returns:
            (n,), the mean over the steps, on LaMem's scale, without bounds.
        """
        features = F.relu(self.bn1(self.inconv(self.core_cnn(images)))).flatten(2)
        places = features.transpose(1, 2)  # (n, 196, 1024)
        mean = places.mean(dim=1)
        hidden, cell = torch.tanh(self.hs1(mean)), torch.tanh(self.hc1(mean))
        seen = F.relu(self.e1(places))
        outputs = []
        for _ in range(_STEPS):
            # The state adds the same number to all features of a location.
            energies = self.eh3(F.relu(seen + self.eh1(hidden)[:, :, None]))
            attended = (features @ energies.softmax(dim=1)).squeeze(2)
            hidden, cell = self.rnn(attended, (hidden, cell))
            outputs.append(self.regnet4(F.relu(self.regnet1(hidden))))
        return torch.cat(outputs, dim=1).mean(dim=1) / _SCALE + _MEAN


def load(name: str, paths: Sequence[Path], preset: Preset) -> NetworkScorer:
    """Load AMNet.

    Args:
        name: Its name in the registry.
        paths: `lamem_ResNet50FC_lstm3_train_5/weights_35.pkl` of the published archive
            `lamem_ResNet50FC_lstm3.zip`, or another split's.
        preset: Has no effect.

    Returns:
        The assessor.

    Raises:
        MnemoError: The file is missing or holds another network.
    """
    network = AMNet()
    state = {
        theirs.removeprefix("core_cnn.").removesuffix("_l0"): tensor
        for theirs, tensor in checkpoints.tensors(paths[0], "model").items()
    }
    checkpoints.fill(network, state, paths[0], _unread(network, state, paths[0]))
    return NetworkScorer(network, prepare, "AMNet", tensors)


def _unread(network: AMNet, state: dict[str, Tensor], path: Path) -> list[str]:
    """Return the names of the tensors in AMNet's file that AMNet's own code does not read.

    These are the end of the ResNet, and layers that the code does not have: the published files
    contain more than the code reads.
    """
    known = dict(network.named_children())
    unknown = [name for name in state if name.split(".")[0] not in known]
    if unknown:
        LOGGER.warning(
            "%s holds tensors that AMNet's code does not read: %s", path, ", ".join(unknown)
        )
    return [
        name for name in state if name.startswith(("core_cnn.layer4.", "core_cnn.fc."))
    ] + unknown
