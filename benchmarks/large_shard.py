"""Write, read and decode a shard of images above 2 GiB, a row group at a time and in one go.

In one go, pyarrow refuses it, because it counts the bytes of a chunk in 32 bits. The images are of
noise, which no codec makes smaller. Usage:

    python benchmarks/large_shard.py [images] [height in pixels]

The file, of 2.3 GB by default, is deleted at the end.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from mnemo import images, tables  # noqa: E402

#: Images that are rendered and encoded at once, as with a generator of 1024 pixels.
AT_ONCE = 32


def write(path: Path, count: int, height: int) -> None:
    """Write a shard as `render_images` does."""
    noise = np.random.default_rng(0).integers(0, 256, (height + count, height, 3), np.uint8)

    def parts() -> Iterator[dict[str, Any]]:
        for start in range(0, count, AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, count))
            keys = [f"{number:07d}" for number in numbers]
            nulls = [None] * len(keys)
            drawn = [noise[number : number + height] for number in numbers]
            pixels = [
                images.encode(image, key, "png") for image, key in zip(drawn, keys, strict=True)
            ]
            yield {
                "set": ["fit"] * len(keys),
                "edit": nulls,
                "alpha": nulls,
                "image": keys,
                "pixels": pixels,
            }

    writer = tables.Provenance("benchmark", "render_images", {}, {})
    tables.write_parts(path, images.IMAGES, parts(), writer)


def decode(path: Path) -> None:
    """Decode each image, as an assessor does."""
    _, pixels = images.read(path)
    print(f"{sum(image.shape[0] > 0 for image in pixels)} images decoded", end=", ")


def whole(path: Path) -> None:
    """Read the shard as one table of Mnemo."""
    print(f"{len(tables.read(path))} rows", end=", ")


def in_one_go(path: Path) -> None:
    """Read the shard as pyarrow does by itself."""
    try:
        print(f"{len(pq.ParquetFile(path).read())} rows", end=", ")
    except pa.ArrowException as why:
        print(f"{type(why).__name__}: {why}", end=", ")


SIDES: dict[str, Callable[..., None]] = {
    "write": write,
    "decode": decode,
    "whole": whole,
    "in_one_go": in_one_go,
}


def main() -> None:
    """Run each side in a process of its own, whose memory is then its own too."""
    if len(sys.argv) > 1 and sys.argv[1] in SIDES:
        side, path, *numbers = sys.argv[1:]
        start = time.perf_counter()
        SIDES[side](Path(path), *map(int, numbers))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{side}: {time.perf_counter() - start:.1f} s, {peak:.2f} GiB at most")
        return
    size = [*sys.argv[1:], *("720", "1024")[len(sys.argv) - 1 :]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "shard.parquet")
        for side in SIDES:
            numbers = size if side == "write" else []
            subprocess.run([sys.executable, __file__, side, str(path), *numbers], check=True)
            if side == "write":
                print(f"{path.stat().st_size / 2**30:.2f} GiB")


if __name__ == "__main__":
    main()
