"""Time BigGAN-deep at 512 px against the package pytorch-pretrained-biggan, and BigGAN at 256 px.

Both BigGAN-deeps have the same random weights of the published sizes, and render the same latents
in one process, with as many threads, in turns of one image after a warm-up: so whatever else the
machine does hits both. Each counts at its median. Fails where a pixel differs by more than 1 of 255
or the ratio is below 2. BigGAN, of which no package exists, is timed alone. Usage:

    python benchmarks/biggan.py [images] [threads]
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import PIL.Image  # the package reads PIL.Image and imports PIL alone
import torch
from numpy.typing import NDArray
from pytorch_pretrained_biggan import BigGAN, convert_to_images, one_hot_from_int
from pytorch_pretrained_biggan.convert_tf_to_pytorch import BigGAN512

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from tests.data import biggan_layouts  # noqa: E402

from mnemo.generators import biggan, biggan_deep  # noqa: E402

PSI = 0.5
CLASS = 207
REQUIRED = 2.0

Pixels = NDArray[np.uint8]


def mnemo(state: biggan_layouts.State) -> biggan.ConditionalGenerator:
    """Build the generator of a state dict."""
    for module in (biggan, biggan_deep):
        for layout in module.LAYOUTS:
            if layout.matches(state):
                parts = layout.parts(state)
                return module.build(parts.settings, parts.tensors, "random weights")
    sys.exit("no layout matches")


def package(state: biggan_layouts.State) -> Callable[[NDArray[np.float32]], Pixels]:
    """Render as the package's README says, in eval mode."""
    network = BigGAN(BigGAN512)
    network.load_state_dict(state)
    network.eval()

    def render(z: NDArray[np.float32]) -> Pixels:
        label = torch.from_numpy(one_hot_from_int(CLASS, len(z)))
        with torch.no_grad():
            images: list[PIL.Image.Image] = convert_to_images(
                network(torch.from_numpy(z), label, PSI)
            )
        return np.stack([np.asarray(image) for image in images])

    return render


def main(images: int = 5, threads: int = 2) -> None:
    """Time and compare."""
    torch.set_num_threads(threads)
    state = biggan_layouts.hugging_face(512, 128)
    ours, theirs = mnemo(state), package(state)

    def render(z: NDArray[np.float32]) -> Pixels:
        return ours.render(z, classes=[CLASS] * len(z), psi=PSI)

    seconds: dict[str, list[float]] = {"mnemo": [], "package": []}
    worst = 0
    for turn, z in enumerate(ours.sample(range(images + 1), PSI)[:, None]):
        made: list[Pixels] = []
        for name, function in (("mnemo", render), ("package", theirs)):
            start = time.perf_counter()
            made.append(function(z))
            if turn:
                seconds[name].append(time.perf_counter() - start)
        worst = max(worst, int(np.abs(made[0].astype(int) - made[1]).max()))
    times = {name: median(taken) for name, taken in seconds.items()}
    ratio = times["package"] / times["mnemo"]
    print(f"BigGAN-deep, 512 px, {threads} threads, {images} images, seconds per image:")
    print(
        f"  mnemo {times['mnemo']:.2f}, package {times['package']:.2f}: {ratio:.2f} times as fast"
    )
    print(f"  largest difference of a pixel: {worst} of 255")

    alone = mnemo(biggan_layouts.ganalyze(256, 96))
    taken = []
    for z in alone.sample(range(images + 1))[:, None]:
        start = time.perf_counter()
        alone.render(z, classes=[CLASS])
        taken.append(time.perf_counter() - start)
    print(f"BigGAN, 256 px: {median(taken[1:]):.2f} seconds per image")
    if worst > 1 or ratio < REQUIRED:
        sys.exit(f"at most 1 of 255 and at least {REQUIRED} times as fast are required")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
