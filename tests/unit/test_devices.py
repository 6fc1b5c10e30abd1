"""Each job computes on a GPU of its own; the machine's GPUs are pretended, the processes real."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from mnemo import devices

#: A job that claims a GPU; what it would compute with takes seconds to load.
JOB = """
import logging, sys, types
sys.modules["torch"] = types.SimpleNamespace(device=None)
from mnemo import devices
logging.basicConfig(level="INFO", format="%(message)s", stream=sys.stdout)
count = int(sys.argv[1])
print(devices.claim(count), devices.claim(count), flush=True)
sys.stdin.read()
"""


class Job:
    """A process that claims one of some GPUs, and ends when it is told to."""

    def __init__(self, folder: Path, gpus: int, environment: dict[str, str]):
        self.output = folder / f"{time.monotonic_ns()}.txt"
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in ("SLURM_JOB_ID", "CUDA_VISIBLE_DEVICES")
        }
        scripts = str(Path(devices.__file__).parents[1])
        with self.output.open("w") as stdout:
            self.process = subprocess.Popen(
                [sys.executable, "-c", JOB, str(gpus)],
                env={**inherited, "PYTHONPATH": scripts, "TMPDIR": str(folder), **environment},
                stdin=subprocess.PIPE,
                stdout=stdout,
                umask=0o077,
            )

    def says(self, lines: int = 1) -> list[str]:
        """Wait until it has said so many lines, and give them all."""
        deadline = time.time() + 60
        while len(said := self.output.read_text().splitlines()) < lines:
            assert self.process.poll() is None, "the job ended"
            assert time.time() < deadline, f"the job said no more than {said}"
            time.sleep(0.02)
        return said

    def end(self) -> None:
        self.process.communicate()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


Start = Callable[..., Job]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start jobs on a machine whose temporary folder is the test's."""
    jobs: list[Job] = []

    def begin(gpus: int, **environment: str) -> Job:
        jobs.append(Job(tmp_path, gpus, environment))
        return jobs[-1]

    yield begin
    for job in jobs:
        job.kill()


def taken(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.lock"))


def test_jobs_that_start_at_once_compute_on_different_gpus(tmp_path: Path, start: Start) -> None:
    jobs = [start(3) for _ in range(3)]
    assert sorted(job.says()[0] for job in jobs) == ["0 0", "1 1", "2 2"]
    assert taken(tmp_path) == [f"mnemo-gpu-machine-{number}.lock" for number in range(3)]


@pytest.mark.parametrize("end", [Job.end, Job.kill])
def test_a_job_more_waits_until_one_ends_or_is_killed_and_takes_its_gpu(
    tmp_path: Path, start: Start, end: Callable[[Job], None]
) -> None:
    first = start(1)
    assert first.says() == ["0 0"]
    waiting = start(1)
    told = waiting.says()
    time.sleep(1.5)
    assert waiting.says() == told, "it says twice that it waits, or does not wait"
    end(first)
    lock = tmp_path / "mnemo-gpu-machine-0.lock"
    assert waiting.says(2) == [f"waiting for a GPU: other jobs hold {lock}", "0 0"]


def test_a_gpu_is_known_by_its_name_and_not_by_its_place_among_those_visible(
    tmp_path: Path, start: Start
) -> None:
    jobs = [start(2, CUDA_VISIBLE_DEVICES="2,3") for _ in range(2)]
    assert sorted(job.says()[0] for job in jobs) == ["0 0", "1 1"]
    assert taken(tmp_path) == ["mnemo-gpu-machine-2.lock", "mnemo-gpu-machine-3.lock"]
    other = start(3, CUDA_VISIBLE_DEVICES="3, 2, GPU-5a-b3")
    assert other.says() == ["2 2"]
    assert "mnemo-gpu-machine-GPU-5a-b3.lock" in taken(tmp_path)


def test_every_user_may_lock_a_gpu_whoever_did_so_first(tmp_path: Path, start: Start) -> None:
    start(1).says()
    assert (tmp_path / "mnemo-gpu-machine-0.lock").stat().st_mode & 0o777 == 0o666


def test_the_gpus_of_one_slurm_job_are_apart_from_those_of_another(
    tmp_path: Path, start: Start
) -> None:
    # Each job sees its own GPUs as 0 and up.
    jobs = [start(2, SLURM_JOB_ID="7"), start(2, SLURM_JOB_ID="7"), start(2, SLURM_JOB_ID="8")]
    assert sorted(job.says()[0] for job in jobs) == ["0 0", "0 0", "1 1"]
    assert taken(tmp_path) == ["mnemo-gpu-7-0.lock", "mnemo-gpu-7-1.lock", "mnemo-gpu-8-0.lock"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_machine_without_a_gpu_computes_on_its_cpu() -> None:
    assert devices.best() == torch.device("cpu")
    assert devices._HELD == []
