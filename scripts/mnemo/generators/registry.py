"""The generators that a study can name: one entry each, beside the generator's own file.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """What Mnemo knows of a generator without loading it."""

    module: str
    weights: str
    spaces: tuple[str, ...]
    layers: int = 1


GENERATORS: dict[str, Entry] = {
    "dcgan-faces": Entry(
        module="mnemo.generators.dcgan_faces",
        weights="dcgan-faces",
        spaces=("z",),
    ),
}
