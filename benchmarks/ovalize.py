"""Time Mnemo's ovals against the package mtcnn called for one image at a time.

Both work on the same 240 faces of the embedded generator, enlarged to 256 pixels, and cut the same
ovals, so that the ratio is about finding faces. Each runs in a process of its own, with the threads
that TensorFlow has there by default, in turns, after a warm-up. Fails where the boxes differ or the
ratio is below 3. With the name of a side, `mnemo` or `mtcnn`, it runs that side once.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from mnemo import generators  # noqa: E402
from mnemo.faces import ovals  # noqa: E402

FACES = 240
SIZE = 256
REQUIRED = 3.0
ROUNDS = 3

Pixels = NDArray[np.uint8]
Ovalize = Callable[[list[Pixels]], list[ovals.Face]]


def draw() -> list[Pixels]:
    """Render the faces, and enlarge them to `SIZE` pixels."""
    weights = ROOT / "resources/weights/dcgan-faces.pt"
    if not weights.is_file():
        sys.exit(f"{weights} is missing: make it with `snakemake weights`.")
    generator = generators.load(weights, "dcgan-faces")
    rendered = generator.render(generator.sample(range(FACES), psi=0.8))
    size = (SIZE, SIZE)
    return [
        np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))
        for image in rendered
    ]


def mnemo() -> Ovalize:
    """Find and cut out faces as the workflow does."""

    def ovalize(images: list[Pixels]) -> list[ovals.Face]:
        found = ovals.detect(images, SIZE, preset="faithful")
        for image, face in zip(images, found, strict=True):
            ovals.ovalize(image, face)
        return found

    return ovalize


def mtcnn() -> Ovalize:
    """Make the same with mtcnn as its documentation calls it."""
    from mtcnn import MTCNN

    detector = MTCNN()

    def ovalize(images: list[Pixels]) -> list[ovals.Face]:
        found = []
        for image in images:
            boxes = detector.detect_faces(image)
            box = tuple(boxes[0]["box"]) if boxes else None
            face = ovals.Face("found" if box else "none", len(boxes), box, None, clamped=False)
            ovals.ovalize(image, face)
            found.append(face)
        return found

    return ovalize


SIDES = {"mnemo": mnemo, "mtcnn": mtcnn}


def run(side: str, images: Path) -> None:
    """Run one side in this process, and print its seconds and its boxes as JSON."""
    ovalize, pixels = SIDES[side](), list(np.load(images))
    ovalize(pixels[:5])
    start = time.perf_counter()
    found = ovalize(pixels)
    seconds = time.perf_counter() - start
    boxes = [face.box and [int(edge) for edge in face.box] for face in found]
    print(json.dumps({"seconds": seconds, "boxes": boxes}))


def measure(side: str, images: Path) -> dict[str, Any]:
    """Run one side in a process of its own, and read what it printed."""
    command = [sys.executable, __file__, side, str(images)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def main() -> None:
    """Print images a second of both, and their ratio."""
    seconds: dict[str, list[float]] = {side: [] for side in SIDES}
    boxes = {}
    with tempfile.TemporaryDirectory() as folder:
        images = Path(folder, "images.npy")
        np.save(images, draw())
        for _ in range(ROUNDS):
            for side in SIDES:
                measured = measure(side, images)
                seconds[side].append(measured["seconds"])
                boxes[side] = measured["boxes"]

    speeds = {side: FACES / float(np.median(taken)) for side, taken in seconds.items()}
    for side, label in (("mnemo", "mnemo"), ("mtcnn", "mtcnn, one image at a time")):
        print(f"{label:28} {speeds[side]:6.1f} images/s")
    ratio = speeds["mnemo"] / speeds["mtcnn"]
    print(f"{'ratio':28} {ratio:6.2f} (required: {REQUIRED:g})")

    agreeing = sum(mine == their for mine, their in zip(*boxes.values(), strict=True))
    print(f"{'boxes that agree':28} {agreeing} of {FACES}")
    if agreeing < FACES or ratio < REQUIRED:
        sys.exit(1)


if __name__ == "__main__":
    if arguments := sys.argv[1:]:
        run(arguments[0], Path(arguments[1]))
    else:
        main()
