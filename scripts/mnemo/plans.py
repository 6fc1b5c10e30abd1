"""The plan of a study: its jobs, and what they will cost, before any of them runs.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from humanfriendly import parse_timespan
from tabulate import tabulate

from mnemo import rates
from mnemo.assessors.registry import ASSESSORS
from mnemo.config import Config, ImageSet, alpha_name
from mnemo.errors import MnemoError
from mnemo.generators.registry import GENERATORS
from mnemo.shards import cut

#: Sets that are drawn from seeds.
BASES = ("fit", "eval", "reference")
#: Minutes that a GPU job should take: less is spent on starting, more is lost when one is killed.
GPU_MINUTES = (5, 20)
#: Images whose features take as much memory as measuring realness does for however many.
MEASURED_AT_ONCE = 200_000
#: Jobs above which Snakemake takes minutes to plan, and core hours above which a GPU is missed.
MANY_JOBS, MANY_CORE_HOURS = 20_000, 24


class Job(NamedTuple):
    """One job of a rule whose work grows with the study.

    Attributes:
        rule: The rule.
        images: Images that it works on.
        at_once: Images that it holds in memory at once.
        output: Its file in the results folder; where it has several, the first.
    """

    rule: str
    images: int
    at_once: int
    output: str


class Request(NamedTuple):
    """What a rule asks for, whatever the job.

    Attributes:
        threads: Cores.
        gpu: GPUs.
    """

    threads: int
    gpu: int


def edited_sets(config: Config) -> list[str]:
    """Name the edited sets of a study, in order."""
    return [
        f"eval/{edit.name}/{alpha_name(alpha)}" for edit in config.edits for alpha in edit.alphas
    ]


def images_of(config: Config, name: str) -> ImageSet:
    """Find the unedited set that a set comes from."""
    images: ImageSet = getattr(config.sets, name.split("/")[0])
    return images


def workload(config: Config, rule: str, wildcards: Mapping[str, str]) -> tuple[int, int]:
    """Count the images that a job works on.

    Args:
        config: The study.
        rule: The job's rule.
        wildcards: The job's wildcards.

    Returns:
        The images that it works on, and those that it holds in memory at once.
    """
    fit, edited = config.sets.fit.count, config.sets.eval.count
    alphas = sum(len(edit.alphas) for edit in config.edits)
    scorings = len(config.assessors) * len(config.shapes)
    if shard := wildcards.get("shard"):
        images = images_of(config, wildcards.get("set") or wildcards.get("base", ""))
        if rule in ("score_images", "extract_features", "subtract_scores"):
            count = len(cut(images, config.score_shard_size)[shard])
            return count, min(count, config.shard_size) if rule != "subtract_scores" else count
        count = len(cut(images, config.shard_size)[shard])
        return count, count
    match rule, wildcards.get("table"):
        case "fit_hyperplane", _:
            count = fit
        case (("measure_agreement" | "draw_distributions"), _):
            count = fit * scorings
        case "measure_dose_response" | "draw_dose_response", _:
            count = edited * alphas * scorings
        case "measure_realness", _:
            count = edited * alphas + config.sets.reference.count
            return count, min(count, MEASURED_AT_ONCE)
        case "merge_table", "scores":
            return (fit + edited * alphas) * scorings, config.score_shard_size
        case "merge_table" | "show_faces", ("faces" | None):
            return fit + edited * alphas, config.shard_size
        case _:
            count = 0
    return count, count


def jobs(config: Config) -> Iterator[Job]:
    """List the jobs whose work grows with the study, in the order of the diagram.

    Args:
        config: The study.

    Yields:
        All of them, whether they are done or not.
    """

    def job(rule: str, output: str, **wildcards: str) -> Job:
        return Job(rule, *workload(config, rule, wildcards), output)

    def each(names: Iterable[str], size: int) -> Iterator[dict[str, str]]:
        for name in names:
            for shard in cut(images_of(config, name), size):
                yield {"set": name, "shard": shard}

    edited = edited_sets(config)
    images, scores = config.shard_size, config.score_shard_size
    assessors = {name: ASSESSORS[name].parts is not None for name in config.assessors}
    for place in each(BASES, images):
        yield job("sample_latents", "{set}/latents/{shard}.parquet".format(**place), **place)
    for place in each(edited, images):
        yield job("edit_latents", "{set}/latents/{shard}.parquet".format(**place), **place)
    for place in each([*BASES, *edited], images):
        yield job("render_images", "{set}/square/{shard}.parquet".format(**place), **place)
    if "oval" in config.shapes:
        for place in each(["fit", *edited], images):
            yield job("ovalize_images", "{set}/oval/{shard}.parquet".format(**place), **place)
    for assessor, derived in assessors.items():
        for shape in config.shapes:
            for place in each(["fit", *edited], scores):
                output = "{set}/scores/{assessor}/{shape}/{shard}.parquet"
                yield job(
                    "subtract_scores" if derived else "score_images",
                    output.format(assessor=assessor, shape=shape, **place),
                    **place,
                )
    for place in each(["reference", *edited], scores):
        output = "{set}/features/{features}/{shard}.parquet"
        yield job(
            "extract_features", output.format(features=config.realness.features, **place), **place
        )
    for space in config.hyperplanes.spaces:
        for assessor in assessors:
            for shape in config.shapes:
                for threshold in config.hyperplanes.thresholds:
                    yield job(
                        "fit_hyperplane",
                        f"hyperplanes/{space}/{assessor}/{shape}/{threshold}.parquet",
                    )
    yield job("measure_agreement", "agreement.parquet")
    for edit in config.edits:
        yield job("measure_dose_response", f"dose_response/{edit.name}/dose_response.parquet")
        yield job("measure_realness", f"realness/{edit.name}.parquet")
    yield job("merge_table", "scores.parquet", table="scores")


@dataclass
class Line:
    """What the jobs of one rule cost together.

    Attributes:
        rule: The rule.
        jobs: How many there are.
        done: How many of them have their file already.
        images: Images of the largest job.
        minutes: Wall time of the largest job, with the cores and GPUs that the rule asks for.
        gpu_hours: Of all jobs together.
        core_hours: Of all jobs together: the cores asked for, as long as they are held.
        cpu_hours: Core hours of all jobs together if there is no GPU.
        memory: Of the largest job, in MB, as asked for at the first attempt.
        runtime: Of the largest job, in minutes, as asked for at the first attempt.
        disk: Bytes that all jobs write.
        gpu: Whether the rule asks for a GPU.
    """

    rule: str
    jobs: int = 0
    done: int = 0
    images: int = 0
    minutes: float = 0
    gpu_hours: float = 0
    core_hours: float = 0
    cpu_hours: float = 0
    memory: int = 0
    runtime: int = 0
    disk: float = 0
    gpu: bool = False

    def add(self, job: Job, cost: rates.Cost, request: Request, *, done: bool) -> None:
        """Add one job."""
        self.gpu = bool(request.gpu)
        on_gpu = cost.gpu_seconds if request.gpu else None
        seconds = cost.seconds / request.threads if on_gpu is None else on_gpu
        self.jobs += 1
        self.done += done
        self.images = max(self.images, job.images)
        self.minutes = max(self.minutes, seconds / 60)
        self.gpu_hours += request.gpu * seconds / 3600
        self.core_hours += request.threads * seconds / 3600
        self.cpu_hours += cost.seconds / 3600
        self.memory = max(self.memory, rates.memory_to_ask(cost, 1))
        self.runtime = max(self.runtime, rates.runtime_to_ask(cost, 1, gpu=self.gpu))
        self.disk += cost.disk


def lines(config: Config, requests: Mapping[str, Request], results: str | Path) -> list[Line]:
    """Sum up the cost of a study, rule by rule.

    Args:
        config: The study.
        requests: What each rule asks for.
        results: The study's results folder, in which finished jobs are looked for.

    Returns:
        A line for each rule whose work grows with the study.
    """
    resolution = GENERATORS[config.generator.name].resolution
    found: dict[str, Line] = {}
    for job in jobs(config):
        line = found.setdefault(job.rule, Line(job.rule))
        cost = rates.cost(job.rule, job.images, resolution, job.at_once)
        line.add(job, cost, requests[job.rule], done=Path(results, job.output).is_file())
    return list(found.values())


def text(config: Config, plan: Iterable[Line]) -> str:
    """Lay a plan out as a page.

    Args:
        config: The study.
        plan: Its lines.

    Returns:
        The page.
    """
    plan = list(plan)
    resolution = GENERATORS[config.generator.name].resolution
    shard = rates.cost("render_images", config.shard_size, resolution)
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
                line.minutes or None,
                line.gpu_hours,
                line.core_hours,
                line.memory / 1000,
                line.disk / 1e9,
            )
            for line in (*plan, total)
        ],
        headers=("rule", "jobs", "done", "images", "min", "GPU h", "core h", "GB", "disk GB"),
        floatfmt=".1f",
        intfmt=",",
    )
    return f"""\
