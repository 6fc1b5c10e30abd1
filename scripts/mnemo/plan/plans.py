"""The plan of a study: what its jobs will cost, before any of them runs.

This module imports nothing heavy, because it is run on machines that have only Snakemake.
"""

import shutil
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

from tabulate import tabulate

from mnemo.features.registry import EXTRACTORS
from mnemo.plan import disk, jobs, rates
from mnemo.plan.jobs import Job, of_study
from mnemo.statistics.counts import extrapolated
from mnemo.study import sets
from mnemo.study.config import Config

#: Minutes that a GPU job should take: less is spent on starting, more is lost when one is killed.
GPU_MINUTES = (5, 20)
#: Rules whose killed jobs go on where they stood, a minute before at most, and the keys of a study
#: that make one shorter.
RESUMED = {
    "invert_photos": "photos.steps or photos.batch",
    "learn_direction": "the direction's learning.steps",
    "train_assessor": "training.epochs",
}
#: Jobs above which Snakemake takes minutes to plan, and core hours above which a GPU is missed.
MANY_JOBS, MANY_CORE_HOURS = 20_000, 24


class Request(NamedTuple):
    """What a rule asks for, whatever the job.

    Attributes:
        threads: Cores.
        gpu: GPUs.
    """

    threads: int
    gpu: int


@dataclass
class Line:
    """What the jobs of one rule cost together.

    Attributes:
        rule: The rule.
        jobs: How many there are.
        done: How many of them have their file already.
        images: Images of the largest job.
        shortest: Wall time in minutes of the smallest job, with the cores and GPUs that the rule
            asks for.
        minutes: That of the largest job.
        gpu_hours: Of all jobs together.
        core_hours: Of all jobs together: the cores asked for, as long as they are held.
        cpu_hours: Core hours of all jobs together if there is no GPU.
        memory: Of the largest job, in MB, as asked for at the first attempt.
        runtime: Of the largest job, in minutes, as asked for at the first attempt.
        disk: Bytes that all jobs write.
        left: Bytes that the jobs will write that are not done, without those that are deleted on
            the way.
        gpu: Whether the rule asks for a GPU.
        measured: By how much the jobs that are done took longer than estimated; None where none is.
    """

    rule: str
    jobs: int = 0
    done: int = 0
    images: int = 0
    shortest: float = inf
    minutes: float = 0
    gpu_hours: float = 0
    core_hours: float = 0
    cpu_hours: float = 0
    memory: int = 0
    runtime: int = 0
    disk: float = 0
    left: float = 0
    gpu: bool = False
    measured: float | None = None

    def add(self, job: Job, cost: rates.Cost, request: Request, *, done: bool) -> float:
        """Add one job.

        Returns:
            Its estimated wall time in seconds.
        """
        self.gpu = bool(request.gpu)
        seconds = cost.wall(request.threads, request.gpu)
        self.jobs += 1
        self.done += done
        self.images = max(self.images, job.work.images)
        self.shortest = min(self.shortest, seconds / 60)
        self.minutes = max(self.minutes, seconds / 60)
        self.gpu_hours += request.gpu * seconds / 3600
        self.core_hours += request.threads * seconds / 3600
        self.cpu_hours += cost.wall(threads=1) / 3600
        self.memory = max(self.memory, rates.memory_to_ask(cost, 1))
        self.runtime = max(self.runtime, rates.runtime_to_ask(seconds, 1))
        self.disk += cost.disk
        self.left += 0 if done or job.passes else cost.disk
        return seconds

    def correct(self, measured: float) -> None:
        """Correct the estimated times by what was measured."""
        self.measured = measured
        self.shortest *= measured
        self.minutes *= measured
        self.gpu_hours *= measured
        self.core_hours *= measured


def lines(config: Config, requests: Mapping[str, Request], results: str | Path) -> list[Line]:
    """Sum up the cost of a study, rule by rule.

    Args:
        config: The study.
        requests: What each rule asks for.
        results: The study's results folder. The times that its finished jobs took correct the
            estimates of the others.

    Returns:
        A line for each rule whose work grows with the study.
    """
    found: dict[str, Line] = {}
    estimated: defaultdict[str, float] = defaultdict(float)
    took: defaultdict[str, float] = defaultdict(float)
    for job in of_study(config):
        line = found.setdefault(job.rule, Line(job.rule))
        cost = rates.cost(job.rule, config.generator.entry, *job.work)
        # A file that was deleted on the way leaves its record.
        left = f"benchmarks/{job.record}.tsv" if job.passes else job.output
        done = Path(results, left).exists() or Path(results, job.output).exists()
        seconds = line.add(job, cost, _request(requests, job.rule), done=done)
        if done and (measured := _took(job, Path(results), gpu=line.gpu)):
            estimated[job.rule] += seconds
            took[job.rule] += measured
    for rule in took:
        found[rule].correct(took[rule] / estimated[rule])
    return list(found.values())


