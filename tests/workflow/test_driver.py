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


def test_jobs_run_this_library_without_a_screen_whatever_the_environment(tmp_path: Path) -> None:
    """Another checkout is in PYTHONPATH, and Snakemake was started in a notebook."""
    library, other = tmp_path / "this", tmp_path / "other"
    for folder in (library, other):
        (folder / "mnemo").mkdir(parents=True)
        (folder / "mnemo" / "__init__.py").touch()
    (library / "mnemo" / "driver.py").write_text((ROOT / "scripts/mnemo/driver.py").read_text())
    (library / "ask.py").write_text(
        "import matplotlib, mnemo\n"
        "open(snakemake.output[0], 'w').write(f'{mnemo.__file__} {matplotlib.get_backend()}')\n"
    )
    (tmp_path / "Snakefile").write_text(
        "import sys\n"
        f"sys.path.insert(0, {str(library)!r})\n"
        "from mnemo import driver\n"
        f"driver.set_environment({str(library)!r})\n"
        "rule ask:\n    output: 'answer.txt'\n    script: 'this/ask.py'\n"
    )
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(other),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "1"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    answer = (tmp_path / "answer.txt").read_text()
    assert answer == f"{library / 'mnemo' / '__init__.py'} agg"
