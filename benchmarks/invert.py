"""Time inversion: seconds a face, batches of eight against one image at a time, and early stopping.

Both ways invert the same images by a StyleGAN2 of random weights with config f's channels, in turns
in one process, so whatever else the machine does hits both. A full inversion takes 1,000 steps; a
few are timed, at each resolution. Early stopping is measured on whole inversions by a small
network. On a GPU, it fails where batches are less than twice as fast, and anywhere where early
stopping saves less than 30 % of the steps or ends at a loss that is more than 5 % larger. Usage:

    python benchmarks/invert.py [--threads 2] [--steps 2] [resolution ...]
"""

import argparse
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT)]

from tests.data import stylegan2_layouts  # noqa: E402
from tests.support.networks import small_stylegan2  # noqa: E402

from mnemo.inversion.schedules import PROJECTOR  # noqa: E402
from mnemo.inversion.search import Search, Settings  # noqa: E402

IMAGES, WHOLE = 8, 1000
#: Ratio of the throughputs required on a GPU, share of the steps saved, and ratio of the losses.
REQUIRED, SAVED, LOSS = 2.0, 0.3, 1.05


def seconds(search: Search, images: NDArray[np.uint8], batch: int, steps: int) -> float:
    """Return the time that a step takes for an image."""
    taken = 0.0
    for start in range(0, len(images), batch):
        search.aim(images[start : start + batch], None)
        state = search.begin()
        rows = np.arange(len(state.latents))
        begun = time.perf_counter()
        for _ in range(steps):
            search.step(state, rows)  # which waits for a GPU to record the loss
        taken += time.perf_counter() - begun
    return taken / steps / len(images)


def early_stopping() -> tuple[float, float]:
    """Return the share of steps that early stopping saves, and its final loss over that without."""
    generator = small_stylegan2()
    images = generator.render(generator.map(generator.sample(range(IMAGES))))
    early, whole = (generator.invert(images, early=each) for each in (True, False))
    return 1 - early.steps.mean() / WHOLE, float(early.pixel.mean() / whole.pixel.mean())


def main() -> None:
    """Print seconds a face of each way, their ratio, and what early stopping saves."""
    parser = argparse.ArgumentParser()
    parser.add_argument("resolutions", type=int, nargs="*", default=[64, 256])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=2)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    warnings.filterwarnings("ignore")
    slow = [throughput(resolution, given.steps) for resolution in given.resolutions]
    saved, loss = early_stopping()
    print(f"{'steps saved by stopping early':30} {saved:7.0%} (required: {SAVED:.0%})")
    print(f"{'final loss over that without':30} {loss:7.3f} (allowed: {LOSS})")
    if any(slow) or saved < SAVED or loss > LOSS:
        sys.exit(1)


def throughput(resolution: int, steps: int) -> bool:
    """Print seconds a face of each way, and return whether batches are too slow."""
    generator = small_stylegan2(stylegan2_layouts.widths(resolution))
    images = generator.render(generator.map(generator.sample(range(IMAGES))))
    ways = {IMAGES: "in a batch of 8", 1: "one at a time"}
    taken: dict[int, list[float]] = {batch: [] for batch in ways}
    search = Search(generator, Settings("w", PROJECTOR, WHOLE, early=False))
    seconds(search, images[:1], 1, 1)  # the warm-up
    for _ in range(2):
        for batch in ways:
            taken[batch].append(seconds(search, images, batch, steps))
    best = {batch: min(each) for batch, each in taken.items()}
    ratio = best[1] / best[IMAGES]
    required = REQUIRED if generator.device.type == "cuda" else None
    threads = torch.get_num_threads()
    print(f"config f, {resolution} px, w, {generator.device.type}, {threads} threads, best of 2")
    for batch, name in ways.items():
        print(f"{name:30} {WHOLE * best[batch]:7.1f} s a face, for {WHOLE:,} steps")
    print(f"{'ratio':30} {ratio:7.2f} (required: {required or 'none on a CPU'})")
    return ratio < (required or 0)


if __name__ == "__main__":
    main()
