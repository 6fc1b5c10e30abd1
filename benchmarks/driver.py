"""Running Snakemake under watch, for more than one benchmark; it measures nothing by itself."""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil


def watch(arguments: Sequence[str | Path], folder: Path, log: Path) -> tuple[float, float]:
    """Run Snakemake, and end the benchmark where it fails.

    Args:
        arguments: Of Snakemake.
        folder: Where it works.
        log: Where its words go.

    Returns:
        The seconds that it took, and the most MiB that it held, without its jobs'.
    """
    start = time.perf_counter()
    with log.open("w") as told:
        driver = psutil.Popen(
            [sys.executable, "-m", "snakemake", *map(str, arguments)],
            cwd=folder,
            stdout=told,
            stderr=subprocess.STDOUT,
        )
        peak = 0
        while driver.poll() is None:
            try:
                peak = max(peak, driver.memory_info().rss)
            except psutil.Error:
                break
            time.sleep(0.1)
        failed = driver.wait()
    seconds = time.perf_counter() - start
    if failed:
        sys.exit(log.read_text()[-3000:])
    return seconds, peak / 2**20
