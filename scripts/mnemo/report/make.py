"""The report: Snakemake's own, written by a second Snakemake that runs no job."""

import logging
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

LOGGER = logging.getLogger(__name__)


def report(
    path: str | Path, items: Sequence[str | Path], config: str | Path, snakefile: str | Path
) -> None:
    """Write the report of finished items, while the Snakemake that made them still runs.

    The second Snakemake builds the jobs of the items and reads what the first recorded of them. It
    takes no lock and no profile, and `--report` never runs a job.

    Args:
        path: Where the report goes; .html, or .zip where items are large.
        items: The finished files that the report shows.
        config: The study as it was run, every default filled in.
        snakefile: The workflow.

    Raises:
        subprocess.CalledProcessError: The report could not be made; the log says why.
    """
    words = [*items, "--report", path, "--snakefile", snakefile, "--configfile", config]
    words += ["--nolock", "--profile", "none", "--workflow-profile", "none"]
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    LOGGER.info("%s", done.stdout)
    done.check_returncode()
