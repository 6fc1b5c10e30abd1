"""Face-recognition networks trained on VGGFace2, which represent a person by 2,048 numbers.

Cao et al., "VGGFace2: A dataset for recognising faces across pose and age", FG 2018. As its authors
document with their models (github.com/ox-vgg/vgg_face2), a face's box is extended by a factor of
0.3 as far as the image goes, and resized bilinearly to a shorter side of 256 pixels; the network
sees the central 224 x 224 of it, in BGR less the mean colour. Their boxes are those of MTCNN, from
hairline to chin. Here they are made of those of dlib's detector, so that these networks and
`dlib_face` see the same faces.

The authors compare the features by their cosine similarity s. The features are L2-normalised here,
so that their Euclidean distance, sqrt(2 - 2 s), ranks pairs of faces as s does, in reverse. The
authors publish no distance or similarity at which two faces are of the same person.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torchvision.transforms import CenterCrop, Compose, Resize

from mnemo import networks
from mnemo.assessors.backbones.recognition import Recognition
from mnemo.faces import detection, landmarks
from mnemo.features import faces

Pixels = NDArray[np.uint8]

_EXTENSION = 0.3
# dlib's box is as wide as MTCNN's and ends at the same height, but begins a quarter of its own
# height lower, at the eyebrows: medians of 63 faces of the embedded generator, to a twentieth.
_FOREHEAD = 0.25
_centre = Compose([Resize(256), CenterCrop(224)])


class FaceExtractor:
    """An extractor of the largest face's features, on the best device.

    Args:
        recognition: The network.
        path: Its weights, keras-vggface's `.h5` or VGGFace2-pytorch's `.pkl`.

    Raises:
        MnemoError: The file is missing or damaged, or holds another network.
    """

    def __init__(self, recognition: Recognition, path: Path):
        self._recognition = recognition
        self._network = networks.ready(recognition.initial(path, dropout=0).backbone)
        self._input = recognition.prepare("corrected")

    def extract(self, images: Sequence[Pixels]) -> NDArray[np.float32]:
        """Compute the features of the largest faces in images.

        Args:
            images: Each (height, width, 3), RGB; their sizes may differ.

        Returns:
            (n, 2048), each row of length 1; a row is nan if no face was found.
        """
        features = faces.apply(
            self._network,
            images,
            cut_out,
            self._prepare,
            self._recognition.names.architecture,
            self._recognition.width,
        )
        features /= np.linalg.norm(features, axis=1, keepdims=True)
        return features

    def _prepare(self, head: Pixels) -> Tensor:
        return self._input(np.asarray(_centre(Image.fromarray(head))))


def cut_out(image: Pixels) -> Pixels | None:
    """Cut out the largest face in an image, with the head around it.

    Args:
        image: (height, width, 3), RGB.

    Returns:
        The part of the image, in its own resolution, which is a view of it; None if there is no
        face.
    """
    resized = landmarks.resize(image)
    box = detection.largest(resized)
    if box is None:
        return None
    first = np.array([box.top() - _FOREHEAD * box.height(), box.left()])
    # dlib counts the last row and column in.
    end = np.array([box.bottom(), box.right()]) + 1
    margin = _EXTENSION / 2 * (end - first)
    scale = np.array(image.shape[:2]) / resized.shape[:2]
    top, left = np.rint(scale * (first - margin)).clip(0).astype(int)
    bottom, right = np.rint(scale * (end + margin)).astype(int)
    return image[top:bottom, left:right]
