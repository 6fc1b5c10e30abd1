"""Mnemo where other workflows, and Snakemake's catalogue of workflows, look for it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from tests.support.checkout import Checkout
from tests.support.paths import ROOT

STUDY = (ROOT / "tests" / "data" / "study.yaml").read_text()
#: The file of one quick job.
LATENTS = "results/tiny/eval/latents/00000.parquet"
#: Another workflow: a rule of its own before Mnemo's and one after them, and its own handler.
SNAKEFILE = f"""
configfile: "config.yaml"

rule own:
    input: "latents.txt"

module mnemo:
    snakefile: "SOURCE"
    config: config["faces"]

use rule * from mnemo as mnemo_*

rule list_latents:
    input: "{LATENTS}"
    output: "latents.txt"
    shell: "ls {{input}} > {{output}}"

onstart:
    Path("started").touch()
"""


def host(folder: Path, source: str, config: str, snakefile: str = SNAKEFILE) -> Path:
    """Write a workflow that uses Mnemo, with Mnemo's default profile."""
    folder.mkdir()
    (folder / "Snakefile").write_text(snakefile.replace('"SOURCE"', source))
    (folder / "config.yaml").write_text(config)
    (folder / "profiles").symlink_to(ROOT / "profiles")
    return folder


def run(
    folder: Path, *arguments: str, fails: bool = False, environment: Mapping[str, str] | None = None
) -> str:
    """Run Snakemake in a folder, and give what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": "", **(environment or {})},
    )
    told = done.stdout + done.stderr
    assert bool(done.returncode) == fails, told
    return told


def test_the_workflow_is_also_where_the_catalogue_looks_for_it(checkout: Checkout) -> None:
    (checkout.path / "Snakefile").rename(checkout.path / "main.smk")
    checkout.edit("workflow/Snakefile", '"../Snakefile"', '"../main.smk"')
    assert {"sample_latents", "make_report"} <= checkout.plan().jobs.keys()


def test_another_workflow_runs_mnemo_under_other_names(checkout: Checkout, tmp_path: Path) -> None:
    config = yaml.safe_dump({"faces": yaml.safe_load(STUDY), "other": 1})
    source = f'"{checkout.path}/workflow/Snakefile"'
    folder = host(tmp_path / "host", source, config)
    told = run(folder, "own", "mnemo_plan")
    assert "(Rule: mnemo_sample_latents)" in told
    assert (folder / "latents.txt").read_text().strip() == LATENTS
    # Snakemake calls the handler of the workflow, and that calls Mnemo's, which marks the results.
    assert (folder / "started").exists()
    assert (folder / "results" / "tiny" / "study.json").is_file()
    # The plan knows what each of Mnemo's rules asks for.
    assert "score_images" in told
    # The workflow's first rule stays its default.
    assert "Nothing to be done" in run(folder)


def test_another_workflow_uses_mnemo_for_two_studies(checkout: Checkout, tmp_path: Path) -> None:
    studies = [{**yaml.safe_load(STUDY), "study": name} for name in ("tiny", "other")]
    config = yaml.safe_dump(dict(zip(("faces", "others"), studies, strict=True)))
    second = """
module other:
    snakefile: "SOURCE"
    config: config["others"]

use rule * from other exclude fetch_weights as other_*

use rule render_images from other as other_render_images with:
    threads: 1
"""
    source = f'"{checkout.path}/workflow/Snakefile"'
    folder = host(tmp_path / "host", source, config, SNAKEFILE + second)
    told = run(folder, "--dry-run", LATENTS, "results/other/fit/square/00000.parquet")
    for name in ("mnemo_sample_latents", "other_sample_latents", "other_render_images"):
        assert f"rule {name}:" in told


def test_what_a_workflow_may_not_do_with_mnemo_is_told(checkout: Checkout, tmp_path: Path) -> None:
    source = f'"{checkout.path}/workflow/Snakefile"'
    prefixed = source + '\n    prefix: "sub"'
    config = yaml.safe_dump({"faces": yaml.safe_load(STUDY)})
    folder = host(tmp_path / "prefix", prefixed, config)
    told = run(folder, "--dry-run", fails=True)
    assert "would send Mnemo's results to sub/results/tiny, and they stay in results/tiny" in told
    (folder / "Snakefile").write_text(SNAKEFILE.replace('"SOURCE"', source))
    told = run(folder, "--workflow-profile", "none", fails=True)
    assert "Copy Mnemo's profiles/default to profiles/default beside your Snakefile" in told
    assert not (folder / LATENTS).exists()


def test_a_workflow_that_was_deployed_from_its_repository_runs(
    checkout: Checkout, tmp_path: Path
) -> None:
    """Snakedeploy writes such a workflow; git takes the address for a repository that is here."""
    git = ["git", "-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "all"]):
        subprocess.run([*git, *command], cwd=checkout.path, check=True)
    subprocess.run([*git, "tag", "v1"], cwd=checkout.path, check=True)
    cache = tmp_path / "cache"
    environment = {
        "XDG_CACHE_HOME": str(cache),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{checkout.path}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/example/mnemo",
    }
    (cache / "snakemake" / "mnemo").mkdir(parents=True)
    (cache / "snakemake" / "mnemo" / "resources").symlink_to(ROOT / "resources")
    snakefile = SNAKEFILE.replace('config["faces"]', "config").replace(" as mnemo_*", "")
    source = 'github("example/mnemo", path="workflow/Snakefile", tag="v1")'
    folder = host(tmp_path / "host", source, STUDY, snakefile)
    run(folder, environment=environment)
    assert (folder / LATENTS).is_file()
    # As that study is the workflow's whole config, its file is read as strictly as Mnemo's own.
    (folder / "config.yaml").write_text(STUDY.replace("count: 100", "count: 0100"))
    told = run(folder, "--dry-run", fails=True, environment=environment)
    assert "sets.fit.count: 0100 is read as 64" in told
