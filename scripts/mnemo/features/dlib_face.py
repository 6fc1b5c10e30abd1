"""dlib's face-recognition network, which represents a person's identity by 128 numbers.

King, "High Quality Face Recognition with Deep Metric Learning", dlib's blog, 2017
(http://blog.dlib.net/2017/02/high-quality-face-recognition-with-deep.html): two faces are of the
same person if the Euclidean distance of their embeddings is below 0.6, which is right for 99.38 %
of LFW's pairs. That holds for faces found by dlib's own detector and aligned by the landmarks in
its box; the same detector and alignment are used here.
"""

from collections.abc import Sequence
from pathlib import Path

import dlib
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from mnemo.faces import detection, landmarks

Pixels = NDArray[np.uint8]

_DIM = 128
_SIZE = 150
_PADDING = 0.25


class FaceExtractor:
    """An extractor of the largest face's embedding, on the CPU, one image at a time.

    Args:
        network: `dlib_face_recognition_resnet_model_v1.dat` of dlib-models.
        shape: As for `landmarks.Aligner`.

    Raises:
        MnemoError: A file is missing or damaged, or holds another model.
    """

    def __init__(self, network: Path, shape: Path):
        self._network = landmarks.load(dlib.face_recognition_model_v1, network)
        self._aligner = landmarks.Aligner(shape)

    def extract(self, images: Sequence[Pixels]) -> NDArray[np.float32]:
        """Compute the embeddings of the largest faces in images.

        Args:
            images: Each (height, width, 3), RGB; their sizes may differ.

        Returns:
            (n, 128); a row is nan if no face was found.
        """
        embeddings = np.full((len(images), _DIM), np.nan, np.float32)
        bar = tqdm(images, desc="dlib", unit=" images", mininterval=5)
        for row, image in zip(embeddings, bar, strict=True):
            image = landmarks.resize(image)
            if (box := detection.largest(image)) is not None:
                chip = self._aligner.chip(image, box, _SIZE, _PADDING)
                row[:] = self._network.compute_face_descriptor(chip)
        return embeddings


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
