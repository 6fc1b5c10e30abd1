"""Plans: the jobs that Snakemake will run, what they ask for, and warnings of lost nights."""

import re
import shutil
from math import inf
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from snakemake.utils import update_config

from mnemo.generators.registry import ARCHITECTURES, GENERATORS, entry
from mnemo.plan import jobs, plans, rates
from mnemo.study import config, sets
from mnemo.study.mistakes import checked
from mnemo.study.paths import Paths

ROOT = Path(__file__).parents[3]
FACES = GENERATORS["dcgan-faces"]
ON_GPUS = ("score_images", "extract_features", "embed_faces")
REQUESTS = {rule: plans.Request(threads=4, gpu=int(rule in ON_GPUS)) for rule in rates.rates()}


@pytest.fixture(autouse=True)
def empty_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a disk that holds any study, whatever the machine has."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10**12))


def partition(**limits: float) -> SimpleNamespace:
    """Describe a partition as Snakemake's SLURM plugin does, which not every machine has."""
    unlimited = ("max_mem_mb", "max_runtime", "max_cpus_per_task", "max_cpus_per_gpu")
    return SimpleNamespace(
        limits=SimpleNamespace(**{**dict.fromkeys(unlimited, inf), "max_gpu": 0, **limits})
    )


CPU = partition(max_runtime=1440, max_mem_mb=64000)
GPU = partition(max_runtime=1440, max_mem_mb=64000, max_gpu=4)


def study(overlay: str, **changes: Any) -> config.Config:
    """Read a study with changes laid over it, as Snakemake does."""
    raw = yaml.safe_load((ROOT / overlay).read_text())
    update_config(raw, changes)
    return checked(raw)


def warnings(planned: config.Config, folder: Path, *partitions: Any) -> str:
    lines = plans.lines(planned, REQUESTS, folder)
    return "\n".join(plans.warnings(planned, lines, REQUESTS, folder, partitions))


def test_every_planned_file_is_one_that_a_finished_study_has(tmp_path: Path) -> None:
    tiny = study("tests/data/study.yaml")
    for job in jobs.of_study(tiny):
        (tmp_path / job.output).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / job.output).touch()
    assert all(line.done == line.jobs for line in plans.lines(tiny, REQUESTS, tmp_path))
    assert (tmp_path / "eval/memorable/3/scores/corrected-resmem/oval/00000.parquet").is_file()


def test_the_images_that_are_kept_are_planned_as_those_that_are_not(tmp_path: Path) -> None:
    strips = study("tests/data/study.yaml", images={"keep": "strips"})
    asked = {rule: own for rule, own in REQUESTS.items() if not rule.endswith("_kept")}
    lines = {line.rule: line for line in plans.lines(strips, asked, tmp_path)}
    # One file of each edit, and of the ovals of the one that has some.
    assert (lines["render_kept"].jobs, lines["ovalize_kept"].jobs) == (2, 1)
    plans.warnings(strips, lines.values(), asked, tmp_path, [CPU, GPU])


def test_the_times_of_finished_jobs_correct_the_estimates_of_the_others(tmp_path: Path) -> None:
    large = study("studies/large.yaml")
    before = {line.rule: line for line in plans.lines(large, REQUESTS, tmp_path)}
    job = next(job for job in jobs.of_study(large) if job.rule == "ovalize_images")
    record = tmp_path / "benchmarks" / f"{job.record}.tsv"
    for path in (tmp_path / job.output, record):
        path.parent.mkdir(parents=True)
        path.touch()
    cost = rates.cost("ovalize_images", FACES, *job.work)
    record.write_text(f"s\th:m:s\n{3 * cost.wall(threads=4)}\t-\n")
    after = {line.rule: line for line in plans.lines(large, REQUESTS, tmp_path)}
    assert after["ovalize_images"].measured == pytest.approx(3)
    assert after["ovalize_images"].core_hours == pytest.approx(
        3 * before["ovalize_images"].core_hours
    )
    assert after["score_images"] == before["score_images"]


def test_twice_the_images_take_twice_the_time_and_disk_beyond_the_start() -> None:
    none, once, twice = (rates.cost("score_images", FACES, n) for n in (0, 1000, 2000))
    assert twice.seconds - none.seconds == pytest.approx(2 * (once.seconds - none.seconds))
    assert twice.disk == 2 * once.disk


def test_a_larger_face_recognition_network_needs_more_time_memory_and_disk() -> None:
    costs = []
    for features in ("dlib-face", "resnet50-vggface2"):
        planned = study("config.yaml", identity={"features": features})
        embeds = next(job for job in jobs.of_study(planned) if job.rule == "embed_faces")
        assert f"/embeddings/{features}/" in embeds.output
        costs.append(rates.cost("embed_faces", FACES, *embeds.work))
    assert costs[0] == rates.cost("embed_faces", FACES, embeds.work.images)
    assert costs[1].seconds > 2 * costs[0].seconds
    assert costs[1].memory > costs[0].memory + 300
    assert costs[1].disk > 10 * costs[0].disk


