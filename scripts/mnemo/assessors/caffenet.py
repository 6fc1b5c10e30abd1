"""What MemNet and AestheticsNet share: Caffe's AlexNet, and the preparation of its input.

Layers, their names and constants follow GANalyze (tensorflow/assessors/memnet.py and
aestheticsnet.py of LoreGoetschalckx/GANalyze), which has them from Caffe.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import map_coordinates
from torch import Tensor, nn
from torch.nn import functional as F

from mnemo import checkpoints
from mnemo.assessors.tensors import LEVELS
from mnemo.errors import MnemoError

Pixels = NDArray[np.uint8]

#: Height and width of a mean image, in pixels.
EDGE = 256
#: Height and width of the network's input, in pixels.
SIZE = 227
#: Outputs of each dense layer.
WIDTH = 4096


class CaffeNet(nn.Module):
    """AlexNet up to its seventh layer, in Caffe's order: pooling first, then normalisation.

    At 227 pixels, the sizes divide evenly at each pooling, so Caffe's and andrewrkeyes's rounding
    up (`ceil_mode`) and TensorFlow's rounding down have the same result.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 96, 11, stride=4)
        self.conv2 = nn.Conv2d(96, 256, 5, padding=2, groups=2)
        self.conv3 = nn.Conv2d(256, 384, 3, padding=1)
        self.conv4 = nn.Conv2d(384, 384, 3, padding=1, groups=2)
        self.conv5 = nn.Conv2d(384, 256, 3, padding=1, groups=2)
        self.fc6 = nn.Linear(256 * 6 * 6, WIDTH)
        self.fc7 = nn.Linear(WIDTH, WIDTH)

    def features(self, images: Tensor) -> Tensor:
        """Compute the activations of the seventh layer.

        Args:
            images: (n, 3, 227, 227), BGR from 0 to 255, minus the mean image.

        Returns:
            (n, WIDTH), not negative.
        """
        x = _normalised(F.max_pool2d(F.relu(self.conv1(images)), 3, 2))
        x = _normalised(F.max_pool2d(F.relu(self.conv2(x)), 3, 2))
        for convolution in (self.conv3, self.conv4, self.conv5):
            x = F.relu(convolution(x))
        x = F.max_pool2d(x, 3, 2).flatten(1)
        return F.relu(self.fc7(F.relu(self.fc6(x))))


def _normalised(x: Tensor) -> Tensor:
    # Like Caffe, PyTorch divides alpha by the number of channels; TensorFlow's alpha is 2e-5.
    return F.local_response_norm(x, 5, alpha=1e-4, beta=0.75, k=1.0)


def read_mean(path: Path) -> Tensor:
    """Read the mean image of a network's training set.

    Args:
        path: An `.npy` file, or a MATLAB file with the variable `image_mean`; channels may be last
            or first.

    Returns:
        (3, 256, 256), BGR from 0 to 255.

    Raises:
        MnemoError: The file is missing or holds something else.
    """
    content = checkpoints.read(path)
    mean = content.get("image_mean") if isinstance(content, dict) else content
    if not isinstance(mean, np.ndarray) or mean.shape not in ((EDGE, EDGE, 3), (3, EDGE, EDGE)):
        raise MnemoError(
            f"{path} is not a mean image: it must be an array of shape ({EDGE}, {EDGE}, 3) or "
            f"(3, {EDGE}, {EDGE}), with the name image_mean in a MATLAB file"
            + (f"; this one has the shape {mean.shape}" if isinstance(mean, np.ndarray) else "")
        )
    if not np.isfinite(mean).all():
        raise MnemoError(f"{path} holds infinite or undefined numbers: it is damaged")
    channels_first = np.moveaxis(mean, -1, 0) if mean.shape[-1] == 3 else mean
    return torch.from_numpy(np.ascontiguousarray(channels_first, np.float32))


def less_mean(resized: NDArray[np.float32], mean: Tensor) -> Tensor:
    """Convert a resized image to the network's input.

    Args:
        resized: (h, w, 3), RGB from 0 to 255.
        mean: (3, h, w), BGR.

    Returns:
        (3, h, w), BGR from 0 to 255, minus the mean image.
    """
    bgr = resized[:, :, ::-1].transpose(2, 0, 1)
    return torch.from_numpy(np.ascontiguousarray(bgr)) - mean


def tensors_less_mean(
    images: Tensor, resize: Callable[[Tensor, tuple[int, int]], Tensor], mean: Tensor
) -> Tensor:
    """Convert images with a gradient to the network's input, as `less_mean` does an image.

    Args:
        images: (n, 3, h, w), RGB from 0 to 1.
        resize: Maps them and a size to images of that size.
        mean: (3, height, width), BGR from 0 to 255.

    Returns:
        (n, 3, height, width), BGR from 0 to 255, minus the mean image.
    """
    height, width = mean.shape[1:]
    return LEVELS * resize(images, (height, width)).flip(1) - mean.to(images)


def resized_by_pil(image: Pixels, size: int, filter: Image.Resampling) -> NDArray[np.float32]:
    """Resize an image with Pillow, which averages over all pixels that contribute to one.

    Args:
        image: (h, w, 3).
        size: Height and width of the result; the aspect ratio is not kept.
        filter: Pillow's resampling filter.

    Returns:
        (size, size, 3), whole numbers from 0 to 255.
    """
    return np.asarray(Image.fromarray(image).resize((size, size), filter), np.float32)


def resized_by_tensorflow_1(image: Pixels, size: int) -> NDArray[np.float32]:
    """Resize an image as TensorFlow 1's `resize_images` does: bilinearly between four pixels.

    The first row and column keep their positions, so the image shifts by up to half a pixel.

    Args:
        image: (h, w, 3).
        size: Height and width of the result; the aspect ratio is not kept.

    Returns:
        (size, size, 3), from 0 to 255.
    """
    rows, columns = (np.arange(size) * (length / size) for length in image.shape[:2])
    places = np.meshgrid(rows, columns, indexing="ij")
    channels = image.astype(np.float32).transpose(2, 0, 1)
    return np.stack(
        [map_coordinates(channel, places, order=1, mode="nearest") for channel in channels], axis=2
    )
