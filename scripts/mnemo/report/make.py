"""Writing Snakemake's report, with a second Snakemake process that runs no jobs."""

import logging
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

LOGGER = logging.getLogger(__name__)


def report(
    path: str | Path, items: Sequence[str | Path], config: str | Path, snakefile: str | Path
) -> None:
    """Write the report of finished items while the Snakemake that made them is still running.

    The second Snakemake builds the jobs of the items and reads what the first one recorded about
    them. It uses no lock and no profile, and with `--report` it runs no jobs.

    Args:
        path: The report to write: .html, or .zip for large items.
        items: The finished files that the report shows.
        config: The study as it was run, with all defaults filled in.
        snakefile: The workflow.

    Raises:
        subprocess.CalledProcessError: The report could not be written; the log has the reason.
    """
    arguments = [*items, "--report", path, "--snakefile", snakefile, "--configfile", config]
    arguments += ["--nolock", "--profile", "none", "--workflow-profile", "none"]
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    LOGGER.info("%s", done.stdout)
    done.check_returncode()
