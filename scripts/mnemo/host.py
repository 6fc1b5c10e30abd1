"""The workflow that uses Mnemo as a module, where there is one.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mnemo.errors import MnemoError


def is_there(workflow: Any) -> bool:
    """Return whether another workflow is reading Mnemo as its module.

    Args:
        workflow: Snakemake's workflow, while it reads Mnemo's Snakefile.
    """
    return not workflow.modifier.is_main_snakefile()


def files_of_study(workflow: Any, config: Mapping[str, Any], default: Path) -> Sequence[str | Path]:
    """List the files that the study was read from, or will be.

    Args:
        workflow: Snakemake's workflow, while it reads Mnemo's Snakefile.
        config: What Snakemake has read already, or a workflow gives to its module.
        default: The default study.

    Returns:
        Those files; none where the study is a part of another workflow's config.
    """
    if not is_there(workflow):
        return workflow.overwrite_configfiles or [default]
    if not workflow.modifier.skip_configfile:
        return [default]
    is_whole = config is workflow.modifier_stack[0].globals["config"]
    return workflow.configfiles if is_whole else []


def check_paths(workflow: Any, **folders: str) -> None:
    """Make sure that a workflow that uses Mnemo as a module leaves files where Mnemo expects them.

    Args:
        workflow: Snakemake's workflow, while it reads Mnemo's Snakefile.
        folders: The folder that each of Mnemo's pathvars has.

    Raises:
        MnemoError: The module has a prefix or other pathvars.
    """
    for name, folder in folders.items():
        found = workflow.modifier.modify_path(workflow.pathvars.apply(f"<{name}>"))
        if found != folder:
            raise MnemoError(
                f"a prefix or pathvars would send Mnemo's {name} to {found}, and they stay in "
                f"{folder}: leave them out of `module`, and these pathvars out of your workflow. "
                "To have the results elsewhere, run Snakemake there (--directory)."
            )


def check_triggers(workflow: Any) -> None:
    """Make sure that a workflow that uses Mnemo as a module has Snakemake plan all jobs.

    Snakemake 9.27 takes a script that is newer than its output for changed, and then plans no job
    of which that output is an `ancient` input, even one that has never run.

    Args:
        workflow: Snakemake's workflow, which is about to run its jobs.

    Raises:
        MnemoError: A script's time is a reason to rerun.
    """
    if any(trigger.name == "CODE" for trigger in workflow.rerun_triggers):
        raise MnemoError(
            "with its rerun trigger `code`, Snakemake may leave out jobs of Mnemo's that have to "
            "run. Copy Mnemo's profiles/default to profiles/default beside your Snakefile, or "
            "run your workflow with --rerun-triggers input mtime params software-env."
        )


def call_at_start(workflow: Any, handler: Callable[[], None]) -> None:
    """Call a module's handler when the jobs of the workflow that uses it start.

    Snakemake calls `onstart` of the main Snakefile alone (its `Workflow.onstart`), which may have
    one before the module or after it.

    Args:
        workflow: Snakemake's workflow, while it reads Mnemo's Snakefile.
        handler: What to call before what the main Snakefile has for `onstart`.
    """

    def after(own: Callable[[Any], None]) -> Callable[[Any], None]:
        def both(log: Any) -> None:
            handler()
            own(log)

        return both

    register = workflow.onstart
    workflow._onstart = after(workflow._onstart)
    workflow.onstart = lambda own: register(after(own))
