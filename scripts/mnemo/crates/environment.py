"""The environment that made a study's results: versions, machine and code."""

import hashlib
import importlib.metadata
import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

from mnemo.crates import layout
from mnemo.version import FORMAT, __version__


def versions() -> dict[str, str]:
    """Return the exact version of every installed package, of Python and of Mnemo, by name."""
    installed = {
        str(each.metadata["Name"]).lower().replace("_", "-"): each.version
        for each in importlib.metadata.distributions()
    }
    return {
        **dict(sorted(installed.items())),
        "python": platform.python_version(),
        "mnemo": __version__,
    }


def machine() -> dict[str, str]:
    """Return what of this machine the last digits of a result depend on; not whose it is.

    Libraries choose their instructions by the processor, and sum in another order in more threads,
    of which jobs have at most as many as there are cores.
    """
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "architecture": platform.machine(),
        "system": platform.system(),
        "libc": " ".join(platform.libc_ver()),
    }


def code(root: Path) -> dict[str, str]:
    """Digest every file of Mnemo's own code.

    Args:
        root: Mnemo's folder.

    Returns:
        The first 12 digits of each file's sha256, by its path in the folder.
    """
    found = [root / "Snakefile", *root.glob("rules/*.smk"), *root.glob("scripts/**/*.py")]
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in sorted(found)
    }


def commit(root: Path) -> str | None:
    """Return the commit that Mnemo's folder has checked out; None where git doesn't know.

    Files that differ from it have another digest in `code`.
    """
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return None
    found = subprocess.run(
        [git, "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or None


def described(root: Path) -> dict[str, Any]:
    """Describe this environment, as a crate has it in `environment.json`.

    Args:
        root: Mnemo's folder.

    Returns:
        The layout of the crate (`format`) and of the results (`results`), and `versions`,
        `machine`, `commit` and `code` as the functions of this module give them.
    """
    return {
        "format": layout.FORMAT,
        "results": FORMAT,
        "commit": commit(root),
        "versions": versions(),
        "machine": machine(),
        "code": code(root),
    }


def _processor() -> str:
    """Return the name of this machine's processor, with its family, model and stepping."""
    try:
        lines = Path("/proc/cpuinfo").read_text().split("\n\n", maxsplit=1)[0].splitlines()
    except OSError:
        return platform.processor()
    told = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    numbers = [told.get(key, "") for key in ("cpu family", "model", "stepping")]
    return f"{told.get('model name', platform.processor())} {'.'.join(numbers)}".strip()
