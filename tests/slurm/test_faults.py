"""Faults of a cluster: nothing is lost, and in the end the tables are the same."""

import os
import re
import signal
import subprocess
from contextlib import suppress
from itertools import chain
from pathlib import Path

import pytest

from tests.slurm.cluster import Job, Queued, until
from tests.slurm.submitting import Submitting

AGREEMENT = "agreement.parquet"
SQUARES = "eval/happy/0/square/00000.parquet"
#: By its rule a job for each fault of a job or its node; none needs what another of them makes.
LOST = {
    "fit_hyperplane": "hyperplanes/z/happiness/oval/mean.parquet",
    "extract_features": "reference/features/resnet152/00000.parquet",
    "score_images": "eval/happy/3/scores/happiness/square/00000.parquet",
    "render_images": SQUARES,
    "measure_agreement": AGREEMENT,
}
Run = subprocess.Popen[str]


def lose(checkout: Submitting, *files: str) -> list[str]:
    """Delete files, and return the arguments for Snakemake to make them, and only them, again."""
    for file in files:
        (checkout.results() / file).unlink()
    return [f"results/tiny/{file}" for file in files]


def hang(checkout: Submitting, *rules: str) -> dict[str, list[int]]:
    """Wait until scripts of some rules run, stop them, and return their processes by rule."""
    stopped: dict[str, list[int]] = {}

    def settled() -> bool:
        """Stop what runs, and return whether nothing has started since the last look."""
        nonlocal stopped
        before, stopped = stopped, {rule: computing(checkout, rule) for rule in rules}
        for pid in chain(*stopped.values()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        return before == stopped and all(stopped.values())

    until(settled, 90, f"Not all scripts run of {', '.join(rules)}")
    return stopped


def go_on(pids: list[int]) -> None:
    """Let stopped processes go on."""
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


def computing(checkout: Submitting, rule: str) -> list[int]:
    """List the processes on the nodes that run the script of a rule."""

    def words(pid: int) -> str:
        try:
            return Path(f"/proc/{pid}/cmdline").read_text()
        except OSError:
            return ""

    return [pid for pid in checkout.cluster.processes() if f".{rule}.py" in words(pid)]


def running(checkout: Submitting, rule: str) -> Queued:
    """Return the newest job of a rule that waits or runs."""
    jobs = [job for job in checkout.cluster.queue() if job.comment.startswith(f"rule_{rule}")]
    return max(jobs, key=lambda job: int(job.id))


def history(checkout: Submitting, rule: str, since: int) -> list[Job]:
    """List the runs of a rule's jobs since the one of an id, in order."""
    return [
        job
        for job in checkout.cluster.jobs()
        if int(job.id) >= since and job.comment.startswith(f"rule_{rule}")
    ]


def next_id(checkout: Submitting) -> int:
    """Return the smallest id that the next job can have."""
    return max(int(job.id) for job in checkout.cluster.jobs()) + 1


def finish(checkout: Submitting, run: Run, seconds: float = 300) -> None:
    """Wait until Snakemake has ended well, or show its last messages and the queue."""
    with suppress(subprocess.TimeoutExpired):
        run.wait(seconds)
    messages = (checkout.path / "run.log").read_text()[-5000:]
    assert run.poll() == 0, f"{messages}\n{checkout.cluster.queue()}"


def check_same(submitted: Submitting, again: Submitting) -> None:
    """Check that every table is there, whole and the same, and no half-written file is left."""
    whole, ended = submitted.tables(), again.tables()
    assert ended.keys() == whole.keys()
    assert [name for name in whole if ended[name] != whole[name]] == []


@pytest.fixture(scope="module")
def troubled(
    submitted: Submitting, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Job]]:
    """The runs, by rule, of five jobs of one Snakemake, each of which meets a fault of its own."""
    again = submitted.copy(tmp_path_factory.mktemp("troubled") / "mnemo")
    first = next_id(again)
    # Extracting takes more than 1.2 GB, and less than 2.4. SLURM counts time in minutes.
    scarce = ["extract_features:mem_mb=1200*attempt", "score_images:runtime=attempt"]
    run = again.start("--set-resources", *scarce, "--", *lose(again, *LOST.values()))
    hung = hang(again, "fit_hyperplane", "score_images", "render_images", "measure_agreement")

    again.cluster.run("scancel", running(again, "fit_hyperplane").id)

    drained = running(again, "render_images")
    again.cluster.drain(drained.node)
    try:
        go_on(hung["render_images"])
        again.cluster.wait(drained.id)
    finally:
        again.cluster.resume(drained.node)

    def made_again() -> bool:
        return history(again, "fit_hyperplane", first)[-1].state == "COMPLETED"

    until(made_again, 90, "The cancelled job has not been made again")
    dead = running(again, "measure_agreement").node
    again.cluster.kill_node(dead)
    try:
        finish(again, run)
    finally:
        again.cluster.start_node(dead)
    check_same(submitted, again)
    return {rule: history(again, rule, first) for rule in LOST}


