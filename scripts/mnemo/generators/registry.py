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


#: Dimensions of z and w, and number of classes, of the published generators of each architecture;
#: a BigGAN's z depends on its resolution.
DEFAULTS: dict[str, dict[str, int]] = {
    "dcgan": {"z_dim": 100},
    "stylegan1": {"z_dim": 512, "w_dim": 512},
    "stylegan2": {"z_dim": 512, "w_dim": 512},
    "biggan": {"z_dim": 128, "class_count": 1000},
    "biggan-deep": {"z_dim": 128, "class_count": 1000},
}
_BIGGAN_Z = {128: 120, 256: 140}


@dataclass(frozen=True)
class Entry:
    """The properties of a generator that are known without loading it.

    Attributes:
        name: Its name in a study.
        architecture: A key of `ARCHITECTURES`.
        resolution: Height and width of its images, in pixels.
        z_dim: Dimensions of z.
        w_dim: Dimensions of w; 0 for a generator without w.
        class_count: Number of classes of a conditional generator; 0 for others.
    """

    name: str
    architecture: str
    resolution: int
    z_dim: int
    w_dim: int = 0
    class_count: int = 0

    @property
    def weights(self) -> str:
        """Name of its weights: in the catalogue, or one that nothing else has."""
        return self.name if self.name in GENERATORS else f"generator {self.name}"

    @property
    def module(self) -> str:
        """Dotted name of its architecture's module."""
        return ARCHITECTURES[self.architecture]

    @property
    def spaces(self) -> tuple[str, ...]:
        """Its latent spaces."""
        return ("z", "w", "w_plus") if self.w_dim else ("z",)

    @property
    def layers(self) -> int:
        """Number of layers for which `w_plus` holds a w: two for each resolution from 4 pixels."""
        return 2 * (self.resolution.bit_length() - 2) if self.w_dim else 1

    @property
    def gpu(self) -> int:
        """Number of GPUs that rendering requests.

        It is 0 for a DCGAN, which renders on the CPU in less time than starting a GPU takes.
        """
        return int(self.architecture != "dcgan")

    @property
    def at_once(self) -> int:
        """Number of images that a job renders and encodes at once: 96 MiB of them, at most 256.

        It is a multiple of every generator's batch size, so that no batch is padded needlessly.
        """
        return min(256, 32 * max(1, 2**20 // self.resolution**2))


def entry(name: str, architecture: str, resolution: int, **sizes: int | None) -> Entry:
    """Describe a generator.

    Args:
        name: Its name in a study.
        architecture: A key of `ARCHITECTURES`.
        resolution: Height and width of its images, in pixels.
        sizes: `z_dim`, `w_dim` and `class_count`, where they are not those of the architecture's
            published generators; None stands for those.

    Returns:
        The generator's entry.
    """
    known = dict(DEFAULTS[architecture])
    if architecture == "biggan":
        known["z_dim"] = _BIGGAN_Z.get(resolution, known["z_dim"])
    given = {key: size for key, size in sizes.items() if size is not None}
    return Entry(name, architecture, resolution, **{**known, **given})


#: The generators whose weights are in the catalogue.
GENERATORS: dict[str, Entry] = {
    name: entry(name, architecture, resolution)
    for name, architecture, resolution in (
        ("dcgan-faces", "dcgan", 64),
        ("stylegan1-ffhq", "stylegan1", 1024),
        ("stylegan2-ffhq", "stylegan2", 1024),
        ("stylegan2-cat", "stylegan2", 256),
        ("stylegan2-horse", "stylegan2", 256),
        ("stylegan2-church", "stylegan2", 256),
        ("stylegan2-car", "stylegan2", 512),
        ("biggan-256", "biggan", 256),
        ("biggan-deep-512", "biggan-deep", 512),
    )
}
