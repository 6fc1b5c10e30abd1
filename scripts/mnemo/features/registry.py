"""The feature extractors that a study can name: one entry each, beside the extractor's own file.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """What Mnemo knows of a feature extractor without loading it.

    Attributes:
        module: Dotted name of its file.
        weights: Names in the weights catalogue.
        frechet: What the Fréchet distance on its features is called.
        kernel: What the kernel distance on its features is called.
    """

    module: str
    weights: tuple[str, ...]
    frechet: str
    kernel: str


EXTRACTORS: dict[str, Entry] = {
    "resnet152": Entry(
        module="mnemo.features.resnet152",
        weights=("resmem",),
        frechet="Fréchet distance on ResNet-152 features",
        kernel="kernel distance on ResNet-152 features",
    ),
    "inception": Entry(
        module="mnemo.features.inception",
        weights=("inception",),
        frechet="FID",
        kernel="KID",
    ),
}
