"""Mnemo runs wherever it lies, and wherever its results and weights do."""

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.checkout import Checkout
from tests.support.paths import ROOT

#: The file of one quick job.
LATENTS = "results/tiny/eval/latents/00000.parquet"
#: What Linux calls the right to write where the owner may not, and the call that gives it up.
CAP_DAC_OVERRIDE, PR_CAPBSET_DROP = 1, 24


def test_a_path_may_have_spaces_and_quotes(fetched: None, tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / "it's my folder (1) & yours" / "mnemo").check_out()
    (checkout.path / ".venv").symlink_to(sys.prefix)
    python = checkout.path / ".venv" / "bin" / "python"
    command = [python, *checkout.command(LATENTS)[1:]]
    subprocess.run(command, cwd=checkout.path, env=checkout.environment(), check=True)
    assert (checkout.path / LATENTS).is_file()


def test_a_path_with_braces_is_refused_before_anything_is_installed(tmp_path: Path) -> None:
    folder = tmp_path / "{mnemo}"
    folder.mkdir()
    for name in ("Makefile", "requirements.txt"):
        shutil.copy2(ROOT / name, folder)
    done = subprocess.run(["make", "demo"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode
    assert f"rename {folder}" in done.stderr
    assert not (folder / ".venv").exists()


def test_the_python_of_make_install_imports_mnemo_in_any_folder(tmp_path: Path) -> None:
    folder = tmp_path / "it's my mnemo"
    folder.mkdir()
    shutil.copy2(ROOT / "Makefile", folder)
    (folder / "scripts").symlink_to(ROOT / "scripts")
    # What else is installed takes minutes.
    (folder / "requirements.txt").touch()
    subprocess.run(["make", "install", f"PYTHON={sys.executable}"], cwd=folder, check=True)
    python = folder / ".venv" / "bin" / "python"
    for name in ("mnemo", "snakemake_logger_plugin_mnemo"):
        code = f"from importlib.util import find_spec; print(find_spec({name!r}).origin)"
        told = subprocess.check_output([python, "-c", code], cwd=tmp_path, env={}, text=True)
        assert told.strip() == str(folder / "scripts" / name / "__init__.py")


def test_git_keeps_the_folder_of_results_and_no_study_in_it(checkout: Checkout) -> None:
    assert (checkout.path / "results" / "README.md").is_file()
    command = ["git", "check-ignore", "--no-index", "results/README.md", "results/demo/x.parquet"]
    ignored = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ignored.stdout.split() == ["results/demo/x.parquet"]


def test_results_and_a_study_of_them_may_be_on_other_disks(
    checkout: Checkout, tmp_path: Path
) -> None:
    for disk in ("disk", "other"):
        (tmp_path / disk).mkdir()
    shutil.rmtree(checkout.path / "results")
    (checkout.path / "results").symlink_to(tmp_path / "disk")
    checkout.results().symlink_to(tmp_path / "other")
    checkout.run(LATENTS)
    assert (tmp_path / "other" / Path(LATENTS).relative_to("results/tiny")).is_file()
    assert "Nothing to be done" in checkout.run(LATENTS)


def test_a_disk_that_is_not_there_is_named(checkout: Checkout, tmp_path: Path) -> None:
    shutil.rmtree(checkout.path / "results")
    (checkout.path / "results").symlink_to(tmp_path / "disk")
    told = checkout.run(LATENTS, fails=True)
    assert f"results is a link to {tmp_path / 'disk'}, which is not there" in told


def test_others_may_keep_the_weights_and_leave_things_there(
    checkout: Checkout, tmp_path: Path
) -> None:
    weights = tmp_path / "shared" / "weights"
    weights.mkdir(parents=True)
    shutil.copy2(ROOT / "resources" / "weights" / "dcgan-faces.pt", weights)
    # A process of this number can't be, so that whoever wrote the first is dead.
    left = [f".resmem.pt.0a.{2**22 + 1}@{os.uname().nodename}.partial", ".dcgan-faces.pt.download"]
    for name in left:
        (weights / name).touch()
    weights.chmod(0o555)
    (checkout.path / "resources").unlink()
    (checkout.path / "resources").symlink_to(weights.parent)
    try:
        subprocess.run(
            checkout.command(LATENTS),
            cwd=checkout.path,
            env=checkout.environment(),
            check=True,
            preexec_fn=_give_up_rights,
        )
        assert {path.name for path in weights.glob(".*")} == {*left}
    finally:
        weights.chmod(0o755)


def test_snakemake_may_work_in_another_folder(checkout: Checkout, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()

    def run(*arguments: str | Path) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "2", *arguments],
            cwd=tmp_path,
            env=checkout.environment(),
            capture_output=True,
            text=True,
        )
        assert not done.returncode, done.stderr
        return done.stdout + done.stderr

    there = ["--directory", folder, "--snakefile", checkout.path / "Snakefile"]
    study = ["--configfile", checkout.path / "tests" / "data" / "study.yaml"]
    run(LATENTS, *there, *study)
    assert (folder / LATENTS).is_file()
    assert "Nothing to be done" in run(LATENTS, *there, *study)
    # The weights that Mnemo has are not fetched again, and without a study it runs its own.
    assert not (folder / "resources").exists()
    told = run("report", *there, "--dry-run")
    assert "rule make_report:" in told
    assert "output: results/demo/report.html" in told


def _give_up_rights() -> None:
    """Let the superuser write no more than its owner may to a folder."""
    if not os.getuid():
        assert not ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE)
