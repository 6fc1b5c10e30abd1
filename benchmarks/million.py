"""What planning costs: dry runs of studies of 100,000, of 1 million and of 10 million images.

The reference is the smallest. Usage:

    python benchmarks/million.py
"""

import re
import sys
import tempfile
from pathlib import Path

import yaml
from driver import watch

ROOT = Path(__file__).resolve().parents[1]
#: Seconds that the dry run of the study of a million images may take.
BOUND = 60


def study(images: int) -> dict[str, object]:
    """Describe a study of the paper's proportions: a tenth of the images is edited."""
    return {
        "study": f"images-{images}",
        "sets": {
            "fit": {"count": images, "first_seed": 0},
            "eval": {"count": images // 10, "first_seed": 100_000_000},
            "reference": {"count": images // 10, "first_seed": 200_000_000},
            "floor": {"first_seed": 300_000_000},
        },
    }


def dry_run(images: int, folder: Path) -> tuple[int, float, float]:
    """Plan a study: its jobs, the seconds that it takes, and the most MiB."""
    overlay = folder / "study.yaml"
    overlay.write_text(yaml.safe_dump(study(images)))
    quietly = ["--dry-run", "--quiet", "rules", "reason", "host"]
    log = folder / "told"
    seconds, peak = watch(["--configfile", "studies/large.yaml", overlay, *quietly], ROOT, log)
    total = re.search(r"^total +(\d+)", log.read_text(), re.M)
    assert total
    return int(total[1]), seconds, peak


def main() -> None:
    """Print the jobs, the seconds and the memory of each dry run, and the growth of the seconds."""
    print(f"{'images':>12}{'jobs':>9}{'s':>8}{'MiB':>8}{'ms/job':>8}{'ratio':>8}")
    took = {}
    with tempfile.TemporaryDirectory() as made:
        for images in (100_000, 1_000_000, 10_000_000):
            jobs, took[images], memory = dry_run(images, Path(made))
            seconds = took[images]
            print(
                f"{images:12,}{jobs:9,}{seconds:8.1f}{memory:8.0f}{1000 * seconds / jobs:8.2f}"
                f"{seconds / took[100_000]:8.1f}",
                flush=True,
            )
    print(f"a million images in at most {BOUND} s: {took[1_000_000] <= BOUND}")
    sys.exit(took[1_000_000] > BOUND)


if __name__ == "__main__":
    main()
