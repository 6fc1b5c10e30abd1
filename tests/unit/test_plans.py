"""Plans: the jobs that Snakemake will run, what they ask for, and warnings of lost nights."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from snakemake.utils import update_config

from mnemo import config, plans, rates
from mnemo.errors import MnemoError

ROOT = Path(__file__).parents[2]
REQUESTS = {
    rule: plans.Request(threads=4, gpu=int(rule in ("score_images", "extract_features")))
    for rule in rates.rates()
}
PARTITIONS = {
    "cpu": {"max_runtime": 1440, "max_mem_mb": 64000},
    "gpu": {"max_runtime": 1440, "max_mem_mb": 64000, "max_gpu": 4},
}


def study(overlay: str, **changes: Any) -> config.Config:
    """Read the default study with another laid over it, as Snakemake does."""
    raw = yaml.safe_load((ROOT / "config.yaml").read_text())
    update_config(raw, yaml.safe_load((ROOT / overlay).read_text()))
    update_config(raw, changes)
    return config.checked(raw)


def warnings(planned: config.Config, folder: Path, **partitions: dict[str, Any]) -> str:
    lines = plans.lines(planned, REQUESTS, folder)
    return "\n".join(plans.warnings(planned, lines, folder, partitions))


def test_every_planned_file_is_one_that_a_finished_study_has(tmp_path: Path) -> None:
    tiny = study("tests/data/study.yaml")
    for job in plans.jobs(tiny):
        (tmp_path / job.output).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / job.output).touch()
    assert all(line.done == line.jobs for line in plans.lines(tiny, REQUESTS, tmp_path))
    assert (tmp_path / "eval/memorable/3/scores/corrected-resmem/oval/00000.parquet").is_file()


def test_twice_the_images_take_twice_the_time_and_disk_beyond_the_start() -> None:
    none, once, twice = (rates.cost("score_images", n, 64) for n in (0, 1000, 2000))
    assert twice.seconds - none.seconds == pytest.approx(2 * (once.seconds - none.seconds))
    assert twice.disk == 2 * once.disk


def test_larger_images_need_more_memory_and_disk() -> None:
    small, large = (rates.cost("render_images", 1000, resolution) for resolution in (64, 1024))
    assert large.memory > small.memory
    assert large.disk == pytest.approx(256 * small.disk)


def test_a_job_that_is_tried_again_asks_for_more() -> None:
    cost = rates.cost("ovalize_images", 5000, 64)
    assert [rates.memory_to_ask(cost, attempt) for attempt in (1, 2)] == [
        rates.memory_to_ask(cost, 1),
        2 * rates.memory_to_ask(cost, 1),
    ]
    assert rates.runtime_to_ask(cost, 2, gpu=False) == 2 * rates.runtime_to_ask(cost, 1, gpu=False)


def test_a_gpu_job_of_the_default_size_takes_5_to_20_minutes(tmp_path: Path) -> None:
    lines = plans.lines(study("studies/large.yaml"), REQUESTS, tmp_path)
    score = next(line for line in lines if line.rule == "score_images")
    assert 5 <= score.minutes <= 20


def test_a_sound_plan_warns_of_nothing(tmp_path: Path) -> None:
    assert warnings(study("studies/large.yaml"), tmp_path, **PARTITIONS) == ""


def test_shards_too_small_for_a_gpu_are_warned_of(tmp_path: Path) -> None:
    small = study("studies/large.yaml", score_shard_size=5000)
    assert re.search(
        "score_images: the longest job takes .* make score_shard_size larger",
        warnings(small, tmp_path, **PARTITIONS),
    )


def test_shards_too_large_for_a_gpu_are_warned_of(tmp_path: Path) -> None:
    sets = {
        name: {"count": 1_000_000, "first_seed": n * 2_000_000}
        for n, name in enumerate(plans.BASES)
    }
    huge = study("studies/large.yaml", sets=sets, score_shard_size=1_000_000)
    assert "make score_shard_size smaller" in warnings(huge, tmp_path, **PARTITIONS)


def test_a_partition_that_no_job_of_a_rule_fits_is_warned_of(tmp_path: Path) -> None:
    large = study("studies/large.yaml")
    small = {"cpu": {"max_mem_mb": 1000}, "gpu": PARTITIONS["gpu"]}
    assert "measure_realness: a job asks for" in warnings(large, tmp_path, **small)
    no_gpu = {"cpu": PARTITIONS["cpu"]}
    assert "score_images: partitions.yaml has no partition with max_gpu" in warnings(
        large, tmp_path, **no_gpu
    )


def test_a_large_study_without_a_gpu_is_warned_of(tmp_path: Path) -> None:
    assert "without a GPU this takes" in warnings(study("studies/large.yaml"), tmp_path)


def test_the_partitions_file_of_the_profile_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: name)
    read = plans.partitions(ROOT / "profiles/slurm/partitions.yaml")
    assert read["cpu"]["max_runtime"] == 24 * 60
    assert read["gpu"]["max_gpu"] > 0


def test_a_file_without_partitions_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: name)
    (tmp_path / "partitions.yaml").write_text("cpu: {}")
    with pytest.raises(MnemoError, match="must list .* under the key `partitions`"):
        plans.partitions(tmp_path / "partitions.yaml")
