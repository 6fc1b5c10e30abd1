"""Time the two students against their teacher, ResMem, all as Mnemo scores with them.

All score the same 256 ovals on white, 256 pixels high, from JPEG files, in one process and with as
many threads, in turns of 32 images after a warm-up: so whatever else the machine does hits both.
How long a score takes does not hang on the weights: the students' are random. Fails where a ratio
is below 20. Usage:

    python benchmarks/student.py [images] [threads]
"""

import sys
import time
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from mnemo import assessors, generators, images  # noqa: E402
from mnemo.assessors import backbones  # noqa: E402
from mnemo.assessors.network import NetworkScorer  # noqa: E402
from mnemo.faces import ovals  # noqa: E402

CHUNK = 32
REQUIRED = 20.0


def weights(name: str) -> Path:
    """Find a weights file."""
    path = ROOT / f"resources/weights/{name}.pt"
    if not path.is_file():
        sys.exit(f"{path} is missing: make it with `snakemake weights`.")
    return path


def draw(count: int) -> list[bytes]:
    """Render faces, cut out as if they filled their images, as JPEG files."""
    generator = generators.load(weights("dcgan-faces"), "dcgan-faces")
    whole = ovals.Face("found", 1, (0, 0, 64, 64), 1.0, False)
    cut = [ovals.ovalize(face, whole) for face in generator.render(generator.sample(range(count)))]
    return [images.encode(oval, "oval", "jpeg")["bytes"] for oval in cut]  # type: ignore


def student(architecture: str) -> assessors.Scorer:
    """Make a student."""
    prepare = backbones.prepare(architecture, "corrected")
    return NetworkScorer(backbones.build(architecture), prepare, architecture)


def main() -> None:
    """Print what an image takes with each, and how many times as fast as ResMem that is."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 256
    torch.set_num_threads(int(sys.argv[2]) if len(sys.argv) > 2 else 2)
    files = draw(count)
    contenders = {
        "resnet10": student("resnet10"),
        "resnet152-layer2": student("resnet152-layer2"),
        "resmem": assessors.load("resmem", weights("resmem")),
    }
    seconds = dict.fromkeys(contenders, 0.0)

    def score(name: str, chunk: list[bytes]) -> None:
        contenders[name].score(
            [np.asarray(Image.open(BytesIO(file)).convert("RGB")) for file in chunk]
        )

    for name in contenders:
        score(name, files[:8])
    for start in range(0, count, CHUNK):
        for name in contenders:
            begun = time.process_time()
            score(name, files[start : start + CHUNK])
            seconds[name] += time.process_time() - begun

    print(f"{count} images, {torch.get_num_threads()} threads")
    for name, taken in seconds.items():
        ratio = seconds["resmem"] / taken
        print(f"{name:16} {1000 * taken / count:8.2f} ms of a core for an image: {ratio:.1f} times")
    print(f"required of a student: {REQUIRED:g} times")
    if max(seconds[name] for name in seconds if name != "resmem") * REQUIRED > seconds["resmem"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
