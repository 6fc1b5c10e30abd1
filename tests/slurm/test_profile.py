"""The profile: found by its name, and each line that a site may need is one to uncomment."""

import re
import subprocess
from pathlib import Path

from tests.slurm.submitting import Submitting
from tests.support.paths import ROOT

SHARD = "eval/happy/0/latents/00000.parquet"


def test_make_install_profile_lets_any_checkout_submit_by_its_name(
    again: Submitting, tmp_path: Path
) -> None:
    installed = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    make = ["make", "--old-file=.venv/slurm", "install-profile"]
    subprocess.run([*make, f"XDG_CONFIG_HOME={tmp_path / 'config'}"], cwd=ROOT, check=True)
    # The partitions are the user's own: another checkout's example is not looked at.
    (again.path / "profiles/slurm/partitions.yaml").unlink()
    before = (again.results() / SHARD).read_bytes()
    (again.results() / SHARD).unlink()
    command = again.command(f"results/tiny/{SHARD}")
    command[command.index("profiles/slurm")] = "slurm"
    done = subprocess.run(
        command,
        cwd=again.path,
        env={**again.environment(), **installed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "has been submitted with SLURM jobid" in done.stdout + done.stderr
    assert (again.results() / SHARD).read_bytes() == before


def test_installing_the_profile_again_keeps_the_partitions(tmp_path: Path) -> None:
    make = ["make", "--old-file=.venv/slurm", "install-profile", f"XDG_CONFIG_HOME={tmp_path}"]
    subprocess.run(make, cwd=ROOT, check=True)
    partitions = tmp_path / "snakemake/slurm/partitions.yaml"
    partitions.write_text("partitions: {mine: {}}")
    subprocess.run(make, cwd=ROOT, check=True)
    assert partitions.read_text() == "partitions: {mine: {}}"


def test_every_line_for_a_site_can_be_uncommented(again: Submitting) -> None:
    profile = again.path / "profiles/slurm/profile.yaml"
    text, lines = re.subn(r"^( *)# (?=[a-z_-]+: )", r"\1", profile.read_text(), flags=re.M)
    assert lines == 5
    profile.write_text(text)
    assert "Nothing to be done" in again.run("--dry-run")


def test_what_a_site_asks_for_reaches_slurm(again: Submitting) -> None:
    shard = "eval/happy/0/square/00000.parquet"
    (again.results() / shard).unlink()
    asked = ["--default-resources", "mem_mb=1000", "runtime=10", "constraint=unheard_of"]
    told = again.run(*asked, "--retries", "0", "--", f"results/tiny/{shard}", fails=True)
    assert "Invalid feature specification" in told
