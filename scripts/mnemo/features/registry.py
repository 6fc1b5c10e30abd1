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
        dim: Features of an image.
        frechet: What the Fréchet distance on its features is called; empty for one whose features
            are of faces, not of images.
        kernel: What the kernel distance on its features is called; empty for the same.
        threshold: Euclidean distance of features below which two faces are one person's; None for
            one whose features are not of faces.
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
#: Those whose features realness is measured on.
REALNESS = {name: entry for name, entry in EXTRACTORS.items() if entry.threshold is None}
#: Those whose features are of faces, on which identity is measured.
IDENTITY = {name: entry for name, entry in EXTRACTORS.items() if entry.threshold is not None}