def _request(requests: Mapping[str, Request], rule: str) -> Request:
    """Look up what a rule asks for; those of images that are kept run the scripts of the others."""
    return requests[rule.replace("_kept", "_images")]


def _took(job: Job, results: Path, *, gpu: bool) -> float | None:
    """Read how many seconds a job took; None where that is not recorded.

    Nor does it count what a job took on a CPU whose rule asks for a GPU.
    """
    record, log = results / f"benchmarks/{job.record}.tsv", results / f"logs/{job.record}.log"
    if not record.is_file():
        return None
    if gpu and not (log.is_file() and "computing on cuda" in log.read_text()):
        return None
    columns, *rows = (line.split("\t") for line in record.read_text().splitlines())
    return float(dict(zip(columns, rows[-1], strict=True))["s"]) if rows else None


def text(config: Config, plan: Iterable[Line]) -> str:
    """Lay a plan out as a page.

    Args:
        config: The study.
        plan: Its lines.

    Returns:
        The page.
    """
    plan = list(plan)
    generator = config.generator.entry
    shard = rates.cost("render_images", generator, config.shard_size)
    total = Line(
        "all",
        jobs=sum(line.jobs for line in plan),
        done=sum(line.done for line in plan),
        gpu_hours=sum(line.gpu_hours for line in plan),
        core_hours=sum(line.core_hours for line in plan),
        cpu_hours=sum(line.cpu_hours for line in plan),
        memory=max(line.memory for line in plan),
        disk=sum(line.disk for line in plan),
    )
    table = tabulate(
        [
            (
                line.rule,
                line.jobs,
                line.done,
                line.images or None,
                f"{line.shortest:.1f} - {line.minutes:.1f}" if line.minutes else None,
                line.gpu_hours,
                line.core_hours,
                line.memory / 1000,
                line.disk / 1e9,
                line.measured,
            )
            for line in (*plan, total)
        ],
        headers=(
            *("rule", "jobs", "done", "images", "min", "GPU h", "core h", "GB", "disk GB"),
            "measured",
        ),
        floatfmt=".1f",
        intfmt=",",
        colalign=("left", *["right"] * 9),
    )
    return f"""\
The plan of the study {config.study}: {generator.name}, {generator.resolution} pixels
  a shard of latents or images: {config.shard_size:,} images, {shard.disk / 1e6:,.0f} MB as squares
  a shard of scores or features: {config.score_shard_size:,} images, or all of a set

{table}

images, GB: of the rule's largest job, and the memory that it asks for.
min: the wall time of its smallest and of its largest job.
measured: the time that this study's finished jobs took over their estimate, by which min and hours
are corrected; where there is none they are those of rates.yaml, and a GPU's are assumed.
Figures, pages and small tables come on top: some tens of jobs of seconds.
Without a GPU: {total.cpu_hours:,.1f} core hours, as estimated.
{_images(config, plan)}"""


def _images(config: Config, plan: Iterable[Line]) -> str:
    """Say which disk the images take, in all and at once, and what rendering them again costs."""
    written, passing = disk.of_images(config).written, config
    if config.images.keep == "all":
        none = config.images.model_copy(update={"keep": "none"})
        fewer = {"images": none, "score_shard_size": config.shard_size}
        passing = config.model_copy(update=fewer)
    found = disk.of_images(passing)
    at_once = (
        f"at most {found.at_once(1) / 1e9:,.1f} GB lie there at once while one job runs at a time, "
        f"and {found.each / 1e9:,.1f} GB more for each further job."
    )
    if passing is config:
        stay = f"{written / 1e9:,.1f} GB are written, of which {found.stay / 1e9:,.1f} GB stay; "
    else:
        size = f"score_shard_size: {config.shard_size}"
        stay = f"{written / 1e9:,.1f} GB, all of which stay. With images.keep: none and {size}, "
    made = [line for line in plan if line.rule in jobs.OF_IMAGES]
    gpu, cores, without = (
        f"{sum(getattr(line, f'{kind}_hours') for line in made):,.1f}"
        for kind in ("gpu", "core", "cpu")
    )
    again = (
        "What is added once images are deleted, such as an assessor, needs them again: rendering "
        f"all takes {gpu} GPU hours and {cores} core hours, or {without} core hours without a GPU."
    )
    return textwrap.fill(f"Images: {stay}{at_once} {again}", 100)


