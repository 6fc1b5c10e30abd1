"""dlib's face-recognition network: who a face belongs to, as 128 numbers.

King, "High Quality Face Recognition with Deep Metric Learning", dlib's blog, 2017
(http://blog.dlib.net/2017/02/high-quality-face-recognition-with-deep.html): faces of one person
embed less than 0.6 apart, by Euclidean distance, which decides 99.38 % of LFW's pairs rightly. That
holds for faces that dlib's own detector finds and that are aligned by landmarks in its box, so both
are done here as there.
"""

from collections.abc import Sequence
from pathlib import Path

import dlib
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from mnemo.faces import landmarks

Pixels = NDArray[np.uint8]

_DIM = 128
_SIZE = 150
_PADDING = 0.25


class FaceExtractor:
    """An extractor of the embedding of the largest face, on the CPU, one image after the other.

    Args:
        network: `dlib_face_recognition_resnet_model_v1.dat` of dlib-models.
        shape: As for `landmarks.Aligner`.

    Raises:
        MnemoError: A file is missing, damaged, or of something else.
    """

    def __init__(self, network: Path, shape: Path):
        self._network = landmarks.load(dlib.face_recognition_model_v1, network)
        self._aligner = landmarks.Aligner(shape)
        self._detector = dlib.get_frontal_face_detector()

    def extract(self, images: Sequence[Pixels]) -> NDArray[np.float32]:
        """Embed the faces of images.

        Args:
            images: Each (height, width, 3), RGB; they may differ in size.

        Returns:
            (n, 128); a row of nan where no face was found.
        """
        embeddings = np.full((len(images), _DIM), np.nan, np.float32)
        bar = tqdm(images, desc="dlib", unit=" images", mininterval=5)
        for row, image in zip(embeddings, bar, strict=True):
            image = landmarks.resize(image)
            if boxes := self._detector(image, 0):
                largest = max(boxes, key=dlib.rectangle.area)
                chip = self._aligner.chip(image, largest, _SIZE, _PADDING)
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
        MnemoError: A file is missing, damaged, or of something else.
    """
    return FaceExtractor(network, shape)
