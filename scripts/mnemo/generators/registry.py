"""The generators available to a study: one entry each, besides the files of their architectures.

This module imports nothing heavy, because the Snakefile imports it on machines that have only
Snakemake installed.
"""

from dataclasses import dataclass

#: The module of each architecture, which defines its layouts and builds its generators.
ARCHITECTURES = {
    "dcgan": "mnemo.generators.dcgan",
    "stylegan1": "mnemo.generators.stylegan1",
    "stylegan2": "mnemo.generators.stylegan2",
    "biggan": "mnemo.generators.biggan",
    "biggan-deep": "mnemo.generators.biggan_deep",
}


@dataclass(frozen=True)
class Entry:
    """The properties of a generator that are known without loading it.

    Attributes:
        architecture: A key of `ARCHITECTURES`.
        weights: Name of its weights in the catalogue.
        spaces: Its latent spaces.
        resolution: Height and width of its images, in pixels.
        latent_dim: Number of dimensions of z, and of w.
        layers: Number of layers for which `w_plus` holds a w.
        classes: Number of classes of a conditional generator; 0 for others.
        gpu: Number of GPUs that rendering requests; 0 for a generator so small that starting a GPU
            takes longer than rendering on the CPU.
    """

    architecture: str
    weights: str
    spaces: tuple[str, ...]
    resolution: int
    latent_dim: int
    layers: int = 1
    classes: int = 0
    gpu: int = 1

    @property
    def module(self) -> str:
        """Dotted name of its architecture's module."""
        return ARCHITECTURES[self.architecture]

    @property
    def at_once(self) -> int:
        """Number of images that a job renders and encodes at once: 96 MiB of them, at most 256.

        It is a multiple of every generator's batch size, so that no batch is padded needlessly.
        """
        return min(256, 32 * max(1, 2**20 // self.resolution**2))


def _stylegan(name: str, architecture: str, resolution: int) -> Entry:
    # There are two layers for each resolution from 4 pixels up.
    layers = 2 * (resolution.bit_length() - 2)
    return Entry(architecture, name, ("z", "w", "w_plus"), resolution, 512, layers)


GENERATORS: dict[str, Entry] = {
    "dcgan-faces": Entry("dcgan", "dcgan-faces", ("z",), 64, latent_dim=100, gpu=0),
    "stylegan1-ffhq": _stylegan("stylegan1-ffhq", "stylegan1", 1024),
    "stylegan2-ffhq": _stylegan("stylegan2-ffhq", "stylegan2", 1024),
    "stylegan2-cat": _stylegan("stylegan2-cat", "stylegan2", 256),
    "stylegan2-horse": _stylegan("stylegan2-horse", "stylegan2", 256),
    "stylegan2-church": _stylegan("stylegan2-church", "stylegan2", 256),
    "stylegan2-car": _stylegan("stylegan2-car", "stylegan2", 512),
    "biggan-256": Entry("biggan", "biggan-256", ("z",), 256, latent_dim=140, classes=1000),
    "biggan-deep-512": Entry(
        "biggan-deep", "biggan-deep-512", ("z",), 512, latent_dim=128, classes=1000
    ),
}
