"""MemNet: an image's memorability, predicted by Khosla et al.'s network (ICCV 2015).

It follows the second paper's TensorFlow version (tensorflow/assessors/memnet.py of
LoreGoetschalckx/GANalyze), and the one that the first paper uses on images other than faces
(andrewrkeyes/Memnet-Pytorch; main.py and models.py). Both contain Caffe's weights.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PIL.Image import Resampling
from torch import Tensor, nn

from mnemo import checkpoints
from mnemo.assessors import Preset, tensors
from mnemo.assessors.caffenet import (
    EDGE,
    SIZE,
    CaffeNet,
    Pixels,
    less_mean,
    read_mean,
    resized_by_pil,
    resized_by_tensorflow_1,
    tensors_less_mean,
)
from mnemo.assessors.crops import MeanOverCrops, corners_and_centre
from mnemo.assessors.network import Clipped, NetworkScorer

# First row and column of the centre crop, which leaves out 29 pixels; torchvision's CenterCrop
# starts at 14.
_CENTRE = 15


class MemNet(CaffeNet):
    """Caffe's AlexNet with one output."""

    def __init__(self) -> None:
        super().__init__()
        self.fc8 = nn.Linear(self.fc7.out_features, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Score images.

        Args:
            images: (n, 3, 227, 227), BGR from 0 to 255, minus the mean image.

        Returns:
            (n,).
        """
        scores: Tensor = self.fc8(self.features(images))
        return scores.squeeze(1)


class Rescaled(nn.Module):
    """MemNet's scores rescaled as in GANalyze: twice as far from their mean.

    Args:
        network: A network that computes MemNet's scores.
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """Score images.

        Args:
            images: The network's input.

        Returns:
            (n,), mostly from 0 to 1.
        """
        scores: Tensor = self.network(images)
        return 2 * (scores - 0.7626) + 0.65


def load(name: str, paths: Sequence[Path], preset: Preset) -> NetworkScorer:
    """Load MemNet.

    Args:
        name: Its name in the registry, which determines the number of crops.
        paths: GANalyze's `memnet_state_dict.p` or andrewrkeyes's `model.ckpt`; and the mean image,
            as GANalyze's `memnet_mean.mat` or andrewrkeyes's `image_mean.npy`.
        preset: Whether resizing and rescaling for the mean over ten crops are as in GANalyze; has
            no effect for the single crop.

    Returns:
        The assessor.

    Raises:
        MnemoError: A file is missing or holds something else.
    """
    weights, mean_image = paths
    memnet = MemNet()
    checkpoints.fill(memnet, _state(weights), weights)
    mean = read_mean(mean_image)
    prepare = partial(_prepare, mean=mean)
    resize = partial(tensors.resized, mode="bilinear")
    batch = partial(tensors_less_mean, resize=resize, mean=mean)
    if name == "memnet-single-crop":
        network = MeanOverCrops(memnet, SIZE, [(_CENTRE, _CENTRE)], mirrored=False)
        return NetworkScorer(network, prepare, "MemNet, one crop", batch)
    network = MeanOverCrops(memnet, SIZE, corners_and_centre(EDGE, SIZE, _CENTRE), mirrored=True)
    if preset == "faithful":
        prepare = partial(_prepare_as_ganalyze, mean=mean)
        batch = partial(tensors_less_mean, resize=tensors.resized_by_tensorflow_1, mean=mean)
        return NetworkScorer(Clipped(Rescaled(network)), prepare, "MemNet", batch)
    return NetworkScorer(network, prepare, "MemNet", batch)


def _state(path: Path) -> dict[str, Tensor]:
    """Read the weights by GANalyze's names; andrewrkeyes's last layer has another name."""
    content = checkpoints.read(path)
    nested = isinstance(content, dict) and "state_dict" in content
    state = checkpoints.tensors(path, "state_dict" if nested else None)
    return {name.replace("fc8_euclidean.", "fc8."): tensor for name, tensor in state.items()}


def _prepare(image: Pixels, mean: Tensor) -> Tensor:
    return less_mean(resized_by_pil(image, EDGE, Resampling.BILINEAR), mean)


def _prepare_as_ganalyze(image: Pixels, mean: Tensor) -> Tensor:
    return less_mean(resized_by_tensorflow_1(image, EDGE), mean)
