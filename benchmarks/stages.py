"""How fast each stage of a finished study was, from the benchmarks that its jobs wrote.

Usage:

    python benchmarks/stages.py [results/demo]
"""

import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

#: For each stage the folder of its shards, and what bounds it on a CPU, as the profiles show.
STAGES = {
    "sample_latents": ("latents", "starting Python and PyTorch; drawing takes milliseconds"),
    "edit_latents": ("latents", "starting Python; the move takes milliseconds"),
    "render_images": ("square", "starting Python and PyTorch; then the generator's convolutions"),
    "ovalize_images": ("oval", "MTCNN's networks, one image at a time on one core"),
    "score_images": ("scores", "the convolutions of the assessor's ResNet, on all cores"),
    "extract_features": ("features", "the convolutions of ResNet-152, on all cores"),
}


def made(results: Path, record: Path) -> Path:
    """Find the shard that a job made."""
    stage, *place, _ = record.relative_to(results / "benchmarks").parts
    folder = STAGES[stage][0]
    # A set's folders end where those of a job's other wildcards begin.
    wildcards = {"scores": 2, "features": 1}.get(folder, 0)
    base, others = place[: len(place) - wildcards], place[len(place) - wildcards :]
    return results.joinpath(*base, folder, *others, f"{record.stem}.parquet")


def main() -> None:
    """Print for each stage its jobs, images, seconds, images/s, cores busy and peak memory."""
    results = Path(sys.argv[1] if len(sys.argv) > 1 else "results/demo")
    if not results.is_dir():
        sys.exit(f"{results} is missing: make it with `make demo`.")
    print(f"{'stage':18}{'jobs':>5}{'images':>8}{'s':>8}{'images/s':>10}{'cores':>7}{'MiB':>7}")
    for stage, (_, bound) in STAGES.items():
        records = sorted((results / "benchmarks" / stage).rglob("*.tsv"))
        # Of images that don't stay only the record is left.
        records = [record for record in records if made(results, record).is_file()]
        if not records:
            continue
        jobs = pd.concat([pd.read_csv(record, sep="\t") for record in records])
        shards = [pq.read_metadata(made(results, record)) for record in records]
        count, seconds = sum(int(shard.num_rows) for shard in shards), jobs["s"].sum()
        busy = pd.to_numeric(jobs["cpu_time"], errors="coerce").sum() / seconds
        memory = pd.to_numeric(jobs["max_rss"], errors="coerce").max()
        print(
            f"{stage:18}{len(jobs):5}{count:8}{seconds:8.0f}{count / seconds:10.1f}"
            f"{busy:7.1f}{memory:7.0f}  {bound}"
        )


if __name__ == "__main__":
    main()
