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
    z_dim: int
    resolution: int
    layers: int = 1
    w_dim: int = 0


GENERATORS: dict[str, Entry] = {
    "dcgan-faces": Entry(
        module="mnemo.generators.dcgan_faces",
        weights="dcgan-faces",
        spaces=("z",),
        z_dim=100,
        resolution=64,
    ),
}
