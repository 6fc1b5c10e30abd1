"""What Mnemo puts right in Snakemake itself, on Snakemake itself."""

import re
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


READERS = """
from mnemo import driver
from snakemake.io import flag

driver.spare_finished(workflow)
readers = config["readers"].split()

wildcard_constraints: i="[01]", reader="old|new"

rule all:
    input: expand("{reader}.txt", reader=readers), config.get("kept", [])

rule draw:
    output: "latent{i}"
    shell: "echo {wildcards.i} > {output}"

rule render:
    input: "latent{i}"
    output: temp(flag("square{i}", driver.REPEATED))
    params: psi=config.get("psi", 1)
    shell: "cp {input} {output}"

rule cut:
    input: "square{i}"
    output: temp(flag("oval{i}", driver.REPEATED))
    shell: "cp {input} {output}"

rule read:
    input: "oval{i}"
    output: "{reader}{i}"
    shell: "test ! -e broken-{wildcards.reader} && cp {input} {output}"

rule gather:
    input: expand("{{reader}}{i}", i=range(2))
    output: "{reader}.txt"
    shell: "cat {input} > {output}"
"""


def test_files_that_are_made_again_for_a_new_reader_run_no_other_one(tmp_path: Path) -> None:
    (tmp_path / "Snakefile").write_text(READERS)
    (tmp_path / "broken-new").touch()

    def snakemake(*config: str, fails: bool = False, dry: bool = False) -> dict[str, int]:
        """Run or plan the workflow, and count its jobs by rule."""
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "2", "--keep-going", "--config", *config]
            + ["--dry-run"] * dry,
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "scripts")},
            capture_output=True,
            text=True,
        )
        assert bool(done.returncode) == fails, done.stderr
        jobs = re.findall(r"^(?:local)?rule (\w+):$", done.stdout + done.stderr, re.M)
        return {rule: jobs.count(rule) for rule in jobs if rule != "all"}

    every = {"render": 2, "cut": 2, "read": 2, "gather": 1}
    assert snakemake("readers=old") == {"draw": 2, **every}
    assert not [*tmp_path.glob("square*"), *tmp_path.glob("oval*")]
    # The new reader's jobs fail, so that the files are left, newer than what was read from them.
    assert snakemake("readers=old new", fails=True) == {"render": 2, "cut": 2, "read": 2}
    assert len([*tmp_path.glob("square*"), *tmp_path.glob("oval*")]) == 2
    (tmp_path / "broken-new").unlink()
    assert snakemake("readers=old new", dry=True) == {"read": 2, "gather": 1}
    for path in (*tmp_path.glob("square*"), *tmp_path.glob("oval*")):
        path.unlink()
    # What is asked for is made again as well, and nothing else.
    assert snakemake("readers=old", "kept=square0", dry=True) == {"render": 1}
    # What changes what is made still runs all that reads it.
    (tmp_path / "latent0").write_text("2")
    half = {"render": 1, "cut": 1, "read": 1, "gather": 1}
    assert snakemake("readers=old", dry=True) == half
    assert snakemake("readers=old", "psi=2", dry=True) == every
