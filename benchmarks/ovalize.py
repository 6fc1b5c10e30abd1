"""Time Mnemo's ovals against the package mtcnn called for one image at a time.

Both work on the same 240 faces of the embedded generator, enlarged to 256 pixels, and cut the same
ovals, so that the ratio is about finding faces. Both run in one process, in turns, after a warm-up.
Fails where the boxes differ or the ratio is below 3.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from mnemo import faces, generators  # noqa: E402

FACES = 240
SIZE = 256
REQUIRED = 3.0
ROUNDS = 3

Pixels = NDArray[np.uint8]


def draw() -> list[Pixels]:
    """Render the faces, and enlarge them to `SIZE` pixels."""
    weights = ROOT / "resources/weights/dcgan-faces.pt"
    if not weights.is_file():
        sys.exit(f"{weights} is missing: make it with `snakemake weights`.")
    generator = generators.load("dcgan-faces", weights)
    rendered = generator.render(generator.sample(range(FACES), psi=0.8))
    size = (SIZE, SIZE)
    return [
        np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))
        for image in rendered
    ]


def ovalize(images: list[Pixels]) -> list[faces.Face]:
    """Find and cut out faces as the workflow does."""
    found = faces.detect(images, SIZE, preset="faithful")
    for image, face in zip(images, found, strict=True):
        faces.ovalize(image, face)
    return found


def reference() -> Callable[[list[Pixels]], list[faces.Face]]:
    """Make the same with mtcnn as its documentation calls it."""
    from mtcnn import MTCNN

    detector = MTCNN()

    def ovalize(images: list[Pixels]) -> list[faces.Face]:
        found = []
        for image in images:
            boxes = detector.detect_faces(image)
            box = tuple(boxes[0]["box"]) if boxes else None
            face = faces.Face("found" if box else "none", len(boxes), box, None, clamped=False)
            faces.ovalize(image, face)
            found.append(face)
        return found

    return ovalize


def main() -> None:
    """Print images a second of both, and their ratio."""
    images = draw()
    ovalize(images[:5])  # before the reference: it sets TensorFlow's threads, for both
    contenders = {"mnemo": ovalize, "mtcnn, one image at a time": reference()}
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    found = {}
    for contender in contenders.values():
        contender(images[:5])
    for _ in range(ROUNDS):
        for name, contender in contenders.items():
            start = time.perf_counter()
            found[name] = contender(images)
            seconds[name].append(time.perf_counter() - start)

    speeds = {name: FACES / float(np.median(taken)) for name, taken in seconds.items()}
    for name, speed in speeds.items():
        print(f"{name:28} {speed:6.1f} images/s")
    ours, theirs = speeds.values()
    print(f"{'ratio':28} {ours / theirs:6.2f} (required: {REQUIRED:g})")

    boxes = [[face.box for face in each] for each in found.values()]
    agreeing = sum(mine == their for mine, their in zip(*boxes, strict=True))
    print(f"{'boxes that agree':28} {agreeing} of {FACES}")
    if agreeing < FACES or ours / theirs < REQUIRED:
        sys.exit(1)


if __name__ == "__main__":
    main()
