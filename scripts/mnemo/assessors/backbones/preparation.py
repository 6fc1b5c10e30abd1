"""How an image becomes the input of a face-recognition network."""

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from mnemo.assessors.tensors import LEVELS, resized

#: Mean blue, green and red of the faces that VGGFace's and VGGFace2's networks were trained on, as
#: in rcmalli/keras-vggface (utils.py) and on the publishers' pages.
VGGFACE_MEAN = (93.5940, 104.7624, 129.1863)
VGGFACE2_MEAN = (91.4953, 103.8827, 131.0912)
_SIZE = (224, 224)


def prepare_faithful(image: NDArray[np.uint8]) -> Tensor:
    """Prepare an image as paper 1's authors did in training and in scoring (FaceMem, sentrain.py).

    Args:
        image: (h, w, 3), RGB from 0 to 255.

    Returns:
        (3, 224, 224), RGB from 0 to 255; the aspect ratio is lost, and no mean is subtracted.
    """
    return _resized(image).permute(2, 0, 1)


def prepare_vggface(image: NDArray[np.uint8], mean: tuple[float, float, float]) -> Tensor:
    """Prepare an image as keras-vggface documents it, but for its nearest-neighbour resizing.

    That is the default of Keras's `load_img`, which the documentation uses, and leaves out most of
    a large image's pixels. Pillow's default filter is used in its place.

    Args:
        image: (h, w, 3), RGB from 0 to 255.
        mean: To be subtracted from blue, green and red.

    Returns:
        (3, 224, 224), BGR; the aspect ratio is lost.
    """
    return (_resized(image).flip(2) - torch.tensor(mean)).permute(2, 0, 1)


def tensors_faithful(images: Tensor) -> Tensor:
    """Do what `prepare_faithful` does to a batch with a gradient.

    Args:
        images: (n, 3, h, w), RGB from 0 to 1.

    Returns:
        (n, 3, 224, 224), RGB from 0 to 255.
    """
    return LEVELS * resized(images, _SIZE)


def tensors_vggface(images: Tensor, mean: tuple[float, float, float]) -> Tensor:
    """Do what `prepare_vggface` does to a batch with a gradient.

    Args:
        images: (n, 3, h, w), RGB from 0 to 1.
        mean: To be subtracted from blue, green and red.

    Returns:
        (n, 3, 224, 224), BGR.
    """
    return tensors_faithful(images).flip(1) - images.new_tensor(mean).view(3, 1, 1)


def _resized(image: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(np.array(Image.fromarray(image).resize(_SIZE), np.float32))
