"""Mnemo: find what makes an image memorable, and edit images to be more or less memorable.

`from mnemo import Study` opens a study's results. No digest of a job reads this file: it has
nothing but that door.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mnemo.reading.study import Study

__all__ = ["Study"]


def __getattr__(name: str) -> object:
    # Jobs, and the Snakefile where only Snakemake is installed, import nothing of this.
    if name == "Study":
        return import_module("mnemo.reading.study").Study
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
