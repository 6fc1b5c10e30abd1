"""Faults of a cluster: nothing is lost, and in the end the tables are the same."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.slurm.cluster import Job, Queued, until
from tests.slurm.conftest import Submitting

SCORES = "fit/scores/resmem/square/00000.parquet"
OVALS = "eval/memorable/0/oval/00000.parquet"
Run = subprocess.Popen[str]


def lose(checkout: Submitting, *shards: str) -> list[str]:
    """Delete shards, and give the arguments that make Snakemake make them again, and only them."""
    for shard in shards:
        (checkout.results() / shard).unlink()
    return [f"results/tiny/{shard}" for shard in shards]


def running(checkout: Submitting, rule: str, besides: int = 0) -> Queued:
    """Wait until a job of a rule, and no more than some others, computes on a node."""

    def found() -> list[Queued]:
        return [
            job
            for job in checkout.cluster.queue()
            if job.state == "RUNNING" and job.comment.startswith(f"rule_{rule}")
        ]

    until(lambda: len(found()) > besides, 90, f"No job of {rule} runs")
    until(lambda: len(computing(checkout, rule)) > besides, 90, f"No script of {rule} runs")
    return max(found(), key=lambda job: int(job.id))


def computing(checkout: Submitting, rule: str) -> list[int]:
    """List the processes on the nodes that run the script of a rule."""

    def words(pid: int) -> str:
        try:
            return Path(f"/proc/{pid}/cmdline").read_text()
        except OSError:
            return ""

    return [pid for pid in checkout.cluster.processes() if f".{rule}.py" in words(pid)]


def finish(run: Run, seconds: float = 300) -> None:
    assert run.wait(seconds) == 0


def history(checkout: Submitting, since: int) -> list[Job]:
    """List the runs of jobs since the one of an id, in order."""
    return [job for job in checkout.cluster.jobs() if int(job.id) >= since]


@pytest.fixture
def first(again: Submitting) -> int:
    """The id that the test's first job will have at least."""
    return max(int(job.id) for job in again.cluster.jobs()) + 1


@pytest.fixture(autouse=True)
def unchanged(submitted: Submitting, again: Submitting) -> Iterator[None]:
    """In the end every table is there, whole and the same, and no half-written file is left."""
    yield
    whole, ended = submitted.tables(), again.tables()
    assert ended.keys() == whole.keys()
    assert [name for name in whole if ended[name] != whole[name]] == []


def test_a_job_that_is_cancelled_is_tried_again(again: Submitting, first: int) -> None:
    run = again.start(*lose(again, SCORES))
    again.cluster.run("scancel", running(again, "score_images").id)
    finish(run)
    assert [job.state for job in history(again, first)] == ["CANCELLED", "COMPLETED"]


def test_a_job_over_its_memory_is_tried_again_with_more(again: Submitting, first: int) -> None:
    # Scoring takes more than 1.2 GB, and less than 2.4.
    scarce = "score_images:mem_mb=1200*attempt"
    run = again.start("--set-resources", scarce, "--", *lose(again, SCORES))
    finish(run)
    assert [job.state for job in history(again, first)] == ["FAILED", "COMPLETED"]


def test_a_job_over_its_time_is_tried_again_with_more(again: Submitting, first: int) -> None:
    short = "score_images:runtime=attempt"
    run = again.start("--set-resources", short, "--", *lose(again, SCORES))
    running(again, "score_images")
    for pid in computing(again, "score_images"):
        os.kill(pid, signal.SIGSTOP)  # it hangs
    finish(run)
    assert [job.state for job in history(again, first)] == ["TIMEOUT", "COMPLETED"]


def test_when_a_node_dies_its_job_is_tried_again_on_another(again: Submitting, first: int) -> None:
    run = again.start(*lose(again, OVALS))
    node = running(again, "ovalize_images").node
    again.cluster.kill_node(node)
    try:
        finish(run)
    finally:
        again.cluster.start_node(node)
    ended, retried = history(again, first)
    assert (ended.state, retried.state) == ("NODE_FAIL", "COMPLETED")
    assert ended.node == node != retried.node


def test_a_node_that_is_drained_under_a_job_lets_it_finish(again: Submitting, first: int) -> None:
    run = again.start(*lose(again, OVALS))
    node = running(again, "ovalize_images").node
    again.cluster.drain(node)
    try:
        finish(run)
    finally:
        again.cluster.resume(node)
    assert [(job.state, job.node) for job in history(again, first)] == [("COMPLETED", node)]


def test_a_controller_that_is_restarted_ends_no_run(again: Submitting, first: int) -> None:
    run = again.start(*lose(again, SCORES))
    running(again, "score_images")
    again.cluster.restart_controller(outage=10)
    finish(run)
    assert "COMPLETED" in {job.state for job in history(again, first)}


def test_a_killed_snakemake_goes_on_while_its_jobs_still_run(again: Submitting, first: int) -> None:
    wanted = lose(again, SCORES)
    run = again.start(*wanted)
    orphan = running(again, "score_images")
    for pid in computing(again, "score_images"):
        os.kill(pid, signal.SIGSTOP)  # so that it is still running when its twin does
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert "LockException" in again.run(*wanted, fails=True)
    again.run("--unlock")
    run = again.start(*wanted)
    twin = running(again, "score_images", besides=1)
    assert twin.id != orphan.id
    for pid in computing(again, "score_images"):
        os.kill(pid, signal.SIGCONT)
    finish(run)
    assert again.cluster.wait(orphan.id).state == "COMPLETED"
    assert again.cluster.wait(twin.id).state == "COMPLETED"
    assert not list(again.results().rglob(".*.partial"))


def test_a_shard_that_always_fails_stops_only_its_own_branch(again: Submitting) -> None:
    damaged = again.results() / "eval/memorable/3/square/00000.parquet"
    whole = damaged.read_bytes()
    lost = lose(
        again,
        *(f"eval/memorable/{alpha}/oval/00000.parquet" for alpha in (0, 3)),
        *(f"eval/memorable/{alpha}/scores/resmem/oval/00000.parquet" for alpha in (0, 3)),
    )
    damaged.write_bytes(whole[:-100])
    told = again.run("--retries", "1", "--", *lost, fails=True)
    made = [shard for shard in lost if (again.path / shard).is_file()]
    assert made == [shard for shard in lost if "/0/" in shard]
    end = told[told.index("Exiting because a job execution failed") :]
    assert "Error in rule ovalize_images" in end
    assert "eval/memorable/3/oval/00000.parquet" in end
    assert re.search(r"SLURM-job '\d+' failed", end)
    assert "results/tiny/logs/ovalize_images/eval/memorable/3/00000.log" in end
    damaged.write_bytes(whole)
    again.run(*lost)
