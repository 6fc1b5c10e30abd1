"""Measure the formats of images: speed, size, and what JPEG changes in scores and in realness.

The pictures are 256 px tiles of photographs as they are, with their grain; 1024 px mosaics of such
tiles, and photographs enlarged to 1024 px, which have more and less detail than faces of that size
(FFHQ's PNGs take 9.7 bits a pixel); and faces of the embedded generator as they are, as ovals on
white, and enlarged. Speeds are those of one core, in CPU time, the best of three passes. Usage:

    python benchmarks/encoding.py [images to score] [folder of photographs]

The photographs default to the two that come with scikit-learn.
"""

import sys
import time
import zlib
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from cleanfid import fid
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_images

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from mnemo import assessors, features, generators, images  # noqa: E402
from mnemo.statistics import distances  # noqa: E402

Picture = NDArray[np.uint8]

#: What each format can be set to; the first is what Mnemo does.
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "png": [
        {"compress_level": 1, "compress_type": zlib.Z_RLE},
        {"compress_level": 1, "compress_type": zlib.Z_HUFFMAN_ONLY},
        *({"compress_level": level} for level in range(1, 7)),
    ],
    "webp": [{"lossless": True, "method": method, "quality": 0} for method in range(5)],
    "jpeg": [{"quality": 95, "subsampling": 0}],
}
TILE = 256


def weights(name: str) -> Path:
    """Find a weights file."""
    path = ROOT / f"resources/weights/{name}.pt"
    if not path.is_file():
        sys.exit(f"{path} is missing: make it with `snakemake weights`.")
    return path


def resized(picture: Picture, size: int) -> Picture:
    """Enlarge or reduce a picture's central square."""
    side = min(picture.shape[:2])
    top, left = (picture.shape[0] - side) // 2, (picture.shape[1] - side) // 2
    square = Image.fromarray(picture[top : top + side, left : left + side])
    return np.asarray(square.resize((size, size), Image.Resampling.LANCZOS))


def tiles(photographs: list[Picture], stride: int) -> list[Picture]:
    """Cut photographs into squares of `TILE` pixels."""
    return [
        photograph[top : top + TILE, left : left + TILE]
        for photograph in photographs
        for top in range(0, photograph.shape[0] - TILE + 1, stride)
        for left in range(0, photograph.shape[1] - TILE + 1, stride)
    ]


def mosaic(squares: list[Picture]) -> Picture:
    """Lay sixteen tiles out as one picture of 1024 pixels."""
    return np.concatenate([np.concatenate(squares[row : row + 4], 1) for row in range(0, 16, 4)])


def ovals(pictures: list[Picture]) -> list[Picture]:
    """Blank all but the inscribed ellipse."""
    across = np.linspace(-1, 1, pictures[0].shape[0])
    outside = across[:, np.newaxis] ** 2 + across**2 > 1
    return [np.where(outside[..., np.newaxis], np.uint8(255), picture) for picture in pictures]


def speed(work: Callable[[Any], Any], items: list[Any]) -> float:
    """Measure items per second of CPU time."""
    seconds = []
    for _ in range(3):
        begun = time.process_time()
        for item in items:
            work(item)
        seconds.append(time.process_time() - begun)
    return len(items) / min(seconds)


def decode(file: bytes) -> Picture:
    """Decode as Mnemo does."""
    with Image.open(BytesIO(file)) as image:
        return np.asarray(image.convert("RGB"))


def encoder(format: str, settings: dict[str, Any]) -> Callable[[Picture], bytes]:
    """Make a function that encodes."""

    def encode(picture: Picture) -> bytes:
        buffer = BytesIO()
        Image.fromarray(picture).save(buffer, format=format, **settings)
        return buffer.getvalue()

    return encode


