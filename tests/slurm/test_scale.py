"""300 shards through the scheduler: what each costs beside its work, and what the driver holds."""

import time
from contextlib import suppress

import psutil
import pytest

from tests.slurm.conftest import STUDY, Submitting

SHARDS = 300
#: MB that Snakemake may grow by from the first hundred shards to the last.
GROWTH = 20


@pytest.fixture
def wanted(again: Submitting) -> list[str]:
    """The files of 300 edits that are to be made, each a job of a second."""
    alphas = range(4, SHARDS + 4)
    again.edit(STUDY[0], "alphas: [0, 3]", f"alphas: [0, 3, {', '.join(map(str, alphas))}]")
    return [f"eval/memorable/{alpha}/latents/00000.parquet" for alpha in alphas]


def test_300_shards_go_through_the_scheduler_in_flat_memory(
    again: Submitting, wanted: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    start = time.monotonic()
    paths = [f"results/tiny/{path}" for path in wanted]
    run = again.start("--jobs", "6", "--", *paths)
    driver = psutil.Process(run.pid)
    memory: dict[int, float] = {}
    while run.poll() is None:
        done = sum((again.results() / path).is_file() for path in wanted)
        with suppress(psutil.Error):
            memory[done] = max(memory.get(done, 0), driver.memory_info().rss / 1e6)
        time.sleep(1)
    wall = time.monotonic() - start
    assert run.returncode == 0
    assert all((again.results() / path).is_file() for path in wanted)
    records = (again.results() / "benchmarks/edit_latents/eval/memorable").rglob("*.tsv")
    own = sum(float(record.read_text().splitlines()[1].split("\t")[0]) for record in records)
    early = max(used for done, used in memory.items() if done <= SHARDS / 3)
    late = max(memory.values())
    with capsys.disabled():
        print(
            f"\n{SHARDS} shards: {wall / SHARDS:.2f} s of wall time each, {own / SHARDS:.2f} s of "
            f"them its own; the driver held {early:.0f} MB early and {late:.0f} MB at most"
        )
    assert late - early < GROWTH
