"""Whether a crate was made on a machine like this one, with the same versions and code."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from mnemo.crates import environment

#: Packages on whose versions the last digits of a result depend.
COMPUTING = (
    *("python", "mnemo", "numpy", "scipy", "pandas", "pyarrow", "scikit-learn", "statsmodels"),
    *("torch", "torchvision", "tensorflow", "tensorflow-cpu", "mtcnn", "clean-fid", "dlib-bin"),
    *("onnxruntime", "pillow", "h5py"),
)


class Differences(NamedTuple):
    """What differs between a crate's environment and this one.

    Attributes:
        machine: Properties of the machine.
        versions: Packages whose version differs.
        code: Files of Mnemo's own code.
    """

    machine: list[str]
    versions: list[str]
    code: list[str]

    @property
    def exact(self) -> bool:
        """Whether every number should be the same to the byte: the machine and versions are."""
        return not self.machine and not self.versions

    def __str__(self) -> str:
        parts = []
        for name, differing in self._asdict().items():
            if differing:
                more = f" and {len(differing) - 8} more" if len(differing) > 8 else ""
                parts.append(f"{name}: {', '.join(differing[:8])}{more}")
        return "; ".join(parts) or "none"


def differences(theirs: Mapping[str, Any], root: Path) -> Differences:
    """Compare the environment of a crate with this one.

    Args:
        theirs: `environment.json` of the crate.
        root: Mnemo's folder.

    Returns:
        What differs.
    """
    ours = environment.described(root)
    versions = [
        f"{name} {theirs['versions'].get(name)} there, {ours['versions'].get(name)} here"
        for name in COMPUTING
        if theirs["versions"].get(name) != ours["versions"].get(name)
    ]
    machine = [
        f"{name} {theirs['machine'].get(name)!r} there, {value!r} here"
        for name, value in ours["machine"].items()
        if theirs["machine"].get(name) != value
    ]
    code = sorted(
        name
        for name in {*theirs["code"], *ours["code"]}
        if theirs["code"].get(name) != ours["code"].get(name)
    )
    return Differences(machine, versions, code)
