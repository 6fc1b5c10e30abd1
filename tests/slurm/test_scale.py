"""300 shards through the scheduler: what each costs, and what the driver needs to keep."""

import time

import psutil

from tests.slurm.conftest import STUDY, Submitting

SHARDS = 300
#: MB that Snakemake may grow by while 300 jobs go through it.
GROWTH = 30


def test_300_shards_go_through_the_scheduler_in_flat_memory(again: Submitting) -> None:
    alphas = [0, *range(3, SHARDS + 2)]
    again.edit(STUDY, "alphas: [0, 3]", f"alphas: {alphas}")
    wanted = [f"results/tiny/eval/memorable/{alpha}/latents/00000.parquet" for alpha in alphas]
    start = time.monotonic()
    run = again.start(*wanted)
    driver = psutil.Process(run.pid)
    memory = []
    while run.poll() is None:
        memory.append((time.monotonic() - start, driver.memory_info().rss / 1e6))
        time.sleep(1)
    wall = time.monotonic() - start
    assert run.returncode == 0
    jobs = [job for job in again.cluster.jobs() if job.comment.startswith("rule_edit")]
    print(f"{SHARDS - 2} shards in {len(jobs)} SLURM jobs: {wall:.0f} s")
    submitted_by = next(seconds for seconds, used in memory if used > 0.95 * memory[-1][1])
    print(memory[:: len(memory) // 20], submitted_by)
