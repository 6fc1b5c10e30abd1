"""Time ResMem in Mnemo against the package resmem, used as its documentation says.

Both score the same 256 faces of the embedded generator, from PNG bytes, in one process and with as
many threads, in turns of 32 images after a warm-up: so whatever else the machine does hits both.
Fails where a score differs by more than 1e-4 or the ratio is below 1.4. Usage:

    python benchmarks/score.py [images] [threads]
"""

import sys
import time
import warnings
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from mnemo import assessors, generators, images  # noqa: E402

CHUNK = 32
REQUIRED = 1.4
TOLERANCE = 1e-4

Score = Callable[[list[bytes]], NDArray[np.float32]]


def weights(name: str) -> Path:
    """Find a weights file."""
    path = ROOT / f"resources/weights/{name}.pt"
    if not path.is_file():
        sys.exit(f"{path} is missing: make it with `snakemake weights`.")
    return path


def draw(count: int) -> list[bytes]:
    """Render faces, as PNG files."""
    generator = generators.load(weights("dcgan-faces"), "dcgan-faces")
    faces = generator.render(generator.sample(range(count), psi=0.8))
    return [images.encode(face, "face")["bytes"] for face in faces]  # type: ignore[misc]


def mnemo() -> Score:
    """Score as the workflow does."""
    scorer = assessors.load("resmem", weights("resmem"))

    def score(files: list[bytes]) -> NDArray[np.float32]:
        return scorer.score(
            [np.asarray(Image.open(BytesIO(file)).convert("RGB")) for file in files]
        )

    return score


def documented() -> Score:
    """Score as the package's README does, without recording gradients."""
    from resmem import ResMem, transformer

    model = ResMem(pretrained=True)
    model.eval()

    def score(files: list[bytes]) -> NDArray[np.float32]:
        scores = []
        for file in files:
            image = transformer(Image.open(BytesIO(file)).convert("RGB"))
            with torch.no_grad():
                scores.append(model(image.view(-1, 3, 227, 227)).item())
        return np.array(scores, np.float32)

    return score


def main() -> None:
    """Print images a second of both, their ratio, and the largest difference of a score."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 256
    torch.set_num_threads(int(sys.argv[2]) if len(sys.argv) > 2 else 2)
    warnings.filterwarnings("ignore", category=UserWarning, module="torchvision")
    files = draw(count)
    contenders = {"mnemo": mnemo(), "resmem, one image at a time": documented()}
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    scores: dict[str, list[NDArray[np.float32]]] = {name: [] for name in contenders}
    for contender in contenders.values():
        contender(files[:8])
    for start in range(0, count, CHUNK):
        for name, contender in contenders.items():
            begun = time.perf_counter()
            scores[name].append(contender(files[start : start + CHUNK]))
            seconds[name].append(time.perf_counter() - begun)

    speeds = {name: count / sum(taken) for name, taken in seconds.items()}
    print(f"{count} images, {torch.get_num_threads()} threads")
    for name, speed in speeds.items():
        print(f"{name:28} {speed:6.2f} images/s")
    ours, theirs = speeds.values()
    print(f"{'ratio':28} {ours / theirs:6.2f} (required: {REQUIRED:g})")
    mine, their = (np.concatenate(each) for each in scores.values())
    difference = float(np.abs(mine - their).max())
    print(f"{'largest difference':28} {difference:.1e} (allowed: {TOLERANCE:g})")
    if difference > TOLERANCE or ours / theirs < REQUIRED:
        sys.exit(1)


if __name__ == "__main__":
    main()
