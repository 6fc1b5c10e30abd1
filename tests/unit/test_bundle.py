"""A bundle: what a machine without a network needs, and can install."""

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml
from tests.support.paths import ROOT

from mnemo import bundle, hashes
from mnemo.errors import MnemoError
from mnemo.study.mistakes import checked
from mnemo.study.models import Models
from mnemo.version import __version__
from mnemo.weights import catalogue

#: A small package, and pip, which Mnemo's requirements have too.
REQUIREMENTS = "pip\ntabulate\n"
#: A network in which nobody else is.
ALONE = ["unshare", "--map-root-user", "--net"]


@pytest.fixture(name="home")
def make_home(tmp_path: Path) -> Path:
    """A repository with Mnemo's Makefile and few requirements."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy2(ROOT / "Makefile", home)
    (home / "requirements.txt").write_text(REQUIREMENTS)
    git = ["git", "-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "all"]):
        subprocess.run([*git, *command], cwd=home, check=True)
    return home


def test_mnemo_installs_from_a_bundle_without_a_network(home: Path, tmp_path: Path) -> None:
    if not shutil.which("unshare") or subprocess.run([*ALONE, "true"], check=False).returncode:
        pytest.skip("this machine does not let unshare take the network away")
    stored = tmp_path / "model.pt"
    stored.write_text("weights")
    made = bundle.write(home, [stored], tmp_path / "bundle", room=0)
    assert [made] == list((tmp_path / "bundle").iterdir())
    assert f"-cp{sys.version_info.major}{sys.version_info.minor}-" in made.name
    with tarfile.open(made) as packed:
        packed.extractall(tmp_path, filter="data")
    there = tmp_path / f"mnemo-{__version__}"
    assert (there / "resources" / "weights" / "model.pt").read_text() == "weights"
    command = [*ALONE, "make", "install", f"PYTHON={sys.executable}"]
    subprocess.run(command, cwd=there, check=True)
    python = there / ".venv" / "bin" / "python"
    subprocess.run([python, "-c", "import tabulate"], cwd=there, check=True)


def test_a_bundle_has_no_changes_that_no_commit_has(home: Path, tmp_path: Path) -> None:
    (home / "requirements.txt").write_text("tabulate\n")
    with pytest.raises(MnemoError, match=r"commit these changes first\n M requirements.txt"):
        bundle.write(home, [], tmp_path / "bundle", room=0)
    assert not (tmp_path / "bundle").exists()


def test_a_disk_without_room_for_a_bundle_is_told_before_anything_is_fetched(
    home: Path, tmp_path: Path
) -> None:
    with pytest.raises(MnemoError, match=r"GB free; a bundle needs 1000000"):
        bundle.write(home, [], tmp_path / "bundle", room=10**15)


def test_a_bundle_has_the_weights_of_its_study_that_are_not_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashes, "FOLDER", tmp_path)
    study = ROOT / "config.yaml"
    used = Models(checked(yaml.safe_load(study.read_text()))).used
    assert {"dcgan-faces", "resmem", "student"} <= {*used}
    files = {catalogue.entries()[name].file for name in used if name != "student"}
    with pytest.raises(MnemoError, match=r"run `snakemake weights` first: .*dcgan-faces\.pt"):
        bundle.weights(study)
    for name in [*files, "resmem.pt.sha256", "another.pt"]:
        (tmp_path / name).touch()
    assert {path.name for path in bundle.weights(study)} == {*files, "resmem.pt.sha256"}
