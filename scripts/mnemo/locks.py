"""Clearing what a killed run left behind, once it is certain that nothing runs.

Run as `python -m mnemo.locks` in the folder that Snakemake works in.
"""

import shutil
import socket
import subprocess
import sys
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import psutil

from mnemo import files
from mnemo.errors import MnemoError

#: Seconds without a byte after which a file that another machine was writing is taken for
#: abandoned: any file is written within minutes, and no two clocks of a cluster are a day apart.
SILENCE = 24 * 60 * 60


def clear(folder: str | Path = ".") -> bool:
    """Clear a stale Snakemake lock.

    Args:
        folder: Where Snakemake works.

    Returns:
        Whether there was a lock to clear.

    Raises:
        MnemoError: Snakemake, or a job of it, is running there on this machine; or Snakemake
            can't clear the lock, which it can't while the study is mistaken.
    """
    folder = Path(folder).resolve()
    if not any(folder.glob(".snakemake/locks/*")):
        return False
    if running := processes(folder):
        listed = ", ".join(map(str, running))
        raise MnemoError(
            f"Snakemake is running in this folder (process {listed}): let it finish, or stop it."
        )
    unlock = [sys.executable, "-m", "snakemake", "--unlock"]
    done = subprocess.run(unlock, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MnemoError(
            f"Snakemake could not clear the lock of a run that was stopped:\n{done.stderr.strip()}"
        )
    return True


def clear_partials(*folders: str | Path) -> None:
    """Remove the files and folders that killed jobs were writing (see `files.whole`).

    A file whose writer lives stays: on a cluster, jobs outlive the Snakemake that submitted them,
    and on one machine Snakemake lets two runs share a folder while they make different files. So
    does a file whose writer's process id another process has taken, as long as that one lives.

    Args:
        folders: Where to look, at any depth.
    """
    for folder in folders:
        for partial in [*Path(folder).rglob(".*.partial")]:
            if not _is_abandoned(partial):
                continue
            if partial.is_dir():
                shutil.rmtree(partial, ignore_errors=True)
                continue
            # In a folder that others keep it may be for them to remove, and hinders nobody.
            with suppress(OSError):
                partial.unlink(missing_ok=True)


def processes(folder: Path) -> list[int]:
    """Find Snakemake and its jobs among this machine's processes.

    Args:
        folder: Where Snakemake works, as an absolute path without links.

    Returns:
        The ids of those that work in that folder, without this process and its parents.
    """
    own = {psutil.Process().pid, *(parent.pid for parent in psutil.Process().parents())}
    return [
        process.info["pid"]
        for process in psutil.process_iter(["pid", "cwd", "cmdline"])
        if process.info["cwd"] == str(folder)
        and process.info["pid"] not in own
        and _is_snakemake(process.info["cmdline"] or [])
    ]


def _is_abandoned(partial: Path) -> bool:
    """Return whether the writer of a file is dead, as far as this machine can know."""
    writer = files.WRITER.search(partial.name)
    if writer is None:
        return False
    if writer["machine"] == socket.gethostname():
        return not psutil.pid_exists(int(writer["process"]))
    try:
        return time.time() - partial.stat().st_mtime > SILENCE
    except FileNotFoundError:  # just written
        return False


def _is_snakemake(words: list[str]) -> bool:
    """Return whether a command is Snakemake or a script of one of its jobs."""
    if any(".snakemake/scripts/" in word for word in words):
        return True
    program, *arguments = [*words, ""]
    if not Path(program).name.startswith("python"):
        return Path(program).name == "snakemake"
    script = next(word for word in arguments if not word.startswith("-"))
    return Path(script).name == "snakemake" or ("-m", "snakemake") in pairwise(arguments)


if __name__ == "__main__":
    try:
        if clear():
            print("Cleared the lock of a run that was stopped; it goes on where it was.")
    except MnemoError as stopped:
        sys.exit(str(stopped))
