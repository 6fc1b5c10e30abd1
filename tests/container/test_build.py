"""The containers, built where a builder is at hand; that takes 10 GB and some minutes."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.paths import ROOT

NAME = "mnemo-test"
#: What asks a builder whether it works here; the client of Docker comes without its daemon too.
BUILDERS = {"docker": ["docker", "info"], "podman": ["podman", "info"]}


def works(command: list[str]) -> bool:
    """Return whether a command is installed and succeeds."""
    return (
        bool(shutil.which(command[0]))
        and not subprocess.run(command, capture_output=True, check=False).returncode
    )


def test_docker_or_podman_builds_a_container_in_which_a_study_is_planned() -> None:
    builder = next((name for name, asks in BUILDERS.items() if works(asks)), None)
    if builder is None:
        pytest.skip("neither docker nor podman works here")
    subprocess.run([builder, "build", "--tag", NAME, "."], cwd=ROOT, check=True)
    try:
        run = [builder, "run", "--rm", "--volume", f"{ROOT}:{ROOT}:ro", "--workdir", str(ROOT)]
        plan = ["snakemake", "--dry-run", "--nolock", "--quiet", "--directory", "/tmp/results"]
        subprocess.run([*run, "--user", "12345:12345", NAME, *plan], check=True)
    finally:
        subprocess.run([builder, "image", "rm", NAME], check=True)


def test_apptainer_builds_a_container_in_which_a_study_is_planned(tmp_path: Path) -> None:
    if not works(["apptainer", "version"]):
        pytest.skip("apptainer does not work here")
    image = str(tmp_path / "mnemo.sif")
    subprocess.run(["apptainer", "build", image, "mnemo.def"], cwd=ROOT, check=True)
    plan = ["snakemake", "--dry-run", "--nolock", "--quiet", "--directory", str(tmp_path)]
    subprocess.run(["apptainer", "exec", "--bind", str(ROOT), image, *plan], cwd=ROOT, check=True)
