"""What planning layerwise edits costs: dry runs of 3,000 faces, 11 layers and 5 levels.

The study is that of the paper's layers, with its shards of 2,000 images and with the default ones
of 250. The images that are rendered and scored are compared with those of one edit for each layer,
each of which would have the unedited images at alpha 0 too. Usage:

    python benchmarks/layers.py
"""

import re
import sys
import tempfile
from pathlib import Path

import yaml
from driver import watch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from mnemo.study import sets  # noqa: E402
from mnemo.study.mistakes import checked  # noqa: E402

STUDY = "studies/stylegan2-ffhq-layers.yaml"
#: Seconds that a dry run may take.
BOUND = 10
#: A hyperplane of the study's own in place of another study's, which must be finished.
DIRECTION = {
    "name": "memorable",
    "method": "hyperplane",
    "space": "w_plus",
    "assessor": "senet50-us10k",
    "shape": "square",
    "threshold": "mean",
}


def main() -> None:
    """Print the jobs, seconds and memory of each dry run, and the ratio of images."""
    print(f"{'shard':>8}{'jobs':>8}{'s':>8}{'MiB':>8}{'ms/job':>8}")
    slowest = 0.0
    raw = yaml.safe_load((ROOT / STUDY).read_text())
    with tempfile.TemporaryDirectory() as made:
        for size in (2000, 250):
            changed = {"study": "layers-planned", "shard_size": size, "directions": [DIRECTION]}
            overlay = Path(made, "overlay.yaml")
            overlay.write_text(yaml.safe_dump(changed))
            log = Path(made, "told")
            quietly = ["--dry-run", "--quiet", "rules", "reason", "host"]
            command = [*quietly, "--configfile", STUDY, overlay, "--", "layers"]
            seconds, memory = watch(command, ROOT, log)
            total = re.search(r"^total +(\d+)", log.read_text(), re.M)
            assert total, log.read_text()
            jobs = int(total[1])
            slowest = max(slowest, seconds)
            print(f"{size:8,}{jobs:8,}{seconds:8.1f}{memory:8.0f}{1000 * seconds / jobs:8.2f}")
    config = checked({**raw, "directions": [DIRECTION]})
    ours = sum(sets.base(config, name).count for name in sets.layer_sets(config))
    versions = 1 + len(sets.levels(config, "0"))
    theirs = len(config.layers) * versions * sets.layered(config)
    print(f"images rendered and scored: {ours:,}; as one edit for each layer: {theirs:,}", end="")
    print(f" ({theirs / ours:.2f} times as many)")
    print(f"planned in at most {BOUND} s: {slowest <= BOUND}")
    sys.exit(slowest > BOUND)


if __name__ == "__main__":
    main()
