"""Write a study's latents, scores and hyperplanes as InterFaceGAN's files."""

from typing import TYPE_CHECKING

from mnemo import interop, logs

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
interop.write_interfacegan(
    snakemake.output.folder,
    snakemake.input.latents,
    snakemake.input.scores,
    snakemake.input.hyperplanes,
    layers=snakemake.params.layers,
    tile=snakemake.params.tile,
)
