"""Find the latents of one shard of aligned photographs, or go on where a killed job stood."""

from typing import TYPE_CHECKING

from mnemo import features, latents, logs, tables
from mnemo.checkpoints import resume
from mnemo.generators import loading
from mnemo.inversion import perceptual, photographs
from mnemo.inversion.table import INVERSIONS

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, output, params = snakemake.input, snakemake.output, snakemake.params
provenance = tables.Provenance.of(snakemake.rule, params.items())
distance = perceptual.load(params.perceptual, *inputs.perceptual) if params.perceptual else None
shard, pixels = photographs.read(inputs.aligned, params.images)
found, inversions = photographs.recover(
    shard,
    photographs.padded(pixels, params.rows, params.generator["resolution"]),
    loading.load(inputs.weights, params.generator),
    space=params.space,
    steps=params.steps,
    seed=params.seed,
    noise=params.noise,
    schedule=params.schedule,
    perceptual=distance,
    embedder=features.load(params.embedder, *inputs.embedder) if params.embedder else None,
    identity_by=params.embedder,
    class_index=params.class_index,
    psi=params.psi,
    checkpoint=resume.path_of(output.latents, params.code),
)
tables.write(output.latents, latents.LATENTS, found, provenance)
tables.write(output.inversions, INVERSIONS, inversions, provenance)
resume.clear(output.latents)
