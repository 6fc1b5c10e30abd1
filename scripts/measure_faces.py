"""Measure the factors of the faces in one shard of images, all from one detection of each face."""

from typing import TYPE_CHECKING

from mnemo import logs, scores, tables
from mnemo.assessors import face_factors, measuring

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
measurer = face_factors.FaceMeasurer(inputs.weights[0])
shards = measuring.measured(inputs.images, measurer, params.factors)
provenance = tables.Provenance.of(snakemake.rule, params.items())
for place, (factor, output) in enumerate(zip(params.factors, snakemake.output, strict=True)):
    rows = measuring.rows(shards, place, factor, snakemake.wildcards.shape)
    tables.write_parts(output, scores.SCORES, rows, provenance)
