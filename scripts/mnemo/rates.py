"""What a job costs, from the images in it: time, memory and disk, as they were measured.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

from functools import cache
from math import ceil
from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict

#: What is asked for over the estimate. A job that needs still more gets it when it is tried again.
MEMORY_MARGIN, TIME_MARGIN = 1.5, 3
#: MiB that Snakemake itself takes inside a SLURM job: two processes beside that of the rule.
SNAKEMAKE_MEMORY = 300
#: Least time asked for, in minutes: a node may be slow to start Python from a shared disk.
LEAST_RUNTIME = 10


class Rate(BaseModel):
    """What a rule costs; `rates.yaml` says in which units."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    start: float
    seconds: float = 0
    seconds_per_megapixel: float = 0
    gpu: float | None = None
    memory: float
    memory_per_image: float = 0
    memory_per_pixel: float = 0
    disk: float = 0
    disk_per_pixel: float = 0


class Cost(NamedTuple):
    """What one job costs.

    Attributes:
        seconds: Wall time on one core.
        gpu_seconds: Wall time with a GPU; None for a rule that uses none.
        memory: Peak, in MiB.
        disk: Bytes written.
    """

    seconds: float
    gpu_seconds: float | None
    memory: float
    disk: float


@cache
def rates() -> dict[str, Rate]:
    """Read the rates.

    Returns:
        What each rule costs, by its name.
    """
    raw = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text())
    return {rule: Rate.model_validate(rate) for rule, rate in raw.items()}


def cost(rule: str, images: int, resolution: int, at_once: int | None = None) -> Cost:
    """Estimate what one job costs.

    Args:
        rule: The job's rule.
        images: Images that it works on.
        resolution: Height and width of the generator's images, in pixels.
        at_once: Images that it holds in memory at once; all when None.

    Returns:
        The estimate, without a margin.
    """
    rate, pixels = rates()[rule], resolution**2
    held = rate.memory_per_image * 2**10 + rate.memory_per_pixel * pixels
    return Cost(
        seconds=rate.start
        + images * (rate.seconds + rate.seconds_per_megapixel * pixels / 1_000_000),
        gpu_seconds=rate.start + images / rate.gpu if rate.gpu else None,
        memory=rate.memory + (images if at_once is None else at_once) * held / 2**20,
        disk=images * (rate.disk + rate.disk_per_pixel * pixels),
    )


def memory_to_ask(job: Cost, attempt: int) -> int:
    """Say how much memory to ask for.

    Args:
        job: The estimate.
        attempt: 1 for the first time that the job is tried; each later one gets as much more.

    Returns:
        MB, in steps of 256.
    """
    return 256 * ceil((MEMORY_MARGIN * job.memory + SNAKEMAKE_MEMORY) / 256) * attempt


def runtime_to_ask(job: Cost, attempt: int, *, gpu: bool) -> int:
    """Say how much time to ask for.

    Args:
        job: The estimate.
        attempt: As for `memory_to_ask`.
        gpu: Whether the job has a GPU.

    Returns:
        Minutes.
    """
    seconds = job.gpu_seconds if gpu and job.gpu_seconds else job.seconds
    return max(LEAST_RUNTIME, ceil(TIME_MARGIN * seconds / 60)) * attempt
