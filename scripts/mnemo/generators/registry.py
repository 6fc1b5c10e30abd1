"""The generators that a study can name: one entry each, beside the generator's own file.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """What Mnemo knows of a generator without loading it.

    Attributes:
        module: Dotted name of its file.
        weights: Name in the weights catalogue.
        spaces: Its latent spaces.
        resolution: Height and width of its images, in pixels.
        layers: Layers that `w_plus` tiles w over.
        gpu: GPUs that rendering asks for: 0 for one so small that starting on a GPU takes longer.
    """

    module: str
    weights: str
    spaces: tuple[str, ...]
    resolution: int
    layers: int = 1
    gpu: int = 1


GENERATORS: dict[str, Entry] = {
    "dcgan-faces": Entry(
        module="mnemo.generators.dcgan_faces",
        weights="dcgan-faces",
        spaces=("z",),
        resolution=64,
        gpu=0,
    ),
}
