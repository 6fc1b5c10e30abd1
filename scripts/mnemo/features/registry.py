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
        faces: Whether it describes the largest face in an image, and not the whole image.
        frechet: Name of the Fréchet distance on its features; empty if they are for no distance.
        kernel: Name of the kernel distance on its features; empty in the same case.
        logits: Name of the extractor of logits for the Inception Score beside its features; empty
            if there is none.
        threshold: Euclidean distance of features below which two faces are of the same person, as
            the network's authors published it; None if they published none, or if it describes
            whole images.
    """

    module: str
    weights: tuple[str, ...]
    dim: int
    faces: bool = False
    frechet: str = ""
    kernel: str = ""
    logits: str = ""
    threshold: float | None = None


def _vggface2(name: str) -> Entry:
    """Describe a face-recognition network trained on VGGFace2."""
    return Entry(
        module=f"mnemo.features.{name}_vggface2",
        weights=(f"{name}-vggface2",),
        dim=2048,
        faces=True,
    )


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
        logits="inception-logits",
    ),
    "inception-logits": Entry(
        module="mnemo.features.inception_logits",
        weights=("inception",),
        dim=1008,
    ),
    "dinov2": Entry(
        module="mnemo.features.dinov2",
        weights=("dinov2-vitl14",),
        dim=1024,
        frechet="Fréchet distance on DINOv2 features",
        kernel="kernel distance on DINOv2 features",
    ),
    "dlib-face": Entry(
        module="mnemo.features.dlib_face",
        weights=("dlib-face", "dlib-landmarks"),
        dim=128,
        faces=True,
        # http://blog.dlib.net/2017/02/high-quality-face-recognition-with-deep.html
        threshold=0.6,
    ),
    "resnet50-vggface2": _vggface2("resnet50"),
    "senet50-vggface2": _vggface2("senet50"),
}
#: Extractors of whole images, on whose features realness is measured.
REALNESS = {name: entry for name, entry in EXTRACTORS.items() if entry.frechet}
#: Extractors of logits, of which the Inception Score is computed.
LOGITS = {each.logits: EXTRACTORS[each.logits] for each in REALNESS.values() if each.logits}
#: Extractors of faces, on whose features identity is measured.
IDENTITY = {name: entry for name, entry in EXTRACTORS.items() if entry.faces}
