"""The default study in its tiny size, through SLURM: what a user of a cluster gets."""

import csv
import filecmp
import re
from pathlib import Path

from tests.slurm.submitting import STUDY, Submitting
from tests.support.checkout import Checkout

#: Rules that ask for a GPU in this study; its generator is so small that it renders on the CPU.
ON_GPUS = {"score_images", "extract_features", "embed_faces"}


def rules_by_job(checkout: Submitting) -> dict[str, set[str]]:
    """Read in the logs of the SLURM jobs which rules each of them ran."""
    logs = (checkout.path / "logs" / "slurm").rglob("*.log")
    return {log.stem: set(re.findall(r"^ *rule (\w+):", log.read_text(), re.M)) for log in logs}


def test_every_rule_that_is_not_local_ran_in_a_slurm_job(submitted: Submitting) -> None:
    rules = set(re.findall(r"^ *rule (\w+):", (submitted.path / "told").read_text(), re.M))
    assert len(rules) > 15
    assert set.union(*rules_by_job(submitted).values()) == rules
    completed = {job.id for job in submitted.cluster.jobs() if job.state == "COMPLETED"}
    assert rules_by_job(submitted).keys() <= completed


def test_jobs_with_a_gpu_ran_on_gpu_nodes_and_no_other_did(submitted: Submitting) -> None:
    ran = {job.id: job for job in submitted.cluster.jobs()}
    for job, rules in rules_by_job(submitted).items():
        gpu = bool(rules & ON_GPUS)
        assert ran[job].partition == ("gpu" if gpu else "cpu"), rules
        assert ran[job].gpus == int(gpu), rules


def test_small_jobs_share_a_slurm_job(submitted: Submitting) -> None:
    jobs = [rules for rules in rules_by_job(submitted).values() if "sample_latents" in rules]
    assert len(jobs) == 4, "one for each set: the two shards of fit are one SLURM job"
    jobs = [rules for rules in rules_by_job(submitted).values() if "edit_latents" in rules]
    assert len(jobs) == 1, "one for each edit: its two alphas are one SLURM job"


def test_the_tables_are_those_of_a_run_without_slurm_byte_for_byte(
    submitted: Submitting, tmp_path: Path
) -> None:
    there = submitted.tables()
    local = Checkout(tmp_path / "mnemo").check_out()
    # With the threads that jobs have there: networks round otherwise with another number.
    study = ("--max-threads", "2", "--configfile", *STUDY)
    local.run(*study, "--", *(f"results/tiny/{name}" for name in there))
    here = local.tables()
    assert here.keys() == there.keys()
    assert [name for name in here if there[name] != here[name]] == []


def test_a_finished_study_has_nothing_to_do(submitted: Submitting) -> None:
    assert "Nothing to be done" in submitted.run()


def test_nothing_is_written_outside_results_and_logs(submitted: Submitting) -> None:
    tracked = Checkout(submitted.path.with_name("untouched")).check_out().path
    files = {path.relative_to(tracked) for path in tracked.rglob("*") if path.is_file()}
    written = {
        path.relative_to(submitted.path)
        for path in submitted.path.rglob("*")
        if path.is_file() and path.relative_to(submitted.path) not in files
    }
    assert {path.parts[0] for path in written} == {"results", "logs", ".snakemake", "told"}
    match, *others = filecmp.cmpfiles(tracked, submitted.path, files, shallow=False)
    assert len(match) == len(files), others
    # Caches of libraries alone, which they make anew where there are none.
    assert {path.name for path in submitted.home.iterdir()} <= {".cache", ".config"}


def test_the_efficiency_report_shows_that_the_memory_asked_for_was_enough(
    submitted: Submitting,
) -> None:
    (report,) = (submitted.path / "logs").glob("efficiency_report_*.csv")
    with report.open() as file:
        rows = list(csv.DictReader(file))
    assert {row["RuleName"].split("_wildcards")[0] for row in rows} >= {"rule_score_images"}
    assert all(0 < float(row["Memory Usage (%)"]) < 100 for row in rows)