def test_a_job_that_is_cancelled_is_tried_again(troubled: dict[str, list[Job]]) -> None:
    assert [job.state for job in troubled["fit_hyperplane"]] == ["CANCELLED", "COMPLETED"]


def test_a_job_over_its_memory_is_tried_again_with_more(troubled: dict[str, list[Job]]) -> None:
    assert [job.state for job in troubled["extract_features"]] == ["FAILED", "COMPLETED"]


def test_a_job_over_its_time_is_tried_again_with_more(troubled: dict[str, list[Job]]) -> None:
    assert [job.state for job in troubled["score_images"]] == ["TIMEOUT", "COMPLETED"]


def test_a_node_that_is_drained_under_a_job_lets_it_finish(troubled: dict[str, list[Job]]) -> None:
    assert [job.state for job in troubled["render_images"]] == ["COMPLETED"]


def test_when_a_node_dies_its_job_is_tried_again_on_another(
    troubled: dict[str, list[Job]],
) -> None:
    ended, retried = troubled["measure_agreement"]
    assert (ended.state, retried.state) == ("NODE_FAIL", "COMPLETED")
    assert ended.node != retried.node


def test_a_controller_that_is_restarted_ends_no_run(
    submitted: Submitting, again: Submitting
) -> None:
    first = next_id(again)
    run = again.start(*lose(again, AGREEMENT))
    hung = hang(again, "measure_agreement")
    again.cluster.restart_controller(outage=10)
    go_on(hung["measure_agreement"])
    finish(again, run)
    assert [job.state for job in history(again, "measure_agreement", first)] == ["COMPLETED"]
    check_same(submitted, again)


def test_a_killed_snakemake_goes_on_while_its_jobs_still_run(
    submitted: Submitting, again: Submitting
) -> None:
    wanted = lose(again, SQUARES)
    run = again.start(*wanted)
    hung = hang(again, "render_images")["render_images"]  # still when its twin runs
    orphan = running(again, "render_images")
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert "LockException" in again.run(*wanted, fails=True)
    again.run("--unlock")
    run = again.start(*wanted)

    def twins() -> bool:
        return len(computing(again, "render_images")) > len(hung)

    until(twins, 90, "No twin runs")
    twin = running(again, "render_images")
    assert twin.id != orphan.id
    go_on(hung)
    finish(again, run)
    assert again.cluster.wait(orphan.id).state == "COMPLETED"
    assert again.cluster.wait(twin.id).state == "COMPLETED"
    assert not list(again.results().rglob(".*.partial"))
    check_same(submitted, again)


def test_a_shard_that_always_fails_stops_only_its_own_branch(
    submitted: Submitting, again: Submitting
) -> None:
    damaged = again.results() / "eval/happy/3/latents/00000.parquet"
    whole = damaged.read_bytes()
    lost = lose(
        again,
        *(f"eval/happy/{alpha}/square/00000.parquet" for alpha in (0, 3)),
        *(f"eval/happy/{alpha}/scores/happiness/square/00000.parquet" for alpha in (0, 3)),
    )
    damaged.write_bytes(whole[:-100])
    told = again.run("--retries", "1", "--", *lost, fails=True)
    made = [shard for shard in lost if (again.path / shard).is_file()]
    assert made == [shard for shard in lost if "/0/" in shard]
    end = told[told.index("Exiting because a job execution failed") :]
    assert "Error in rule render_images" in end
    assert "eval/happy/3/square/00000.parquet" in end
    assert re.search(r"SLURM-job '\d+' failed", end)
    assert "results/tiny/logs/render_images/eval/happy/3/00000.log" in end
    damaged.write_bytes(whole)
    again.run(*lost)
    check_same(submitted, again)
