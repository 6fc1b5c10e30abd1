"""Score one shard of images with one assessor."""

from typing import TYPE_CHECKING

from mnemo import assessors, images, logs, tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
assessor, shape = snakemake.wildcards.assessor, snakemake.wildcards.shape
shard, pixels = images.read(snakemake.input.images)
scores = assessors.load(assessor, snakemake.input.weights[0]).score(pixels)
tables.write(
    snakemake.output.scores,
    tables.SCORES,
    tables.scored(shard, assessor, shape, scores),
    tables.Provenance.of(snakemake.rule, snakemake.params.items()),
)