def compare(name: str, pictures: list[Picture]) -> None:
    """Print speeds and sizes of each format in each setting."""
    height, width, _ = pictures[0].shape
    megabytes = height * width * 3 / 1e6
    print(f"\n{name}: {len(pictures)} of {width} x {height} px")
    print("  encode MB/s   images/s   decode MB/s   bits a pixel")
    for format, choices in SETTINGS.items():
        for settings in choices:
            encode = encoder(format, settings)
            files = [encode(picture) for picture in pictures]
            speeds = speed(encode, pictures), speed(decode, files)
            bits = 8 * sum(map(len, files)) / (len(files) * height * width)
            print(
                f"  {speeds[0] * megabytes:11.1f} {speeds[0]:10.1f} {speeds[1] * megabytes:13.1f}"
                f" {bits:14.2f}   {format} "
                + ", ".join(f"{key} {value}" for key, value in settings.items()),
                flush=True,
            )


def effect(name: str, pictures: list[Picture]) -> None:
    """Print what encoding as JPEG changes in ResMem's scores and in distances of realness."""
    encoded = [decode(images.encode(picture, "", "jpeg")["bytes"]) for picture in pictures]  # type: ignore[arg-type]
    assessor = assessors.load("resmem", weights("resmem"))
    before, after = assessor.score(pictures), assessor.score(encoded)
    change = after - before
    print(f"\n{name}: {len(pictures)}; JPEG for lossless changes")
    print(
        f"  ResMem's score, of sd {before.std():.4f}, by {change.mean():+.5f} in the mean, "
        f"{np.abs(change).mean():.5f} in absolute mean, {np.abs(change).max():.5f} at most"
    )
    extractor = features.load("resnet152", weights("resmem"))
    whole, lossy = (extractor.extract(each).astype(np.float64) for each in (pictures, encoded))
    one, other = np.array_split(np.random.default_rng(0).permutation(len(whole)), 2)
    # Of as many images in each subset as there are, all pairs.
    kernel = partial(fid.kernel_distance, num_subsets=1, max_subset_size=len(one))
    for distance, measure in {"Fréchet": distances.frechet, "kernel": kernel}.items():
        print(f"  {distance} distance of {len(one)} and {len(other)} images")
        for what, value in {
            "lossless, one half to the other": measure(whole[one], whole[other]),
            "JPEG, one half to the other": measure(lossy[one], lossy[other]),
            "JPEG of one half to the other lossless": measure(lossy[one], whole[other]),
            "JPEG of one half to the same lossless": measure(lossy[one], whole[one]),
        }.items():
            print(f"    {what:40} {value:9.5f}", flush=True)


def main() -> None:
    """Print all of it."""
    torch.set_num_threads(1)
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 64
    photographs = load_sample_images().images
    if len(sys.argv) > 2:
        photographs = [decode(path.read_bytes()) for path in sorted(Path(sys.argv[2]).iterdir())]
    generator = generators.load(weights("dcgan-faces"), "dcgan-faces")
    faces = list(generator.render(generator.sample(range(max(count, 100)), psi=0.8)))
    shuffled = np.random.default_rng(0).permutation(len(overlapping := tiles(photographs, 64)))
    cut = [overlapping[index] for index in shuffled]

    compare("tiles of photographs", tiles(photographs, TILE))
    mosaics = [mosaic(cut[at : at + 16]) for at in range(0, min(len(cut), 64) - 15, 16)]
    compare("mosaics of such tiles", mosaics)
    compare("photographs enlarged", [resized(photograph, 1024) for photograph in photographs])
    compare("faces of the embedded generator", faces[:100])
    compare("ovals of such faces, enlarged", ovals([resized(face, 256) for face in faces[:20]]))
    compare("such faces enlarged", [resized(face, 1024) for face in faces[:4]])
    effect("tiles of photographs, 256 px", cut[:count])
    effect("photographs' tiles enlarged to 1024 px", [resized(tile, 1024) for tile in cut[:count]])
    effect("faces of 64 px", faces[:count])


if __name__ == "__main__":
    main()
