"""The jobs of a study whose work grows with it, and what each works on.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from math import ceil
from typing import NamedTuple

from mnemo.assessors.registry import ASSESSORS
from mnemo.config import Config, Edit, ImageSet, alpha_name
from mnemo.generators.registry import GENERATORS
from mnemo.shards import cut

#: Sets that are drawn from seeds.
BASES = ("fit", "eval", "reference")
#: Images whose features take as much memory as measuring realness does for however many.
MEASURED_AT_ONCE = 200_000


class Workload(NamedTuple):
    """What one job works on.

    Attributes:
        images: Images; of a job that reads several scores of an image, its scores.
        at_once: How many of them it holds in memory at once.
        times: How often it goes over them, against the default study.
    """

    images: int
    at_once: int
    times: float = 1


class Job(NamedTuple):
    """One job of a rule whose work grows with the study.

    Attributes:
        rule: The rule.
        work: What it works on.
        output: Its file in the results folder; where it has several, the first.
        record: Its benchmark file in the folder of benchmarks, and its log in that of logs, without
            their endings.
    """

    rule: str
    work: Workload
    output: str
    record: str


def edited_sets(edit: Edit) -> list[str]:
    """Name the sets that an edit makes, in order."""
    return [f"eval/{edit.name}/{alpha_name(alpha)}" for alpha in edit.alphas]


def images_of(config: Config, name: str) -> ImageSet:
    """Find the unedited set that a set comes from."""
    images: ImageSet = getattr(config.sets, name.split("/")[0])
    return images


def workload(config: Config, rule: str, wildcards: Mapping[str, str]) -> Workload:
    """Tell what a job works on.

    Args:
        config: The study.
        rule: The job's rule.
        wildcards: The job's wildcards.
    """
    if shard := wildcards.get("shard"):
        images = images_of(config, wildcards.get("set") or wildcards.get("base", ""))
        scored = rule in ("score_images", "extract_features", "subtract_scores")
        size = config.score_shard_size if scored else config.shard_size
        count = len(cut(images, size)[shard])
        at_once = {
            "score_images": config.shard_size,
            "extract_features": config.shard_size,
            "render_images": GENERATORS[config.generator.name].at_once,
        }
        return Workload(count, min(count, at_once.get(rule, count)))
    fit, grid = config.sets.fit.count, config.hyperplanes
    edited = {edit.name: config.sets.eval.count * len(edit.alphas) for edit in config.edits}
    of_edit = edited.get(wildcards.get("edit", ""), 0)
    scorings = len(config.assessors) * len(config.shapes)
    resampled = config.statistics.resamples / 1000
    match rule, wildcards.get("table"):
        case "fit_hyperplane", _:
            # The default study fits 56 times on latents of 100 numbers.
            larger = GENERATORS[config.generator.name].latent_dim / 100
            fits = grid.folds * (1 + grid.permutations) + 1
            return Workload(fit, ceil(fit * larger), larger * fits / 56)
        case "measure_agreement", _:
            return Workload(fit * scorings, fit * scorings, resampled)
        case "draw_distributions", _:
            return Workload(fit * scorings, fit * scorings)
        case "measure_dose_response", _:
            return Workload(of_edit * scorings, of_edit * scorings, resampled)
        case "draw_dose_response", _:
            return Workload(of_edit * len(config.shapes), of_edit * len(config.shapes))
        case "measure_realness", _:
            count = of_edit + config.sets.reference.count
            return Workload(count, min(count, MEASURED_AT_ONCE))
        case "merge_table", "scores":
            return Workload((fit + sum(edited.values())) * scorings, config.score_shard_size)
        case "merge_table" | "show_faces", ("faces" | None):
            return Workload(fit + sum(edited.values()), config.shard_size)
    return Workload(0, 0)


def of_study(config: Config) -> Iterator[Job]:
    """List the jobs whose work grows with the study, in the order of the diagram.

    Args:
        config: The study.

    Yields:
        All of them, whether they are done or not.
    """

    def job(rule: str, output: str, name: str = "", **wildcards: str) -> Job:
        """Make a job; `{set}` and `{shard}` are filled in."""
        file = f"{output}.parquet".format_map(wildcards)
        record = f"{rule}/{name}".rstrip("/").format_map(wildcards)
        return Job(rule, workload(config, rule, wildcards), file, record)

    def each(names: Iterable[str], size: int) -> Iterator[dict[str, str]]:
        for name in names:
            for shard in cut(images_of(config, name), size):
                yield {"set": name, "shard": shard}

    edited = [name for edit in config.edits for name in edited_sets(edit)]
    images, scores = config.shard_size, config.score_shard_size
    for place in each(BASES, images):
        yield job("sample_latents", "{set}/latents/{shard}", "{set}/{shard}", **place)
    for place in each(edited, images):
        yield job("edit_latents", "{set}/latents/{shard}", "{set}/{shard}", **place)
    for place in each([*BASES, *edited], images):
        yield job("render_images", "{set}/square/{shard}", "{set}/{shard}", **place)
    if "oval" in config.shapes:
        for place in each(["fit", *edited], images):
            yield job("ovalize_images", "{set}/oval/{shard}", "{set}/{shard}", **place)
    for assessor, shape in product(config.assessors, config.shapes):
        rule = "subtract_scores" if ASSESSORS[assessor].parts else "score_images"
        scored = f"{assessor}/{shape}/{{shard}}"
        for place in each(["fit", *edited], scores):
            yield job(rule, f"{{set}}/scores/{scored}", f"{{set}}/{scored}", **place)
    extracted = f"{config.realness.features}/{{shard}}"
    for place in each(["reference", *edited], scores):
        yield job(
            "extract_features", f"{{set}}/features/{extracted}", f"{{set}}/{extracted}", **place
        )
    grid = config.hyperplanes
    for names in product(grid.spaces, config.assessors, config.shapes, grid.thresholds):
        yield job("fit_hyperplane", "/".join(("hyperplanes", *names)), "/".join(names))
    yield job("measure_agreement", "agreement")
    for edit in config.edits:
        responses = f"dose_response/{edit.name}/dose_response"
        yield job("measure_dose_response", responses, edit.name, edit=edit.name)
        yield job("measure_realness", f"realness/{edit.name}", edit.name, edit=edit.name)
    yield job("merge_table", "scores", "scores", table="scores")
