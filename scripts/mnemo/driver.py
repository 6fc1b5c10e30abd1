"""What Mnemo puts right in Snakemake 9.27, and in the user's environment, for the jobs that run.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

import os
import shlex
import sys
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

#: Flag of outputs that are made again where they are missing, and are then the same as before.
REPEATED = "repeated"


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


def spare_finished(workflow: Any) -> None:
    """Have Snakemake make outputs of the flag `REPEATED` again without running who has read them.

    Where a file is missing, because it was temporary or somebody made room, Snakemake makes it
    again for a new job, and then runs every other job that reads it, and all that follows from
    these (its issues 1964 and 2328). What is made again is the same, so that the others needn't
    run.

    Whoever must run is found as if no such file were missing: a change of params or of other files
    still runs what it reaches. Then the missing files of these jobs are added. A file that was made
    again gets the time of the oldest output of its other readers, so that no later run finds it
    newer.

    Args:
        workflow: Snakemake's workflow, before it has planned its jobs.
    """
    if not workflow.is_main_process:
        return
    # Imported here, because this module is read where Snakemake isn't needed.
    from snakemake.dag import DAG  # type: ignore[import-untyped]
    from snakemake.io import is_flagged  # type: ignore[import-untyped]
    from snakemake.jobs import Job  # type: ignore[import-untyped]

    update, touch, missing = DAG.update_needrun, DAG.check_and_touch_output, Job.missing_output
    hidden = False
    repeated: set[Any] = set()

    async def missing_output(job: Any, requested: Iterable[Any]) -> AsyncIterator[Any]:
        async for file in missing(job, requested):
            if not (hidden and is_flagged(file, REPEATED)):
                yield file

    async def update_needrun(dag: Any, create_inventory: bool = False) -> None:
        nonlocal hidden
        hidden = True
        await update(dag, create_inventory)
        hidden = False
        repeated.clear()
        needrun, found = dag._needrun, list(dag._needrun)
        asked = {
            job: [file for file in job.output if file in dag.targetfiles]
            for job in dag.targetjobs - needrun
        }
        while found or asked:
            wanted, asked = asked or dag._dependencies[found.pop()], {}
            for job, files in wanted.items():
                if job in needrun or dag.finished(job):
                    continue
                if absent := [file async for file in missing(job, files)]:
                    dag.reason(job).missing_output.update(absent)
                    needrun.add(job)
                    repeated.add(job)
                    found.append(job)
        for job in needrun:
            before = dag._dependencies[job]
            dag._n_until_ready[job] = sum(each in needrun for each in before)
        dag._len = len(dag._finished | needrun)

    async def read(dag: Any, job: Any) -> list[float]:
        """List when those finished that have read what a job makes again."""
        times = []
        for reader in dag.depending[job]:
            if reader in repeated:
                times += await read(dag, reader)
            elif not dag.needrun(reader) and (time := await reader.output_mintime) is not None:
                times.append(time)
        return times

    async def check_and_touch_output(dag: Any, job: Any, *args: Any, **settings: Any) -> None:
        await touch(dag, job, *args, **settings)
        if job in repeated and (times := await read(dag, job)):
            for file in job.output:
                file.touch(times=(min(times), min(times)))

    Job.missing_output = missing_output
    DAG.update_needrun = update_needrun
    DAG.check_and_touch_output = check_and_touch_output
