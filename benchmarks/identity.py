"""Time the embeddings of faces in Mnemo against dlib's own way, one image at a time.

Both find the largest face with dlib's detector, align it by dlib's landmarks, and get the images
resized alike; they differ in the network, which is the same one in PyTorch and in dlib. Both have
one core: dlib's network uses no more, and further ones serve the study's other jobs. Fails where
an embedding differs by more than 1e-5, or a ratio is below what is required: 3 from image to
embedding, most of which is the detector's in Mnemo, and 8 of the network alone. Usage:

    python benchmarks/identity.py [images]
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import dlib
import numpy as np
import torch
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from mnemo import features, generators, networks  # noqa: E402
from mnemo.faces import landmarks  # noqa: E402
from mnemo.features import dlib_face, dlib_resnet  # noqa: E402

REQUIRED = 3
REQUIRED_OF_NETWORK = 8
TOLERANCE = 1e-5
ROUNDS = 3

Pixels = NDArray[np.uint8]
Embeddings = NDArray[np.float64]


def weights(name: str) -> Path:
    """Find a weights file."""
    path = ROOT / "resources/weights" / name
    if not path.is_file():
        sys.exit(f"{path} is missing: make it with `snakemake weights`.")
    return path


NETWORK = weights("dlib_face_recognition_resnet_model_v1.dat")
SHAPE = weights("shape_predictor_5_face_landmarks.dat")


class Dlib:
    """dlib alone, as its `face_recognition.py` example uses it."""

    def __init__(self) -> None:
        self.detect = dlib.get_frontal_face_detector()
        self.predict = dlib.shape_predictor(str(SHAPE))
        self.recognise = dlib.face_recognition_model_v1(str(NETWORK))

    def embed(self, images: list[Pixels]) -> Embeddings:
        """Embed the largest face of each image."""
        found = np.full((len(images), 128), np.nan)
        for row, image in zip(found, map(landmarks.resize, images), strict=True):
            if boxes := self.detect(image):
                shape = self.predict(image, max(boxes, key=dlib.rectangle.area))
                row[:] = self.recognise.compute_face_descriptor(image, shape)
        return found

    def embed_chips(self, chips: list[Pixels]) -> Embeddings:
        """Embed faces that are cut out."""
        return np.array([self.recognise.compute_face_descriptor(chip) for chip in chips])


def compare(
    what: str,
    mnemo: Callable[[list[Pixels]], NDArray[np.float32]],
    own: Callable[[list[Pixels]], Embeddings],
    images: list[Pixels],
    required: float,
) -> bool:
    """Time both in turns, and print the best of each.

    Returns:
        Whether they agree, and the ratio is as required.
    """
    mnemo(images[:16])
    seconds: dict[str, list[float]] = {"Mnemo": [], "dlib": []}
    for _ in range(ROUNDS):
        start = time.perf_counter()
        ours = mnemo(images)
        between = time.perf_counter()
        theirs = own(images)
        seconds["Mnemo"].append(between - start)
        seconds["dlib"].append(time.perf_counter() - between)
    both = np.isfinite(ours[:, 0])
    same = np.array_equal(both, np.isfinite(theirs[:, 0]))
    difference = float(np.abs(ours - theirs)[both].max())
    ratio = min(seconds["dlib"]) / min(seconds["Mnemo"])
    print(f"{what}: {len(images)} images, {both.sum()} faces")
    for name, taken in seconds.items():
        print(f"  {name:<17}{1000 * min(taken) / len(images):7.1f} ms per image")
    print(f"  ratio            {ratio:7.2f}   (required: {required})")
    print(f"  largest difference {difference:.1e}   (required: {TOLERANCE:.0e})")
    return same and difference <= TOLERANCE and ratio >= required


def main() -> None:
    """Compare from image to embedding, and the network alone."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    torch.set_num_threads(1)
    generator = generators.load(weights("dcgan-faces.pt"), "dcgan-faces")
    images = list(generator.render(generator.sample(range(count), psi=0.8)))
    extractor, network = features.load("dlib-face", NETWORK, SHAPE), dlib_resnet.load(NETWORK)
    ready = networks.ready(network)
    own = Dlib()
    resized = list(map(landmarks.resize, images))
    chips = [
        dlib.get_face_chip(image, own.predict(image, boxes[0]), dlib_resnet.SIZE, 0.25)
        for image in resized
        if (boxes := own.detect(image))
    ]

    def alone(faces: list[Pixels]) -> NDArray[np.float32]:
        return networks.apply(ready, faces, dlib_face.prepare, "network", (dlib_resnet.DIM,))

    whole = compare("image to embedding", extractor.extract, own.embed, images, REQUIRED)
    of_network = compare("network alone", alone, own.embed_chips, chips, REQUIRED_OF_NETWORK)
    sys.exit(not (whole and of_network))


if __name__ == "__main__":
    main()
