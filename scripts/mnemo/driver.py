"""What Mnemo puts right in Snakemake 9.27, and in the user's environment, for the jobs that run.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

import os
import shlex
import sys
from pathlib import Path
from typing import Any


def find_python() -> None:
    """Let jobs find Python by its name where its path has a space, or what a shell reads like one.

    Snakemake writes that path into its commands without quotes (its issue 2645).
    """
    if shlex.quote(sys.executable) != sys.executable:
        python = Path(sys.executable)
        os.environ["PATH"] = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
        sys.executable = python.name


def set_environment(library: Path) -> None:
    """Have jobs run this checkout's code, and draw without a screen.

    Snakemake puts the library last on a script's path, so that another checkout's in the user's
    PYTHONPATH would run instead (its `script` module). A notebook sets MPLBACKEND to a backend that
    Matplotlib refuses where it is not installed.

    Args:
        library: The folder of the package `mnemo`.
    """
    paths = [str(library), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    os.environ["MPLBACKEND"] = "agg"


def look_once(workflow: Any) -> None:
    """Have Snakemake look at its waiting jobs only when one ends, where jobs run on this machine.

    Its limit of jobs per second makes it look again a second later, and each such look causes
    another one, so that the looks grow with the jobs that have ended. On a cluster the limit stays.

    Args:
        workflow: Snakemake's workflow, which is about to run its jobs.
    """
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None
