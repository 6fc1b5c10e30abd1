"""Clearing what a killed run left behind, once it is certain that nothing runs.

Run as `python -m mnemo.locks` in the folder that Snakemake works in.
"""

import subprocess
import sys
from pathlib import Path

import psutil

from mnemo.errors import MnemoError


def clear(folder: str | Path = ".") -> bool:
    """Clear a stale Snakemake lock, and the partial files of the jobs that were killed with it.

    Args:
        folder: Where Snakemake works.

    Returns:
        Whether there was a lock to clear.

    Raises:
        MnemoError: Snakemake, or a job of it, is running there on this machine.
    """
    folder = Path(folder).resolve()
    if running := processes(folder):
        listed = ", ".join(map(str, running))
        raise MnemoError(
            f"Snakemake is running in this folder (process {listed}): let it finish, or stop it."
        )
    if not any(folder.glob(".snakemake/locks/*")):
        return False
    subprocess.run([sys.executable, "-m", "snakemake", "--unlock"], cwd=folder, check=True)
    for partial in folder.glob("results/**/.*.partial"):
        partial.unlink(missing_ok=True)
    return True


def processes(folder: Path) -> list[int]:
    """Find Snakemake and its jobs among this machine's processes.

    Args:
        folder: Where Snakemake works.

    Returns:
        The ids of those that work in that folder, without this process and its parents.
    """
    own = {psutil.Process().pid, *(parent.pid for parent in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter(["pid", "cwd", "cmdline"]):
        words = " ".join(process.info["cmdline"] or [])
        here = process.info["cwd"] == str(folder)
        if here and "snakemake" in words and process.info["pid"] not in own:
            found.append(process.info["pid"])
    return found


if __name__ == "__main__":
    try:
        if clear():
            print("Cleared the lock of a run that was stopped; it goes on where it was.")
    except MnemoError as stopped:
        sys.exit(str(stopped))