def test_a_gpu_embeds_as_many_faces_in_a_job_as_it_scores() -> None:
    planned = study("studies/large.yaml", score_shard_size=5000, shard_size=1000)
    embeds = [job for job in jobs.of_study(planned) if job.rule == "embed_faces"]
    assert {job.work.images for job in embeds} == {5000}
    assert {job.work.at_once for job in embeds} == {1000}
    shard = SimpleNamespace(set="eval/memorable/0", shard="00001")
    read = Paths(planned).images_to_extract(shard)
    assert read == [f"<results>/{shard.set}/square/{number:05}.parquet" for number in range(5, 10)]
    needed = Paths(planned).embeddings_of_edit(SimpleNamespace(edit=planned.edits[0].name))
    assert {path.removeprefix("<results>/") for path in needed} <= {job.output for job in embeds}


def test_larger_images_need_more_memory_and_disk() -> None:
    small, large = (
        rates.cost("render_images", GENERATORS[name], 1000)
        for name in ("dcgan-faces", "stylegan2-ffhq")
    )
    assert large.memory > small.memory
    assert large.disk == pytest.approx(256 * small.disk)


def test_a_generator_of_ones_own_costs_what_mnemos_of_the_same_kind_and_size_does() -> None:
    for known in GENERATORS.values():
        mine = entry("mine", known.architecture, known.resolution)
        costs = [rates.cost("render_images", each, 1000, 10) for each in (known, mine)]
        assert costs[0] == costs[1]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_generator_of_ones_own_costs_more_with_larger_images(architecture: str) -> None:
    sizes = [entry("mine", architecture, 4 << power) for power in range(11)]
    costs = [rates.cost("render_images", each, 1000, 10) for each in sizes]
    assert sorted(cost.seconds for cost in costs) == [cost.seconds for cost in costs]
    assert sorted(cost.memory for cost in costs) == [cost.memory for cost in costs]
    assert len({cost.gpu_seconds for cost in costs}) == len(costs)


def test_the_plan_of_a_generator_of_ones_own_names_it(tmp_path: Path) -> None:
    raw = yaml.safe_load((ROOT / "tests/data/stylegan.yaml").read_text())
    planned = checked(raw)
    page = plans.text(planned, plans.lines(planned, REQUESTS, tmp_path))
    assert page.startswith("The plan of the study tiny: mine, 64 pixels")


def test_a_job_that_is_tried_again_asks_for_more() -> None:
    cost = rates.cost("ovalize_images", FACES, 5000)
    assert [rates.memory_to_ask(cost, attempt) for attempt in (1, 2)] == [
        rates.memory_to_ask(cost, 1),
        2 * rates.memory_to_ask(cost, 1),
    ]
    assert rates.runtime_to_ask(3000, 2) == 2 * rates.runtime_to_ask(3000, 1) > 2 * 3000 / 60


def test_cores_and_gpus_shorten_the_work_and_not_the_start() -> None:
    cost = rates.cost("score_images", FACES, 1000)
    assert cost.wall(threads=4) - cost.start == pytest.approx(
        (cost.wall(threads=1) - cost.start) / 4
    )
    assert cost.start < cost.wall(threads=4, gpus=1) < cost.wall(threads=4)


def test_a_gpu_job_of_the_default_size_takes_5_to_20_minutes(tmp_path: Path) -> None:
    lines = plans.lines(study("studies/large.yaml"), REQUESTS, tmp_path)
    score = next(line for line in lines if line.rule == "score_images")
    assert 5 <= score.minutes <= 20


def test_a_sound_plan_warns_of_nothing(tmp_path: Path) -> None:
    assert warnings(study("studies/large.yaml"), tmp_path, CPU, GPU) == ""


def test_fewer_images_than_features_are_warned_of_with_how_many_it_takes(tmp_path: Path) -> None:
    few = study("studies/large.yaml", sets={"eval": {"count": 2047}})
    told = warnings(few, tmp_path, CPU, GPU)
    assert "2,047 images of eval and 10,000 of reference, and 2,048 features" in told
    assert "at least 2,048 images of each set, or 8,192 for a distance without bias" in told
    enough = study("studies/large.yaml", sets={"eval": {"count": 2048}})
    assert "features" not in warnings(enough, tmp_path, CPU, GPU)


def test_shards_too_small_for_a_gpu_are_warned_of(tmp_path: Path) -> None:
    small = study("studies/large.yaml", score_shard_size=5000)
    assert re.search(
        "score_images: the longest job takes .* make score_shard_size larger",
        warnings(small, tmp_path, CPU, GPU),
    )


