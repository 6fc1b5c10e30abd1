"""Time Mnemo's ovals against the package mtcnn called for one image at a time.

Both work on the same 240 faces of the embedded generator, enlarged to 256 pixels, and cut the same
ovals, so that the ratio is about finding faces. Each runs in a process of its own, with the threads
that its library has there by default, in turns, after a warm-up. Then both look at some photographs
and at pictures of several faces and of none. Fails where they find other faces, or boxes that are
more than `TOLERANCE` pixels apart, or where the ratio is below `REQUIRED`. With the name of a side,
`mnemo` or `mtcnn`, and a file of pictures, it runs that side once.
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
REQUIRED = 6.0
TOLERANCE = 1e-3
ROUNDS = 3

Pixels = NDArray[np.uint8]
#: For each image the boxes of its faces and their scores: left, top, width, height, score.
Boxes = list[list[list[float]]]


def draw() -> list[Pixels]:
    """Render the faces, and enlarge them to `SIZE` pixels."""
    weights = ROOT / "resources/weights/dcgan-faces.pt"
    if not weights.is_file():
        sys.exit(f"{weights} is missing: make it with `snakemake weights`.")
    generator = generators.load(weights, "dcgan-faces")
    rendered = generator.render(generator.sample(range(FACES), psi=0.8))
    return [resized(Image.fromarray(image), SIZE) for image in rendered]


def pictures(faces: list[Pixels]) -> list[Pixels]:
    """Show photographs in three sizes, two and four faces in one picture, and nobody."""
    paths = sorted((ROOT / "studies/photographs").glob("*.jpg"))
    photographs = [
        resized(Image.open(path), height) for path in paths for height in (180, SIZE, 512)
    ]
    pairs = [np.concatenate(faces[at : at + 2], axis=1) for at in range(0, 40, 2)]
    fours = [
        np.concatenate(
            [np.concatenate(faces[at : at + 2]), np.concatenate(faces[at + 2 : at + 4])], 1
        )
        for at in range(40, 80, 4)
    ]
    random = np.random.default_rng(0)
    nobody = [random.integers(0, 256, (SIZE, SIZE, 3), np.uint8), np.zeros((SIZE, 80, 3), np.uint8)]
    return [*photographs, *pairs, *fours, *nobody]


def resized(image: Image.Image, height: int) -> Pixels:
    """Resize an image, as the workflow does to find the faces in it."""
    size = round(image.width * height / image.height), height
    return np.asarray(image.convert("RGB").resize(size, Image.Resampling.BICUBIC))


def mnemo() -> tuple[Callable[[Pixels], object], Callable[[Pixels], NDArray[Any]]]:
    """Return how the workflow cuts out the face in an image, and which faces it finds."""
    from mnemo.faces import mtcnn as finder

    def ovalize(image: Pixels) -> None:
        ovals.ovalize(image, ovals.find(image, SIZE, preset="faithful"))

    def find(image: Pixels) -> NDArray[Any]:
        boxes, scores = finder.find(image)
        return np.concatenate([boxes, scores[:, None]], axis=1)

    return ovalize, find


def mtcnn() -> tuple[Callable[[Pixels], object], Callable[[Pixels], NDArray[Any]]]:
    """Do the same with mtcnn as its documentation calls it."""
    from mtcnn import MTCNN

    detector = MTCNN()

    def ovalize(image: Pixels) -> None:
        found = detector.detect_faces(image)
        box = tuple(found[0]["box"]) if found else None
        face = ovals.Face("found" if box else "none", len(found), box, None, clamped=False)
        ovals.ovalize(image, face)

    def find(image: Pixels) -> NDArray[Any]:
        return np.asarray(detector.detect_faces(image, output_type="numpy"))[:, 1:6]

    return ovalize, find


SIDES = {"mnemo": mnemo, "mtcnn": mtcnn}


def run(side: str, file: Path) -> None:
    """Run one side in this process, and print its seconds and its boxes as JSON.

    The file has the images that count for the time as an array, and others by number.
    """
    ovalize, find = SIDES[side]()
    stored = np.load(file)
    images = list(stored["faces"])
    others = [stored[f"{number}"] for number in range(len(stored.files) - 1)]
    for image in images[:5]:
        ovalize(image)
    start = time.perf_counter(), time.process_time()
    for image in images:
        ovalize(image)
    seconds, of_cores = time.perf_counter() - start[0], time.process_time() - start[1]
    boxes = [find(image).tolist() for image in [*images, *others]] if others else []
    print(json.dumps({"seconds": seconds, "of_cores": of_cores, "boxes": boxes}))


def measure(side: str, images: Path) -> dict[str, Any]:
    """Run one side in a process of its own, and read what it printed."""
    command = [sys.executable, __file__, side, str(images)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def apart(mine: Boxes, theirs: Boxes) -> tuple[int, float, float]:
    """Return in how many images other faces are found, and how far apart boxes and scores are."""
    others, pixels, scores = 0, 0.0, 0.0
    for first, second in zip(mine, theirs, strict=True):
        if len(first) != len(second):
            others += 1
        elif first:
            differences = np.abs(np.subtract(first, second)).max(axis=0)
            pixels, scores = max(pixels, differences[:4].max()), max(scores, differences[4])
    return others, pixels, scores


def main() -> None:
    """Print images a second of both and their ratio, and how far their boxes are apart."""
    measured: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
    faces = draw()
    others = {f"{number}": picture for number, picture in enumerate(pictures(faces))}
    with tempfile.TemporaryDirectory() as folder:
        timed, compared = Path(folder, "timed.npz"), Path(folder, "compared.npz")
        np.savez(timed, faces=faces)
        np.savez(compared, faces=faces, **others)
        for turn in range(ROUNDS):
            for side in SIDES:
                measured[side].append(measure(side, timed if turn else compared))

    medians = {
        key: {
            side: float(np.median([each[key] for each in found]))
            for side, found in measured.items()
        }
        for key in ("seconds", "of_cores")
    }
    for side, label in (("mnemo", "mnemo"), ("mtcnn", "mtcnn, one image at a time")):
        speed = FACES / medians["seconds"][side]
        taken = medians["of_cores"][side] / FACES * 1000
        print(f"{label:28} {speed:6.1f} images/s, {taken:6.1f} ms of a core per image")
    ratio = medians["seconds"]["mtcnn"] / medians["seconds"]["mnemo"]
    of_cores = medians["of_cores"]["mtcnn"] / medians["of_cores"]["mnemo"]
    print(f"{'ratio':28} {ratio:6.2f} (required: {REQUIRED:g}); {of_cores:.2f} in time of cores")

    boxes = [found[0]["boxes"] for found in measured.values()]
    different, pixels, scores = apart(*boxes)
    print(f"{'images, and their faces':28} {len(boxes[0])}, {sum(map(len, boxes[0]))}")
    print(f"{'images with other faces':28} {different}")
    print(f"{'boxes are apart by up to':28} {pixels:.1e} pixels (required: {TOLERANCE:g})")
    print(f"{'scores are apart by up to':28} {scores:.1e}")
    if different or pixels > TOLERANCE or ratio < REQUIRED:
        sys.exit(1)


if __name__ == "__main__":
    if arguments := sys.argv[1:]:
        run(arguments[0], Path(arguments[1]))
    else:
        main()