The plan of the study {config.study}: {config.generator.name}, {resolution} pixels
  a shard of latents or images: {config.shard_size:,} images, {shard.disk / 1e6:,.0f} MB as squares
  a shard of scores or features: {config.score_shard_size:,} images, or all of a set

{table}

images, min, GB: of the rule's largest job, its wall time, and the memory that it asks for.
Figures, pages and small tables come on top: some tens of jobs of seconds.
The estimates are those of rates.yaml, where the GPU's rates are assumed.
Without a GPU: {total.cpu_hours:,.1f} core hours."""


def warnings(
    config: Config,
    plan: Iterable[Line],
    results: str | Path,
    partitions: Mapping[str, Mapping[str, Any]],
) -> list[str]:
    """Find what would cost a night.

    Args:
        config: The study.
        plan: Its lines.
        results: The study's results folder.
        partitions: The limits of the cluster's partitions, as the profile's file has them: empty
            where there is no cluster.

    Returns:
        A sentence for each.
    """
    plan = list(plan)
    told = []
    for line in plan:
        if line.gpu and line.minutes > GPU_MINUTES[1]:
            told.append(
                f"{line.rule}: a job takes {line.minutes:.0f} minutes on a GPU: make "
                "score_shard_size smaller, so that less is lost when one is killed."
            )
        if line.gpu and line.minutes < GPU_MINUTES[0] and line.gpu_hours * 60 > GPU_MINUTES[1]:
            told.append(
                f"{line.rule}: the longest job takes {line.minutes:.1f} minutes on a GPU, of which "
                "starting is a good part: make score_shard_size larger (for images: shard_size)."
            )
        told += _unfit(line, partitions)
    total = sum(line.jobs for line in plan)
    if total > MANY_JOBS:
        told.append(
            f"{total:,} jobs: Snakemake takes long to plan so many. Make shard_size larger, or run "
            "the study in batches: see docs/scaling.md."
        )
    without = sum(line.cpu_hours for line in plan)
    if not partitions and without > MANY_CORE_HOURS:
        told.append(f"on a machine without a GPU this takes {without:,.0f} core hours.")
    needed, free = sum(line.disk for line in plan), _free(results)
    if needed > free:
        told.append(
            f"the study writes {needed / 1e9:,.1f} GB, and {results} has {free / 1e9:,.1f} GB free."
        )
    return told


def partitions(path: str | Path) -> dict[str, dict[str, Any]]:
    """Read the limits of a cluster's partitions.

    Args:
        path: The profile's file of them, in the format of Snakemake's SLURM plugin.

    Returns:
        The limits of each partition by its name, `max_runtime` in minutes. None on a machine that
        has no SLURM, where they mean nothing.

    Raises:
        MnemoError: The file is not one of partitions.
    """
    if not shutil.which("sinfo"):
        return {}
    read = yaml.safe_load(Path(path).read_text())
    if not isinstance(read, dict) or not isinstance(read.get("partitions"), dict):
        raise MnemoError(f"{path} must list the cluster's partitions under the key `partitions`")
    limits = {name: dict(given or {}) for name, given in read["partitions"].items()}
    for given in limits.values():
        if isinstance(given.get("max_runtime"), str):
            given["max_runtime"] = round(parse_timespan(given["max_runtime"]) / 60)
    return limits


def _unfit(line: Line, partitions: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Tell whether a rule's largest job fits none of the partitions that it may run in."""
    open_to = {
        name: limits
        for name, limits in partitions.items()
        if bool(limits.get("max_gpu")) == line.gpu
    }
    if partitions and not open_to:
        kind = "with max_gpu" if line.gpu else "without max_gpu"
        yield f"{line.rule}: partitions.yaml has no partition {kind}, so its jobs have no place."
    for limit, asked, unit in (
        ("max_mem_mb", line.memory, "MB of memory"),
        ("max_runtime", line.runtime, "minutes"),
    ):
        allowed = [limits[limit] for limits in open_to.values() if limit in limits]
        if len(allowed) == len(open_to) > 0 and asked > max(allowed):
            yield (
                f"{line.rule}: a job asks for {asked} {unit}, and no partition allows more than "
                f"{max(allowed)}."
            )


def _free(results: str | Path) -> int:
    """Find the free bytes on the disk that a folder is on, or will be."""
    place = Path(results).resolve()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free
