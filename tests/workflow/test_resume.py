"""A run killed at any moment goes on with the same command, and ends with the same bytes."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

import psutil

from mnemo import locks
from tests.support.checkout import Checkout


def kill(run: "subprocess.Popen[str]") -> None:
    """Kill Snakemake and all that it started, as a power cut would."""
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()


def wait(run: "subprocess.Popen[str]", until: Callable[[], bool]) -> None:
    """Wait for a moment of a run."""
    deadline = time.time() + 300
    while not until():
        assert run.poll() is None, "the run ended before the moment came"
        assert time.time() < deadline, "the moment never came"
        time.sleep(0.01)


def clear(checkout: Checkout) -> str:
    """Clear the lock as `make demo` does."""
    done = subprocess.run(
        [sys.executable, "-m", "mnemo.locks"],
        cwd=checkout.path,
        env={**os.environ, "PYTHONPATH": str(checkout.path / "scripts")},
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


def job(checkout: Checkout, rule: str) -> bool:
    """Tell whether a job of a rule is running."""
    with suppress(psutil.NoSuchProcess):
        running = map(psutil.Process, locks.processes(checkout.path.resolve()))
        return any(f".{rule}.py" in word for process in running for word in process.cmdline())
    return False


#: What needs images and ovals of two shards.
SCORES = "fit/scores/resmem/oval/00000.parquet"


def test_a_run_killed_three_times_ends_as_if_it_never_was(
    checkout: Checkout, finished: Checkout
) -> None:
    moments: list[Callable[[], bool]] = [
        lambda: job(checkout, "render_images"),
        lambda: job(checkout, "score_images"),
        lambda: any(checkout.results().rglob("scores/**/.*.partial")),
    ]
    for moment in moments:
        run = checkout.start(f"results/tiny/{SCORES}")
        wait(run, moment)
        kill(run)
        before = set(checkout.results().rglob("*/*.parquet"))
        assert "LockException" in checkout.run(fails=True)
        assert "Cleared the lock" in clear(checkout)
        planned = {
            checkout.results() / output
            for jobs in checkout.plan(f"results/tiny/{SCORES}").jobs.values()
            for output in jobs
        }
        interrupted = planned & set(before)
        assert len(interrupted) <= 2, "more than the jobs that were running are redone"
    checkout.run(f"results/tiny/{SCORES}")
    assert not list(checkout.results().rglob(".*.partial"))
    whole, ended = finished.tables(), checkout.tables()
    assert SCORES in ended
    assert [name for name in ended if ended[name] != whole[name]] == []


def test_a_lock_is_not_cleared_while_snakemake_runs(checkout: Checkout) -> None:
    run = checkout.start("results/tiny/eval/latents/00000.parquet")
    try:
        wait(run, lambda: any(checkout.path.glob(".snakemake/locks/*")))
        told = clear(checkout)
        assert re.search(r"Snakemake is running in this folder \(process .*\b" + str(run.pid), told)
        assert any(checkout.path.glob(".snakemake/locks/*"))
    finally:
        run.wait()
    assert run.returncode == 0


def test_without_a_lock_there_is_nothing_to_clear(checkout: Checkout) -> None:
    assert clear(checkout) == ""
