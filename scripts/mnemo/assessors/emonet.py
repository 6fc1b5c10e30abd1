"""EmoNet: an image's emotional valence, predicted by the second paper's network.

It follows pytorch/assessors/emonet.py of LoreGoetschalckx/GANalyze.
"""

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor, nn
from torchvision import transforms
from torchvision.models import resnet50

from mnemo import checkpoints
from mnemo.assessors import Preset
from mnemo.assessors.crops import MeanOverCrops, corners_and_centre
from mnemo.assessors.network import NetworkScorer

_EDGE = 256
_SIZE = 224
#: First row and column of the centre crop; GANalyze's is one pixel further down and to the right.
_CENTRES: dict[Preset, int] = {"corrected": 16, "faithful": 17}

# GANalyze's images all have 256 pixels, and it does not resize them.
_resize = transforms.Resize((_EDGE, _EDGE))
_normalise = transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])
prepare = transforms.Compose([transforms.ToPILImage(), _resize, transforms.ToTensor(), _normalise])
tensors = transforms.Compose([_resize, _normalise])


def load(name: str, paths: Sequence[Path], preset: Preset) -> NetworkScorer:
    """Load EmoNet.

    Args:
        name: Its name in the registry.
        paths: GANalyze's `EmoNet_valence_moments_resnet50_5_best.pth.tar`.
        preset: Determines the position of the centre crop.

    Returns:
        The assessor.

    Raises:
        MnemoError: The file is missing or holds another network.
    """
    resnet = resnet50(weights=None, num_classes=1)
    checkpoints.fill(resnet, _state(paths[0]), paths[0])
    starts = corners_and_centre(_EDGE, _SIZE, _CENTRES[preset])
    scores = nn.Sequential(resnet, nn.Flatten(0))
    network = MeanOverCrops(scores, _SIZE, starts, mirrored=True)
    return NetworkScorer(network, prepare, "EmoNet", tensors)


def _state(path: Path) -> dict[str, Tensor]:
    """Read the weights under torchvision's names; the file's names have two wrappers' prefixes."""
    return {
        name.partition(".")[2].removeprefix("model.").replace("last_linear.", "fc."): tensor
        for name, tensor in checkpoints.tensors(path, "state_dict").items()
    }
