"""dlib's face-recognition network, which represents a person's identity by 128 numbers.

King, "High Quality Face Recognition with Deep Metric Learning", dlib's blog, 2017
(http://blog.dlib.net/2017/02/high-quality-face-recognition-with-deep.html): two faces are of the
same person if the Euclidean distance of their embeddings is below 0.6, which is right for 99.38 %
of LFW's pairs. That holds for faces found by dlib's own detector and aligned by the landmarks in
its box; the same detector and alignment are used here. The network itself runs in PyTorch: dlib's
own takes an image at a time, and 15 times as long on a CPU.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mnemo import networks
from mnemo.faces import detection, landmarks
from mnemo.features import dlib_resnet, faces

Pixels = NDArray[np.uint8]

_PADDING = 0.25


class FaceExtractor:
    """An extractor of the largest face's embedding, on the best device.

    Args:
        network: `dlib_face_recognition_resnet_model_v1.dat` of dlib-models.
        shape: As for `landmarks.Aligner`.

    Raises:
        MnemoError: A file is missing or damaged, or holds another model.
    """

    def __init__(self, network: Path, shape: Path):
        self._network = networks.ready(dlib_resnet.load(network))
        self._aligner = landmarks.Aligner(shape)

    def extract(self, images: Sequence[Pixels]) -> NDArray[np.float32]:
        """Compute the embeddings of the largest faces in images.

        Args:
            images: Each (height, width, 3), RGB; their sizes may differ.

        Returns:
            (n, 128); a row is nan if no face was found.
        """
        return faces.apply(
            self._network, images, self._cut_out, prepare, "dlib's ResNet", dlib_resnet.DIM
        )

    def _cut_out(self, image: Pixels) -> Pixels | None:
        image = landmarks.resize(image)
        box = detection.largest(image)
        if box is None:
            return None
        return self._aligner.chip(image, box, dlib_resnet.SIZE, _PADDING)


def prepare(chip: Pixels) -> Tensor:
    """Convert a chip into the network's input.

    Args:
        chip: (SIZE, SIZE, 3), RGB.

    Returns:
        (3, SIZE, SIZE).
    """
    pixels = torch.from_numpy(chip).float() - torch.tensor(dlib_resnet.MEAN)
    return (pixels / dlib_resnet.SCALE).permute(2, 0, 1)


def load(network: Path, shape: Path) -> FaceExtractor:
    """Load the extractor.

    Args:
        network: dlib's `dlib_face_recognition_resnet_model_v1.dat`.
        shape: dlib's `shape_predictor_5_face_landmarks.dat`.

    Returns:
        The extractor.

    Raises:
        MnemoError: A file is missing or damaged, or holds another model.
    """
    return FaceExtractor(network, shape)
