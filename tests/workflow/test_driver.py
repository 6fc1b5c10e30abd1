"""What Mnemo puts right in Snakemake itself, on Snakemake itself."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

SNAKEFILE = """
from mnemo import driver

onstart:
    driver.look_once(workflow)

rule all:
    input: expand("{number}.txt", number=range(3))

rule wait:
    output: "{number}.txt"
    shell: "sleep 1.2; touch {output}"
"""


@pytest.mark.parametrize("looks_once", [True, False])
def test_waiting_jobs_are_looked_at_when_a_job_ends(tmp_path: Path, looks_once: bool) -> None:
    text = SNAKEFILE if looks_once else SNAKEFILE.replace("driver.look_once(workflow)", "pass")
    (tmp_path / "Snakefile").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "1", "--verbose"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
        check=True,
    )
    looks = done.stderr.count("Resources before job selection")
    # One for each job, `all` included; Snakemake by itself looks again and again.
    assert (looks == 4) == looks_once
