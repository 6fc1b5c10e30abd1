"""Time StyleGAN2 in Mnemo against NVIDIA's own PyTorch implementation, which draggan ships.

Both make the same four images of config f with the same random weights, in float32, in one process
and with as many threads, in turns: so whatever else the machine does hits both. NVIDIA's runs as it
does by default (fused_modconv), and the other way, which is the faster of the two on some machines;
the ratio is to its faster one. Fails where an image differs by more than 1/255 or the ratio is
below 2. Usage:

    python benchmarks/render.py [resolution] [threads] [repeats]
"""

import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT)]

from tests.support.references import package  # noqa: E402

from mnemo.generators import stylegan2  # noqa: E402
from mnemo.generators.styled import Styled  # noqa: E402

IMAGES = 4
REQUIRED = 2.0

Render = Callable[[], NDArray[np.uint8]]


def nvidia(resolution: int) -> Any:
    """Make NVIDIA's network with random weights."""
    sys.path.insert(0, str(package("draggan", "1.1.6") / "draggan" / "stylegan2"))
    from training.networks import Generator

    torch.manual_seed(0)
    network = Generator(
        z_dim=512,
        c_dim=0,
        w_dim=512,
        img_resolution=resolution,
        img_channels=3,
        mapping_kwargs={"num_layers": 8},
        synthesis_kwargs={"num_fp16_res": 0, "conv_clamp": None},
    )
    for name, tensor in network.named_parameters():
        if name.endswith(("noise_strength", "bias")):
            tensor.data.add_(0.1 * torch.randn_like(tensor))
        elif name.endswith("torgb.weight"):
            tensor.data.mul_(0.2)  # so that few pixels are black or white
    return network.eval().requires_grad_(False)


def mnemo(network: Any) -> Styled:
    """Make Mnemo's generator with the weights of NVIDIA's."""
    tensors = {
        name: tensor.clone()
        for name, tensor in network.state_dict().items()
        if not name.endswith("resample_filter")
    }
    sizes = network.synthesis.block_resolutions
    channels = [len(tensors[f"synthesis.b{size}.conv1.weight"]) for size in sizes]
    return stylegan2.build({"z_dim": 512, "w_dim": 512, "channels": channels}, tensors, "random")


def contenders(resolution: int) -> dict[str, Render]:
    """Make what renders the same images."""
    reference = nvidia(resolution)
    generator = mnemo(reference)
    w = generator.map(generator.sample(range(IMAGES)))
    ws = torch.from_numpy(w).unsqueeze(1).repeat(1, generator.layers, 1)

    def theirs(fused: bool) -> NDArray[np.uint8]:
        with torch.inference_mode():
            images = reference.synthesis(ws, noise_mode="const", fused_modconv=fused)
            images = (images.permute(0, 2, 3, 1) * 127.5 + 128).clamp(0, 255)
            return images.to(torch.uint8).numpy()

    return {
        "Mnemo": lambda: generator.render(w),
        "NVIDIA's, fused (its default)": lambda: theirs(True),
        "NVIDIA's, not fused": lambda: theirs(False),
    }


def peak() -> Callable[[], float]:
    """Make what measures the multiplications and additions a second of a large convolution."""
    layout = {"memory_format": torch.channels_last}
    x, weight = torch.randn(4, 512, 64, 64).to(**layout), torch.randn(512, 512, 3, 3).to(**layout)

    def measure() -> float:
        begun = time.perf_counter()
        with torch.inference_mode():
            F.conv2d(x, weight, padding=1)
        return 2 * 9 * x.numel() * 512 / (time.perf_counter() - begun)

    return measure


def work(resolution: int) -> int:
    """Count the multiplications and additions of an image's convolutions, as their weights say."""
    channels = [min(32768 >> power, 512) for power in range(2, resolution.bit_length())]
    operations = 2 * 9 * 16 * channels[0] ** 2
    for number in range(1, len(channels)):
        before, here = channels[number - 1], channels[number]
        # The up-sampling one works on the pixels of the resolution before.
        operations += 2 * 9 * (4 << number) ** 2 * here * (before // 4 + here)
    return operations + sum(2 * 3 * (4 << n) ** 2 * width for n, width in enumerate(channels))


def main() -> None:
    """Print seconds an image of each, the ratio, and the share of the peak; the best of some."""
    numbers = [int(argument) for argument in sys.argv[1:]]
    resolution, threads, repeats = [*numbers, *(1024, 2, 4)[len(numbers) :]]
    torch.set_num_threads(threads)
    warnings.filterwarnings("ignore")
    renderers, measure = contenders(resolution), peak()
    seconds: dict[str, list[float]] = {name: [] for name in renderers}
    images, peaks = {}, []
    for _ in range(repeats + 1):  # the first is the warm-up
        peaks.append(measure())
        for name, render in renderers.items():
            begun = time.perf_counter()
            images[name] = render()
            seconds[name].append((time.perf_counter() - begun) / IMAGES)

    ours, *theirs = (min(taken[1:]) for taken in seconds.values())
    print(f"config f, {resolution} px, {IMAGES} images, {threads} threads, best of {repeats}")
    for name, taken in seconds.items():
        print(f"{name:30} {min(taken[1:]):6.3f} s an image")
    print(f"{'ratio to the faster':30} {min(theirs) / ours:6.2f} (required: {REQUIRED:g})")
    print(f"{'a large convolution':30} {max(peaks) / 1e9:6.0f} GFLOPS")
    print(f"{'share of that':30} {work(resolution) / ours / max(peaks):6.0%}")
    print(
        f"{'peak memory of all':30} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB"
    )
    mine, their = list(images.values())[:2]
    difference = int(np.abs(mine.astype(int) - their).max())
    print(f"{'largest difference':30} {difference:6} (allowed: 1)")
    if difference > 1 or min(theirs) / ours < REQUIRED:
        sys.exit(1)


if __name__ == "__main__":
    main()
