"""Perceptual distances between images, with a gradient: LPIPS, and one for where it is missing.

Both compare a network's activations after some of its layers, each scaled to unit length at every
place (Zhang et al., The unreasonable effectiveness of deep features as a perceptual metric, CVPR
2018, equation 1).
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models import vgg16

from mnemo import checkpoints, devices, networks
from mnemo.errors import MnemoError
from mnemo.features import resnet152

#: Larger images are averaged to this height and width, as NVIDIA's projector does.
LARGEST = 256
#: Added to the length of activations, as in the package lpips.
EPSILON = 1e-10
#: Ends of the parts of torchvision's VGG16 whose activations LPIPS compares: relu1_2, relu2_2,
#: relu3_3, relu4_3 and relu5_3; and their channels.
VGG16_ENDS = (4, 9, 16, 23, 30)
VGG16_CHANNELS = (64, 128, 256, 512, 512)
#: Mean and standard deviation of LPIPS's input (lpips.ScalingLayer); its images are from -1 to 1.
LPIPS_MEAN = (-0.030, -0.088, -0.188)
LPIPS_SD = (0.458, 0.448, 0.450)


class Perceptual(nn.Module):
    """A perceptual distance.

    Attributes:
        name: What it is called in results.
    """

    def __init__(
        self,
        name: str,
        parts: Sequence[nn.Module],
        weights: Sequence[Tensor | float],
        mean: Sequence[float],
        sd: Sequence[float],
    ):
        """Create the distance; it computes on the best device.

        Args:
            name: What it is called in results.
            parts: A network in parts; the activations after each are compared.
            weights: Weight of each part's activations, or of each of their channels; at least 0.
            mean: Of the network's input, subtracted from images from -1 to 1.
            sd: What the input is then divided by.
        """
        super().__init__()
        self.name = name
        self.parts = nn.ModuleList(parts)
        roots = [torch.as_tensor(weight).sqrt().view(-1, 1, 1) for weight in weights]
        self.roots = nn.ParameterList(roots)
        self.mean = nn.Buffer(torch.tensor(mean).view(-1, 1, 1))
        self.sd = nn.Buffer(torch.tensor(sd).view(-1, 1, 1))
        self.eval().requires_grad_(False).to(devices.best())

    def forward(self, images: Tensor) -> Tensor:
        """Compute features whose squared Euclidean distance is the perceptual distance.

        Args:
            images: (n, 3, height, width), RGB, from -1 to 1.

        Returns:
            (n, features).
        """
        if max(images.shape[2:]) > LARGEST:
            images = F.interpolate(images, size=(LARGEST, LARGEST), mode="area")
        x = (images - self.mean) / self.sd
        features = []
        for part, root in zip(self.parts, self.roots, strict=True):
            x = part(x)
            unit = x / (x.square().sum(1, keepdim=True).sqrt() + EPSILON)
            # The mean over places, and the sum over channels and layers.
            features.append((unit * root).flatten(1) / (x.shape[2] * x.shape[3]) ** 0.5)
        return torch.cat(features, 1)


def lpips(vgg16_path: str | Path, weights_path: str | Path) -> Perceptual:
    """Load LPIPS on VGG16, version 0.1 (Zhang et al. 2018).

    Args:
        vgg16_path: torchvision's VGG16 of ImageNet (`vgg16-imagenet` in the catalogue of weights).
        weights_path: The weights of its channels, of the package lpips (`lpips-vgg16`).

    Returns:
        The distance, called "lpips-vgg16".

    Raises:
        MnemoError: A file is missing or holds something else.
    """
    network = networks.unfilled(lambda: vgg16(weights=None, init_weights=False).features)
    assert isinstance(network, nn.Sequential)
    state = checkpoints.tensors(vgg16_path)
    dense = [name for name in state if name.startswith("classifier.")]
    kept = {name.removeprefix("features."): tensor for name, tensor in state.items()}
    checkpoints.fill(network, kept, vgg16_path, dense)
    linear = checkpoints.tensors(weights_path)
    weights = []
    for layer, channels in enumerate(VGG16_CHANNELS):
        weight = linear.get(f"lin{layer}.model.1.weight")
        if weight is None or tuple(weight.shape) != (1, channels, 1, 1) or weight.min() < 0:
            raise MnemoError(
                f"{weights_path} does not hold the weights of LPIPS on VGG16: "
                f"lin{layer}.model.1.weight must be {channels} numbers of at least 0"
            )
        weights.append(weight.float())
    return Perceptual("lpips-vgg16", _split(network, VGG16_ENDS), weights, LPIPS_MEAN, LPIPS_SD)


def resnet152_early(path: str | Path) -> Perceptual:
    """Load a stand-in for LPIPS: the first layers of the ResNet-152 in ResMem's weights file.

    No weights of its channels were fitted to people's judgements: all count the same, as in the
    unweighted distances of Zhang et al. 2018. Its numbers can't be compared with LPIPS's.

    Args:
        path: `model.pt` of the package resmem (`resmem` in the catalogue of weights).

    Returns:
        The distance, called "resnet152-early", on the activations after the first convolution and
        after the first two of its four stages.

    Raises:
        MnemoError: The file is missing or holds another network.
    """
    whole = resnet152.backbone(Path(path)).features
    assert isinstance(whole, nn.Module)
    first = networks.ready(nn.Sequential(*list(whole.children())[:6]))
    assert isinstance(first, nn.Sequential)
    # The first convolution, its batch norm and its ReLU; a max-pool and the first stage; the
    # second. Its input is RGB from 0 to 1.
    return Perceptual(
        "resnet152-early", _split(first, (3, 5, 6)), [1.0] * 3, (-1.0,) * 3, (2.0,) * 3
    )


#: What loads each distance, by its name.
DISTANCES: dict[str, Callable[..., Perceptual]] = {
    "lpips-vgg16": lpips,
    "resnet152-early": resnet152_early,
}


def load(name: str, *paths: str | Path) -> Perceptual:
    """Load a distance by its name.

    Args:
        name: One of `DISTANCES`.
        paths: Its weights files: of "lpips-vgg16" torchvision's VGG16 and LPIPS's own weights, of
            "resnet152-early" ResMem's.

    Returns:
        The distance.

    Raises:
        MnemoError: No distance is called so; a file is missing or holds something else.
    """
    if name not in DISTANCES:
        raise MnemoError(
            f"no perceptual distance is called {name!r}; known: {', '.join(DISTANCES)}"
        )
    return DISTANCES[name](*paths)


def _split(network: nn.Sequential, ends: Sequence[int]) -> list[nn.Module]:
    """Split a network after some of its layers; ReLUs must not overwrite what is compared."""
    for module in network.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    return [network[first:last] for first, last in zip((0, *ends), ends, strict=False)]