def test_shards_too_large_for_a_gpu_are_warned_of(tmp_path: Path) -> None:
    images = {
        name: {"count": 1_000_000, "first_seed": n * 2_000_000} for n, name in enumerate(sets.BASES)
    }
    huge = study("studies/large.yaml", sets=images, score_shard_size=1_000_000)
    assert "make score_shard_size smaller" in warnings(huge, tmp_path, CPU, GPU)


def test_a_learning_that_goes_on_where_it_was_killed_needs_no_shorter_job(tmp_path: Path) -> None:
    long = study("studies/ganalyze-memnet.yaml")
    requests = REQUESTS | {"learn_direction": plans.Request(threads=4, gpu=1)}
    lines = [
        line for line in plans.lines(long, requests, tmp_path) if line.rule == "learn_direction"
    ]
    assert lines[0].minutes > plans.GPU_MINUTES[1]

    def told(*partitions: Any) -> list[str]:
        told = plans.warnings(long, lines, requests, tmp_path, partitions)
        return [each for each in told if each.startswith("learn_direction")]

    assert told(CPU, partition(max_gpu=1)) == []
    why, mend = told(CPU, partition(max_runtime=60, max_gpu=1))
    assert "which no partition of partitions.yaml allows" in why
    assert "goes on where it was killed" in mend
    assert "set-resources: {learn_direction: {runtime: 60}}" in mend
    assert "make the direction's learning.steps smaller" in mend
    # Where memory alone is short, time is no remedy.
    assert len(told(CPU, partition(max_mem_mb=100, max_gpu=1))) == 1


def test_a_rule_that_fits_no_partition_is_warned_of(tmp_path: Path) -> None:
    large = study("studies/large.yaml")
    little = partition(max_mem_mb=4000)
    brief = partition(max_runtime=4)
    told = warnings(large, tmp_path, little, brief, GPU)
    assert re.search("measure_realness: a job asks for .* which no partition", told)
    assert "score_images" not in told
    assert warnings(large, tmp_path, little, brief, CPU, GPU) == ""


def test_a_rule_that_has_no_partition_is_warned_of(tmp_path: Path) -> None:
    told = warnings(study("studies/large.yaml"), tmp_path, CPU)
    assert "score_images: partitions.yaml has no partition with max_gpu" in told


def test_a_large_study_without_a_gpu_is_warned_of(tmp_path: Path) -> None:
    assert "without a GPU this takes" in warnings(study("studies/large.yaml"), tmp_path)


def test_what_is_written_already_needs_no_room(tmp_path: Path) -> None:
    tiny = study("tests/data/study.yaml")
    images, size = {"fit": {"count": 2_000_000_000, "first_seed": 2**31}}, 10_000_000
    sizes = {"shard_size": size, "score_shard_size": size}
    fit_on = {"resmem": size, "falseresmem": size}
    huge = study("tests/data/study.yaml", sets=images, fit_on=fit_on, **sizes)
    assert "GB are still to write" in warnings(huge, tmp_path)
    before = plans.lines(tiny, REQUESTS, tmp_path)
    for job in jobs.of_study(tiny):
        (tmp_path / job.output).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / job.output).touch()
    after = plans.lines(tiny, REQUESTS, tmp_path)
    assert sum(line.left for line in before) == sum(line.disk for line in before) > 0
    assert sum(line.left for line in after) == 0


def test_the_plan_tells_the_size_of_a_shard(tmp_path: Path) -> None:
    large = study("studies/large.yaml")
    told = plans.text(large, plans.lines(large, REQUESTS, tmp_path))
    assert "a shard of latents or images: 5,000 images, 31 MB as squares" in told
    assert "a shard of scores or features: 100,000 images" in told


def test_each_edit_is_measured_by_itself(tmp_path: Path) -> None:
    one = study("studies/large.yaml")
    edit = one.edits[0].model_dump()
    two = study("studies/large.yaml", edits=[edit, {**edit, "name": "again", "alphas": [0, 1]}])
    works = [job.work.images for job in jobs.of_study(two) if job.rule == "measure_realness"]
    assert works == [10_000 * (9 + 2), 10_000 * (2 + 2)]


def test_more_folds_and_permutations_take_longer(tmp_path: Path) -> None:
    def hours(**grid: int) -> float:
        lines = plans.lines(study("studies/large.yaml", hyperplanes=grid), REQUESTS, tmp_path)
        return next(line.core_hours for line in lines if line.rule == "fit_hyperplane")

    assert hours(permutations=1000) > 50 * hours(permutations=10)
    assert hours(folds=10) > hours(folds=5)
    assert hours(repeats=10) > hours(repeats=2)
