"""The feature extractors available to a study: one entry each, besides the extractor's own file.

This module imports nothing heavy, because the Snakefile imports it on machines that have only
Snakemake installed.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """The properties of a feature extractor that are known without loading it.

    Attributes:
        module: Dotted name of its module.
        weights: Names of its weights in the catalogue.
        dim: Number of features of an image.
        frechet: Name of the Fréchet distance on its features; empty if it describes faces and not
            whole images.
        kernel: Name of the kernel distance on its features; empty in the same case.
        threshold: Euclidean distance of features below which two faces are of the same person; None
            if its features do not describe faces.
    """

    module: str
    weights: tuple[str, ...]
    dim: int
    frechet: str = ""
    kernel: str = ""
    threshold: float | None = None


EXTRACTORS: dict[str, Entry] = {
    "resnet152": Entry(
        module="mnemo.features.resnet152",
        weights=("resmem",),
        dim=2048,
        frechet="Fréchet distance on ResNet-152 features",
        kernel="kernel distance on ResNet-152 features",
    ),
    "inception": Entry(
        module="mnemo.features.inception",
        weights=("inception",),
        dim=2048,
        frechet="FID",
        kernel="KID",
    ),
    "dlib-face": Entry(
        module="mnemo.features.dlib_face",
        weights=("dlib-face", "dlib-landmarks"),
        dim=128,
        # http://blog.dlib.net/2017/02/high-quality-face-recognition-with-deep.html
        threshold=0.6,
    ),
}
#: Extractors of whole images, on whose features realness is measured.
REALNESS = {name: entry for name, entry in EXTRACTORS.items() if entry.threshold is None}
#: Extractors of faces, on whose features identity is measured.
IDENTITY = {name: entry for name, entry in EXTRACTORS.items() if entry.threshold is not None}