def warnings(
    config: Config,
    plan: Iterable[Line],
    requests: Mapping[str, Request],
    results: str | Path,
    partitions: Sequence[Any],
) -> list[str]:
    """Find what would cost a night, or leave a result that can't be read.

    Args:
        config: The study.
        plan: Its lines.
        requests: What each rule asks for.
        results: The study's results folder.
        partitions: The cluster's, as Snakemake's SLURM plugin reads them; none where there is no
            cluster.

    Returns:
        A sentence for each.
    """
    plan = list(plan)
    sentences = []
    for line in plan:
        in_shards = line.gpu and line.rule not in RESUMED
        if in_shards and line.minutes > GPU_MINUTES[1]:
            sentences.append(
                f"{line.rule}: a job takes {line.minutes:.0f} minutes on a GPU: make "
                "score_shard_size smaller, so that less is lost when one is killed."
            )
        if in_shards and line.minutes < GPU_MINUTES[0] and line.gpu_hours * 60 > GPU_MINUTES[1]:
            sentences.append(
                f"{line.rule}: the longest job takes {line.minutes:.1f} minutes on a GPU, of which "
                "starting is a good part: make score_shard_size larger (for images: shard_size)."
            )
        if line.measured and line.measured > rates.TIME_MARGIN:
            sentences.append(
                f"{line.rule}: jobs take {line.measured:.1f} times as long as estimated, and ask "
                f"for {rates.TIME_MARGIN} times as long when they are first tried."
            )
        sentences += _unfit(line, _request(requests, line.rule), partitions)
    total = sum(line.jobs for line in plan)
    if total > MANY_JOBS:
        sentences.append(
            f"{total:,} jobs: Snakemake takes long to plan so many. Make shard_size larger, or run "
            "the study in batches: see docs/scaling.md."
        )
    without = sum(line.cpu_hours for line in plan)
    if not partitions and without > MANY_CORE_HOURS:
        sentences.append(f"on a machine without a GPU this takes {without:,.0f} core hours.")
    needed, free = sum(line.left for line in plan), _free(results)
    if any(line.rule in jobs.OF_IMAGES and line.done < line.jobs for line in plan):
        found = disk.of_images(config)
        needed += found.at_once(1) - found.stay
    if needed > free:
        sentences.append(
            f"{needed / 1e9:,.1f} GB are still to write, and the disk of {results} has "
            f"{free / 1e9:,.1f} GB free."
        )
    return [*sentences, *_biased(config)]


def _biased(config: Config) -> Iterator[str]:
    """Warn of sets with fewer images than features, whose Fréchet distance is mostly bias."""
    dim = EXTRACTORS[config.realness.features].dim
    reference = config.sets.reference.count
    measured = filter(config.measures_realness, config.edits)
    for name in dict.fromkeys(edit.of for edit in measured):
        count = sets.base(config, name).count
        if min(count, reference) < dim:
            yield (
                f"measure_realness: {count:,} images of {name} and {reference:,} of reference, and "
                f"{dim:,} features: with fewer images than features, a Fréchet distance is mostly "
                f"bias, and only the kernel distance can be read. Take at least {dim:,} images of "
                f"each set, or {extrapolated(dim):,} for a distance without bias."
            )


def partitions(path: str | Path) -> list[Any]:
    """Read the limits of a cluster's partitions as Snakemake's SLURM plugin does.

    Args:
        path: The profile's file of them.

    Returns:
        The partitions; none on a machine that has no SLURM, where they mean nothing.
    """
    if not shutil.which("sinfo"):
        return []
    # Imported here, because the Snakefile reads this module on machines that lack the plugin.
    from snakemake_executor_plugin_slurm.partitions import read_partition_file

    return list(read_partition_file(Path(path)))


def _unfit(line: Line, request: Request, partitions: Iterable[Any]) -> Iterator[str]:
    """Return whether a rule's largest job fits none of the partitions that it may run in."""
    open_to = [each for each in partitions if bool(each.limits.max_gpu) == line.gpu]
    if partitions and not open_to:
        kind = "with max_gpu" if line.gpu else "without max_gpu"
        yield f"{line.rule}: partitions.yaml has no partition {kind}, so its jobs have no place."
    elif open_to and not any(
        line.memory <= limits.max_mem_mb
        and line.runtime <= limits.max_runtime
        and request.threads <= (limits.max_cpus_per_gpu if line.gpu else limits.max_cpus_per_task)
        for limits in (each.limits for each in open_to)
    ):
        yield (
            f"{line.rule}: a job asks for {line.memory} MB of memory, {line.runtime} minutes and "
            f"{request.threads} CPUs, which no partition of partitions.yaml allows."
        )
        longest = max(each.limits.max_runtime for each in open_to)
        if line.rule in RESUMED and line.runtime > longest:
            yield (
                f"{line.rule}: a job is estimated at {line.minutes:.0f} minutes, and goes on where "
                "it was killed. Let it ask for what a partition allows "
                f"(set-resources: {{{line.rule}: {{runtime: {longest:g}}}}} in "
                "profile.yaml) and start it again until it is done; find a partition with a larger "
                f"limit; or make {RESUMED[line.rule]} smaller."
            )


def _free(results: str | Path) -> int:
    """Find the free bytes on the disk that a folder is on, or will be."""
    place = Path(results).resolve()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free
