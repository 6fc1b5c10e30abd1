"""Images that don't stay: few lie there at once, and no result depends on what is kept."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace

import pandas as pd
import yaml

from mnemo import tables
from mnemo.plan import disk, rates
from mnemo.study import kept, sets
from mnemo.study.compared import Compared
from mnemo.study.mistakes import checked
from mnemo.study.paths import Paths
from tests.support.checkout import Checkout
from tests.support.paths import ROOT

STUDY = "tests/data/study.yaml"
#: What lists the faces of a set whose ovals don't stay.
LISTED = "eval/memorable/3/faces/00000.parquet"
#: What reads images of the tiny study, by what it makes: scores and figures.
READERS = (
    "eval/memorable-same-light/2/scores/brightness/square/00000.parquet",
    "figures/memorable-same-light/strip.png",
    "pages/memorable-same-light/catalogue.html",
)


class Watch(Thread):
    """Finds out how many bytes of some files lie in a folder at once, at most."""

    def __init__(self, folder: Path, *patterns: str):
        super().__init__()
        self.folder, self.patterns, self.most = folder, patterns, 0
        self._over = Event()

    def __enter__(self) -> "Watch":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        while not self._over.wait(0.02):
            sizes = list(self._sizes())
            self.most = max(self.most, sum(sizes))

    def _sizes(self) -> Iterator[int]:
        for pattern in self.patterns:
            for path in self.folder.glob(pattern):
                try:
                    yield path.stat().st_size
                except FileNotFoundError:  # deleted since
                    continue


#: A study of many small shards, most of which are compared with others.
MANY = {
    "shard_size": 2,
    "score_shard_size": 4,
    "images": {"keep": "none"},
    "shapes": ["square"],
    "sets": {"fit": {"count": 24}, "eval": {"count": 12}, "reference": {"count": 10}},
    "hyperplanes": {"folds": 2, "permutations": 2, "thresholds": ["mean"]},
    "edits": [
        {"name": "memorable", "along": "memorable", "alphas": [0, 1, 2]},
        {"name": "bright", "along": "memorable-same-light", "alphas": [0, 2]},
    ],
    "controls": None,
}
#: Its jobs that render and read images, which do nothing.
PACED = """
import json
from pathlib import Path

reads, order, size = json.loads(Path("study.json").read_text())

wildcard_constraints: shard="[0-9]+"

rule all:
    input: list(reads)

rule render:
    output: temp("{set}/square/{shard}")
    priority: lambda wildcards: -1 - order[f"{wildcards.set}/{wildcards.shard}"]
    shell: "head -c {size} /dev/zero > {output}"

rule read:
    input: lambda wildcards: reads[f"{wildcards.of}/{wildcards.kind}/{wildcards.shard}"]
    output: "{of}/{kind}/{shard}"
    wildcard_constraints: kind="scores|image_change"
    shell: "touch {output}"
"""


def test_no_more_images_lie_there_at_once_than_the_plan_says(tmp_path: Path) -> None:
    study = checked(yaml.safe_load((ROOT / STUDY).read_text()) | MANY)
    paths = Paths(study)
    moved = Compared(study, paths).moved
    reads = {}
    for name in ("fit", *paths.edited):
        for shard in sets.cut(sets.base(study, name).count, study.score_shard_size):
            job = SimpleNamespace(set=name, shape="square", assessor="resmem", shard=shard)
            reads[f"{name}/scores/{shard}"] = paths.images_to_score(job)
            if name in moved:
                both = [*paths.images_to_extract(job), *paths.images_unedited(job)]
                reads[f"{name}/image_change/{shard}"] = both
    size = study.shard_size * rates.cost("render_images", study.generator.entry, 1).disk
    order = {"/".join(place): number for place, number in kept.order(study, ["fit"]).items()}
    told = json.dumps([reads, order, int(size)])
    told = told.replace("<results>/", "").replace(".parquet", "")
    (tmp_path / "study.json").write_text(told)
    (tmp_path / "Snakefile").write_text(PACED)
    with Watch(tmp_path, "**/square/*") as watch:
        subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "2", "--scheduler", "greedy"],
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )
    found = disk.of_images(study)
    # What figures show is not among these jobs.
    planned = found.at_once(2) - found.wait
    assert size < watch.most <= planned
    assert planned < size * len(order) / 2


#: Folders of hyperplanes, which are named by the shapes of what they were fitted on.
PLANES = ("hyperplanes", "held_out", "refits")


def pictures(checkout: Checkout) -> list[Path]:
    """List the shards of images of the tiny study."""
    shards = [path for shape in ("square", "oval") for path in checkout.results().rglob(shape)]
    return [
        path
        for folder in shards
        if not {"scores", "logs", "benchmarks", *PLANES} & set(folder.parts)
        for path in folder.glob("*.parquet")
    ]


def test_a_study_that_keeps_no_images_has_the_same_results_and_makes_them_again_for_what_is_new(
    rerun: Checkout,
) -> None:
    rerun.edit(STUDY, "sets:\n", "images: {keep: none}\nsets:\n")
    made = [rerun.results() / path for path in READERS]
    before = [path.read_bytes() for path in made]
    for path in made:
        path.unlink()
    for path in pictures(rerun):
        if path.parent.name == "square":
            path.unlink()
    told = rerun.run(*(f"results/tiny/{path}" for path in (*READERS, LISTED)))
    assert "Finished" in told
    assert [path.read_bytes() for path in made] == before
    listed = tables.read(rerun.results() / LISTED).to_pandas()
    faces = tables.read(rerun.results() / "faces.parquet").to_pandas()
    of_set = faces[(faces["edit"] == "memorable") & (faces["alpha"] == 3)]
    expected = of_set[listed.columns].reset_index(drop=True)
    pd.testing.assert_frame_equal(listed, expected, check_dtype=False)
    # What has been read passes, and nothing else has read its ovals again.
    left = {path.parent.relative_to(rerun.results()).as_posix() for path in pictures(rerun)}
    assert left == {"fit/oval", "eval/memorable/0/oval", "eval/controls/memorable/oval"}
    assert "this study keeps no such images" in rerun.run("-n", "render", fails=True)
    # A new assessor has the images made again, and no other one scores them.
    rerun.edit(STUDY, "corrected-resmem]", "corrected-resmem, student]")
    new = rerun.plan().jobs
    assert "fit/square/00001.parquet" in new["render_images"]
    assert all("/student/" in path for path in new["score_images"])
    assert not {"sample_latents", "embed_faces", "extract_features", "measure_factors"} & set(new)
    rerun.edit(STUDY, "corrected-resmem, student]", "corrected-resmem]")
    rerun.edit(STUDY, "images: {keep: none}\n", "")
    kept_again = rerun.plan().jobs
    assert len(kept_again["render_images"]) == 10
    assert kept_again["ovalize_images"] == ["eval/memorable/3/oval/00000.parquet"]
    assert not {"score_images", "embed_faces", "fit_hyperplane"} & set(kept_again)
