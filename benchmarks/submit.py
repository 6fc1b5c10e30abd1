"""What a job costs on SLURM beside its work, and how much memory Snakemake needs for 300 jobs.

The jobs draw the latents of one seed each; SLURM gets them in groups of ten, as from any study. It
runs on this machine, booted as the tests do: as root, on Debian, with the packages of
tests/slurm/packages.txt. Fails where Snakemake's memory grows with the jobs that are done. Usage:

    python benchmarks/submit.py [shards]
"""

import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pandas as pd
import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.slurm.cluster import Cluster, requirements  # noqa: E402
from tests.slurm.submitting import Submitting  # noqa: E402

#: MB that Snakemake may grow by after the first third of the jobs.
GROWTH = 20


def main() -> None:
    """Print the wall time of a shard, its own time, and Snakemake's memory early and at most."""
    shards = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    if missing := requirements():
        sys.exit(missing)
    with tempfile.TemporaryDirectory() as made, Cluster(Path(made, "slurm")) as cluster:
        checkout = Submitting(Path(made, "mnemo"), cluster, Path(made)).check_out()
        checkout.edit("tests/data/study.yaml", "fit: {count: 50}", f"fit: {{count: {shards}}}")
        for key, size in {"shard_size": 25, "score_shard_size": 50}.items():
            checkout.edit("tests/data/study.yaml", f"\n{key}: {size}", f"\n{key}: 1")
        wanted = [f"results/tiny/fit/latents/{shard:05d}.parquet" for shard in range(shards)]
        start = time.perf_counter()
        run = checkout.start("--jobs", "6", "--", *wanted)
        driver = psutil.Process(run.pid)
        memory: dict[int, float] = {}
        while run.poll() is None:
            done = sum((checkout.path / shard).is_file() for shard in wanted)
            with suppress(psutil.Error):
                memory[done] = max(memory.get(done, 0), driver.memory_info().rss / 1e6)
            time.sleep(1)
        wall = time.perf_counter() - start
        if run.returncode:
            sys.exit((checkout.path / "run.log").read_text()[-3000:])
        records = (checkout.results() / "benchmarks/sample_latents/fit").glob("*.tsv")
        own = sum(pd.read_csv(record, sep="\t")["s"].sum() for record in records)
    early = max(used for done, used in memory.items() if done <= shards / 3)
    late = max(memory.values())
    print(f"{shards} shards, sixty at a time")
    print(f"  wall time of each     {wall / shards:6.2f} s")
    print(f"  own time of each      {own / shards:6.2f} s")
    print(f"  memory of the driver  {early:6.0f} MB in the first third")
    print(f"                        {late:6.0f} MB at most   (required: {early + GROWTH:.0f})")
    sys.exit(late - early >= GROWTH)


if __name__ == "__main__":
    main()
