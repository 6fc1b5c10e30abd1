"""What a job costs, from the images in it: time, memory and disk, as they were measured.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

from functools import cache
from math import ceil, log2
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict

from mnemo.generators.registry import GENERATORS, Entry

#: Rules that render images.
RENDERING = ("render_images", "render_kept")
#: What is asked for over the estimate. A job that needs still more gets it when it is tried again.
MEMORY_MARGIN, TIME_MARGIN = 1.5, 3
#: What a step of an inversion takes against rendering an image, in time and in memory.
INVERTING = 2.5
#: What a latent that a direction is learned on takes against rendering and scoring an image: the
#: seed's and the moved latent's, and going back through the latter.
LEARNING = 4
#: MiB that Snakemake itself takes inside a SLURM job: two processes beside that of the rule.
SNAKEMAKE_MEMORY = 300
#: Least time asked for, in minutes: a node may be slow to start Python from a shared disk.
LEAST_RUNTIME = 5


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


class Rendering(BaseModel):
    """What rendering costs with one generator, over coding the images."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    seconds: float
    gpu: float
    memory: float


class Cost(NamedTuple):
    """What one job costs.

    Attributes:
        start: Seconds until the first image.
        seconds: Seconds of one core after that.
        gpu_seconds: Seconds of a GPU in place of those; None for a rule that uses none.
        memory: Peak, in MiB.
        disk: Bytes written.
    """

    start: float
    seconds: float
    gpu_seconds: float | None
    memory: float
    disk: float

    def wall(self, threads: int, gpus: int = 0) -> float:
        """Return the seconds from the job's start to its end.

        Args:
            threads: Cores that it has.
            gpus: GPUs that it has.
        """
        on_gpu = self.gpu_seconds if gpus else None
        return self.start + (self.seconds / threads if on_gpu is None else on_gpu)


@cache
def rates() -> dict[str, Rate]:
    """Read the rates.

    Returns:
        What each rule costs, by its name.
    """
    return {rule: Rate.model_validate(rate) for rule, rate in _read()["rules"].items()}


@cache
def generators() -> dict[str, Rendering]:
    """Read what rendering costs with each generator.

    Returns:
        The rates by the generator's name.
    """
    return {name: Rendering.model_validate(rate) for name, rate in _read()["generators"].items()}


@cache
def extractors() -> dict[str, dict[str, float]]:
    """Read in what the rates differ of features other than ResNet-152's or dlib-face's.

    Returns:
        By the network's name, those values of its `Rate`.
    """
    read: dict[str, dict[str, float]] = _read()["extractors"]
    return read


def rendering_with(generator: Entry) -> Rendering:
    """Estimate what rendering costs with any generator.

    Args:
        generator: The generator.

    Returns:
        Its rates; for a user's own, those of the one of its architecture that is nearest in size,
        scaled by the height of the images. By the pixels would be too much, since an architecture
        has fewer channels where it has more pixels: a StyleGAN2 of 1024 pixels takes twice as long
        as one of 256.
    """
    known = generators()
    if generator.name in known:
        return known[generator.name]
    sizes = {
        each.resolution / generator.resolution: known[name]
        for name, each in GENERATORS.items()
        if each.architecture == generator.architecture
    }
    nearest = min(sizes, key=lambda ratio: abs(log2(ratio)))
    alike, larger = sizes[nearest], 1 / nearest
    return Rendering(
        seconds=alike.seconds * larger,
        gpu=alike.gpu / larger,
        memory=alike.memory * max(1, larger),
    )


@cache
def multiples(of: str) -> dict[str, float]:
    """Read by how much things differ from the one that the rates are of.

    Args:
        of: `assessors`, what scoring an image takes against ResMem; `architectures`, what an epoch
            of training takes against a resnet10; `memory_of_architectures`, how many images'
            memory a network's training takes over a resnet10's.

    Returns:
        The multiples by name.
    """
    read: dict[str, float] = _read()[of]
    return read


def _read() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text())
    return read


def cost(
    rule: str,
    generator: Entry,
    images: int,
    at_once: int | None = None,
    times: float = 1,
    extractor: str = "",
) -> Cost:
    """Estimate what one job costs.

    Args:
        rule: The job's rule.
        generator: The study's generator.
        images: Images that it works on.
        at_once: Images that it holds in memory at once; all when None.
        times: How often it goes over them, against the default study.
        extractor: The network, of a job that extracts features or embeds faces.

    Returns:
        The estimate, without a margin.
    """
    rate, pixels = rates()[rule], generator.resolution**2
    rate = rate.model_copy(update=extractors().get(extractor, {}))
    seconds = rate.seconds + rate.seconds_per_megapixel * pixels / 1_000_000
    gpu, memory, rendering = rate.gpu, rate.memory, rendering_with(generator)
    if rule in ("sample_latents", "mix_latents", "calibrate_layers", *RENDERING):
        memory += rendering.memory
    if rule == "invert_photos":
        # Of 1,000 steps, each of which renders the photograph, and goes back through the generator.
        seconds += 1000 * INVERTING * rendering.seconds
        gpu = 1 / (1 / rate.gpu + 1000 * INVERTING / rendering.gpu) if rate.gpu else None
        memory += INVERTING * rendering.memory
    if rule == "learn_direction":
        # Its rate is that of scoring; rendering takes as long whatever the assessor.
        seconds += LEARNING * rendering.seconds / times
        gpu = 1 / (1 / rate.gpu + LEARNING / rendering.gpu / times) if rate.gpu else None
        memory += INVERTING * rendering.memory
    if rule in ("calibrate_layers", *RENDERING):
        seconds += rendering.seconds
        gpu = rendering.gpu
    held = rate.memory_per_image * 2**10 + rate.memory_per_pixel * pixels
    return Cost(
        start=rate.start,
        seconds=times * images * seconds,
        gpu_seconds=times * images / gpu if gpu else None,
        memory=memory + (images if at_once is None else at_once) * held / 2**20,
        disk=images * (rate.disk + rate.disk_per_pixel * pixels),
    )


def memory_to_ask(job: Cost, attempt: int) -> int:
    """Return how much memory to ask for.

    Args:
        job: The estimate.
        attempt: 1 for the first time that the job is tried; each later one gets as much more.

    Returns:
        MB, in steps of 256.
    """
    return 256 * ceil((MEMORY_MARGIN * job.memory + SNAKEMAKE_MEMORY) / 256) * attempt


def runtime_to_ask(seconds: float, attempt: int) -> int:
    """Return how much time to ask for.

    Args:
        seconds: The estimated wall time.
        attempt: As for `memory_to_ask`.

    Returns:
        Minutes.
    """
    return max(LEAST_RUNTIME, ceil(TIME_MARGIN * seconds / 60)) * attempt
