"""What is wrong is named with its remedy, before work starts, and nothing is lost."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.checkout import Checkout
from tests.support.paths import ROOT


def test_a_mistaken_study_stops_before_anything_is_written(checkout: Checkout) -> None:
    checkout.edit("tests/data/study.yaml", "alphas: [0, 3]", "alphas: [1, 3]")
    checkout.edit("tests/data/study.yaml", "shard_size: 50", "shard_size: 50\ncolour: blue")
    told = checkout.run(fails=True)
    assert "colour: 'blue': unknown key" in told
    assert "edits.0.alphas: [1, 3]: must contain 0" in told
    assert not checkout.results().exists()


def test_python_in_the_default_study_is_refused_unrun(checkout: Checkout) -> None:
    default, ran = checkout.path / "config.yaml", checkout.path / "ran"
    default.write_text(f"__use_yte__: true\nstudy: ?open({str(ran)!r}, 'w').name\n")
    arguments = (*checkout.command("-n")[:3], "-n", "--cores", "1")
    done = subprocess.run(arguments, cwd=checkout.path, capture_output=True, text=True)
    printed = done.stdout + done.stderr
    assert "config.yaml, line 1: __use_yte__ has Snakemake run Python" in printed
    assert done.returncode
    assert not ran.exists()


def test_weights_that_are_there_outlive_forced_runs_without_a_network(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some can be got only by hand, and Snakemake removes what a job is to make."""
    (checkout.path / "resources").unlink()
    own = checkout.path / "resources" / "weights" / "dcgan-faces.pt"
    own.parent.mkdir(parents=True)
    own.write_bytes((ROOT / "resources" / "weights" / own.name).read_bytes())
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(checkout.path))
    assert "is there already" in checkout.run("--forceall", "resources/weights/dcgan-faces.pt")
    assert own.is_file()


def test_a_study_that_yaml_would_read_otherwise_is_refused(checkout: Checkout) -> None:
    text = "shard_size: 50\nshard_size: 0100"
    checkout.edit("tests/data/study.yaml", "shard_size: 50", text)
    told = checkout.run("--dry-run", fails=True)
    assert "shard_size is given twice, first in line" in told
    assert "shard_size: 0100 is read as 64" in told


def test_the_results_of_another_study_are_not_overwritten(rerun: Checkout) -> None:
    before = rerun.tables()
    rerun.edit("tests/data/study.yaml", "shard_size: 50", "shard_size: 10")
    told = rerun.run(fails=True)
    assert "results/tiny was written with shard_size 50, and this study has 10" in told
    assert "Give this study another name" in told
    assert rerun.tables() == before


def test_spoilt_weights_stop_the_run_before_any_job(checkout: Checkout, tmp_path: Path) -> None:
    weights = checkout.path / "resources" / "weights"
    real = weights.resolve()
    (checkout.path / "resources").unlink()
    weights.mkdir(parents=True)
    for path in real.glob("*.pt"):
        (weights / path.name).symlink_to(path)
    (weights / "dcgan-faces.pt").unlink()
    (weights / "dcgan-faces.pt").write_bytes((real / "dcgan-faces.pt").read_bytes()[:1000])
    told = checkout.run("sample", fails=True)
    assert "dcgan-faces.pt, the weights of dcgan-faces, has 1000 bytes instead of" in told
    assert "Move it away and run the same command again" in told
    assert not (checkout.results() / "fit").exists()


def test_a_damaged_shard_is_named_and_only_its_branch_stops(rerun: Checkout) -> None:
    shard = rerun.results() / "fit" / "square" / "00001.parquet"
    content = shard.read_bytes()
    stat = shard.stat()
    shard.write_bytes(content[: len(content) // 2])
    subprocess.run(["touch", "-d", f"@{stat.st_mtime}", shard], check=True)
    (rerun.results() / "fit" / "oval" / "00001.parquet").unlink()
    told = rerun.run("ovalize", fails=True)
    assert "fit/square/00001.parquet is damaged or truncated" in told
    assert "Delete it and run the same command again" in told
    shard.unlink()
    rerun.run("ovalize")
    assert shard.read_bytes() == content


def test_a_set_in_which_no_face_is_found_says_so(checkout: Checkout) -> None:
    # Near its mean latent the generator makes blurs in which MTCNN sees no face.
    words = "dcgan-faces, truncation_psi: 0.1"
    checkout.edit("tests/data/study.yaml", "dcgan-faces, truncation_psi: 0.8", words)
    checkout.edit("tests/data/study.yaml", "fit: {count: 100}", "fit: {count: 50}")
    studies = ("tests/data/study.yaml", "tests/slurm/study.yaml")
    told = checkout.run("fit", "--configfile", *studies, fails=True)
    assert "has no scores: no face was found in any image" in told


def test_scores_that_are_all_equal_are_told(rerun: Checkout) -> None:
    script = """
import sys
from pathlib import Path
from mnemo import scores
from mnemo import tables
writer = tables.Provenance("tiny", "score_images", {}, {})
for path in sorted(Path("results/tiny/fit/scores/resmem/square").glob("*.parquet")):
    table = tables.read(path).to_pandas().assign(score=0.5)
    tables.write(path, scores.SCORES, table, writer)
"""
    subprocess.run(
        [sys.executable, "-c", script],
        cwd=rerun.path,
        env={"PYTHONPATH": str(rerun.path / "scripts")},
        check=True,
    )
    told = rerun.run("fit", fails=True)
    assert "if all scores are equal, look at the images" in told


@pytest.mark.parametrize("option", ["--lint", "--list-rules"])
def test_snakemake_has_nothing_to_say_against_the_workflow(checkout: Checkout, option: str) -> None:
    told = checkout.run(option)
    assert "Lints for" not in told


def test_every_rule_says_what_it_does(checkout: Checkout) -> None:
    for path in [checkout.path / "Snakefile", *(checkout.path / "rules").glob("*.smk")]:
        text = path.read_text()
        rules = re.findall(r"^ *(?:rule|checkpoint) (\w+):\n +(.*)", text, re.M)
        for name, first in rules:
            assert first.startswith('"""'), name
