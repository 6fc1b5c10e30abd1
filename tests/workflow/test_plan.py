"""The plan: what a study will cost, told before anything of it runs."""

import pytest
import yaml

from mnemo.generators.registry import GENERATORS
from mnemo.plan import jobs
from mnemo.study.mistakes import checked
from tests.support.checkout import Checkout
from tests.support.paths import ROOT


@pytest.mark.parametrize(
    ("overlay", "keep"),
    [
        ("tests/data/study.yaml", "all"),
        ("tests/data/study.yaml", "strips"),
        ("tests/data/study.yaml", "none"),
        ("studies/large.yaml", "all"),
    ],
)
def test_the_plan_counts_the_jobs_that_snakemake_would_run(
    checkout: Checkout, overlay: str, keep: str
) -> None:
    raw = yaml.safe_load((ROOT / overlay).read_text()) | {"images": {"keep": keep}}
    planned: dict[str, int] = {}
    for job in jobs.of_study(checked(raw)):
        planned[job.rule] = planned.get(job.rule, 0) + 1
    given = ("--configfile", overlay, "--config", f"images={{'keep': '{keep}'}}")
    found = checkout.plan(*given).jobs
    # Of the merged tables the plan has only the one that grows.
    del planned["merge_table"]
    assert planned == {rule: len(found[rule]) for rule in planned}


def test_the_target_plan_prints_the_plan_and_runs_nothing_else(checkout: Checkout) -> None:
    told = checkout.run("plan")
    assert "The plan of the study tiny: dcgan-faces, 64 pixels" in told
    assert "score_images" in told
    assert not list(checkout.results().rglob("*.parquet"))


def test_after_a_look_at_the_plan_the_study_may_change(checkout: Checkout) -> None:
    checkout.run("plan")
    checkout.edit("tests/data/study.yaml", "shard_size: 50\nscore", "shard_size: 10\nscore")
    assert "10 images" in checkout.run("plan")


def test_a_stage_can_be_run_in_batches_that_plan_no_more_than_their_part(
    checkout: Checkout,
) -> None:
    whole = checkout.plan("sample").jobs["sample_latents"]
    first = checkout.plan("sample", "--batch", "sample=1/2").jobs["sample_latents"]
    assert 0 < len(first) < len(whole)
    checkout.run("sample", "--batch", "sample=1/2")
    second = checkout.plan("sample", "--batch", "sample=2/2").jobs["sample_latents"]
    assert sorted(first + second) == sorted(whole)


def test_a_finished_study_has_all_its_jobs_done(finished: Checkout) -> None:
    told = finished.run("plan")
    rows = [line.split() for line in told.splitlines() if line.startswith("all ")]
    assert [(jobs, done) for _, jobs, done, *_ in rows] == [("106", "106")]


def test_every_finished_job_with_a_benchmark_is_found_by_the_plan(finished: Checkout) -> None:
    raw = yaml.safe_load((finished.results() / "config.yaml").read_text())
    records = {f"{job.record}.tsv" for job in jobs.of_study(checked(raw))}
    folder = finished.results() / "benchmarks"
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*.tsv")}
    # Subtracting is too quick to be measured, and of merging the scores' alone is planned.
    planned = {name for name in records if not name.startswith("subtract_scores")}
    assert planned <= written
    assert {name.split("/")[0] for name in written - planned} <= {"merge_table"}


@pytest.mark.parametrize("study", sorted(GENERATORS.keys() - {"dcgan-faces"}))
def test_the_study_of_each_generator_of_the_papers_can_be_planned(
    checkout: Checkout, study: str
) -> None:
    jobs = checkout.plan("--configfile", f"studies/{study}.yaml").jobs
    entry = GENERATORS[study]
    assert len(jobs["sample_latents"]) >= 10
    assert ("ovalize_images" in jobs) == study.endswith("ffhq")
    spaces = {path.split("/")[1] for path in jobs["fit_hyperplane"]}
    assert spaces == ({"z", "w_plus"} if "w_plus" in entry.spaces else {"z"})


def test_a_study_of_layers_needs_the_direction_that_another_study_finds(
    checkout: Checkout,
) -> None:
    told = checkout.run("-n", "--configfile", "studies/stylegan2-ffhq-layers.yaml", fails=True)
    assert "the study names files that are not there" in told
    assert "results/stylegan2-ffhq/hyperplanes/w_plus/senet50-us10k/square/mean.parquet" in told
