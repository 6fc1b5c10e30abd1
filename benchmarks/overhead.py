"""What Snakemake itself costs: the wall time of the tiny study against its jobs' own times.

The study runs in a fresh copy of the checkout, one job at a time, so that what is not spent in a
job is Snakemake's. The driver's memory is its own, without its jobs'. Usage:

    python benchmarks/overhead.py
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from driver import watch

ROOT = Path(__file__).resolve().parents[1]


def copy(folder: Path) -> None:
    """Copy what git would check out, the working tree's changes included."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / "resources").symlink_to(ROOT / "resources")


def main() -> None:
    """Print the wall time, the jobs' own time, what is left for each job, and the memory."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made, "mnemo")
        folder.mkdir()
        copy(folder)
        large = ["--configfile", "studies/large.yaml", "--dry-run", "--quiet", "rules", "host"]
        planned, _ = watch(large, folder, folder / "plan.log")
        tiny = ["--profile", "profiles/test", "--cores", "1"]
        wall, peak = watch(tiny, folder, folder / "run.log")
        records = [
            json.loads(path.read_text())
            for path in (folder / ".snakemake" / "metadata").rglob("*")
            if path.is_file()
        ]
    # A job of several outputs has a record for each, with the same times.
    jobs = {
        (record["rule"], record["starttime"]): record["endtime"] - record["starttime"]
        for record in records
        if record.get("endtime")
    }
    own = sum(jobs.values())
    print(f"the tiny study, one job at a time: {len(jobs)} jobs")
    print(f"  wall time               {wall:7.1f} s")
    print(f"  the jobs' own time      {own:7.1f} s")
    print(f"  wall over own           {wall / own:7.2f}")
    print(f"  Snakemake, for each job {(wall - own) / len(jobs):7.2f} s")
    print(f"  memory of the driver    {peak:7.0f} MiB")
    print(f"dry run of studies/large.yaml {planned:5.1f} s   (required: 10)")
    sys.exit(planned > 10)


if __name__ == "__main__":
    main()
