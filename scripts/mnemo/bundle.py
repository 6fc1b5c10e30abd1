"""The bundle: Mnemo in one file, for a machine without a network.

`make bundle` fetches a study's weights and runs `python -m mnemo.bundle [STUDY]`. In the unpacked
bundle, `make install` installs from its wheels.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

import yaml

from mnemo import hashes
from mnemo.errors import MnemoError
from mnemo.study import photographs
from mnemo.study.mistakes import checked
from mnemo.study.models import Models
from mnemo.version import __version__
from mnemo.weights import catalogue

#: Bytes that have to be free: the wheels of PyTorch and TensorFlow, once as files and once packed.
ROOM = 10 * 10**9


def weights(study: str | Path) -> list[Path]:
    """List the weights that a study needs and that are not part of Mnemo's code.

    Args:
        study: The study's file.

    Returns:
        The files in the folder of weights, and those in which a sha256 was recorded.

    Raises:
        MnemoError: The study is mistaken, or some of its weights are not there.
    """
    models = Models(checked(photographs.counted(yaml.safe_load(Path(study).read_text()))))
    files = [catalogue.path(name, hashes.FOLDER) for name in models.used]
    stored = [path for path in files if path.parent == hashes.FOLDER]
    if missing := [str(path) for path in stored if not path.is_file()]:
        raise MnemoError(f"run `snakemake weights` first: {', '.join(missing)} are not there")
    locks = [lock for path in stored for lock in hashes.locks(path) if lock.is_file()]
    return [*stored, *locks]


def write(home: Path, stored: Iterable[Path], folder: Path, room: int = ROOM) -> Path:
    """Pack the last commit, the wheels of its requirements, and weights.

    The wheels are those of the Python that runs this, on this kind of machine.

    Args:
        home: Mnemo's folder, a git repository with `requirements.txt`.
        stored: The weights to pack.
        folder: Where the bundle goes.
        room: Bytes that have to be free there.

    Returns:
        The bundle, a tar archive with one folder in it.

    Raises:
        MnemoError: Files have changed since the last commit, or the disk has no room.
        subprocess.CalledProcessError: git or pip failed; they have said why.
    """
    git = ["git", "-C", str(home)]
    status = [*git, "status", "--porcelain", "--untracked-files=no"]
    changed = subprocess.run(status, capture_output=True, text=True, check=True).stdout
    if changed:
        raise MnemoError(f"a bundle has the last commit: commit these changes first\n{changed}")
    folder.mkdir(parents=True, exist_ok=True)
    if (free := shutil.disk_usage(folder).free) < room:
        raise MnemoError(f"{folder} has {free / 1e9:.1f} GB free; a bundle needs {room / 1e9:.0f}")
    name = f"mnemo-{__version__}"
    version = f"cp{sys.version_info.major}{sys.version_info.minor}"
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    bundle = folder / f"{name}-{version}-{platform}.tar"
    with tempfile.TemporaryDirectory(dir=folder) as making:
        partial, wheels = Path(making, "partial.tar"), Path(making, "wheels")
        pip = [sys.executable, "-m", "pip", "wheel", "--disable-pip-version-check"]
        requirements = ["--requirement", str(home / "requirements.txt")]
        subprocess.run([*pip, "--wheel-dir", str(wheels), *requirements], check=True)
        archive = ["archive", f"--prefix={name}/", f"--output={partial.absolute()}", "HEAD"]
        subprocess.run([*git, *archive], check=True)
        with tarfile.open(partial, "a") as packed:
            for path in stored:
                # The weights themselves, where others keep them and there is a link.
                packed.add(os.path.realpath(path), f"{name}/resources/weights/{path.name}")
            for wheel in sorted(wheels.iterdir()):
                packed.add(wheel, f"{name}/wheels/{wheel.name}")
                wheel.unlink()
        partial.replace(bundle)
    return bundle


if __name__ == "__main__":
    try:
        of_study = weights(sys.argv[1] if sys.argv[1:] else hashes.HOME / "config.yaml")
        made = write(hashes.HOME, of_study, Path("bundle"))
    except MnemoError as why:
        sys.exit(str(why))
    except subprocess.CalledProcessError as why:
        sys.exit(f"{why.cmd[0]} failed; what it says is above")
    print(f"{made}: {made.stat().st_size / 1e9:.1f} GB. In it, once unpacked: make install")
