"""Measure the factors of the main objects in one shard of images, all from one mask each."""

from typing import TYPE_CHECKING

from mnemo import logs, scores, tables
from mnemo.assessors import measuring, object_shape

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
measurer = object_shape.open_measurer(inputs.weights[0])
shards = measuring.measured(inputs.images, measurer, params.factors)
provenance = tables.Provenance.of(snakemake.rule, params.items())
for place, (factor, output) in enumerate(zip(params.factors, snakemake.output, strict=True)):
    rows = measuring.rows(shards, place, factor, snakemake.wildcards.shape)
    tables.write_parts(output, scores.SCORES, rows, provenance)
