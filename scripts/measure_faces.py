"""Measure the factors of the faces in one shard of images, all from one detection of each face."""

from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.assessors import face_factors, measuring

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
measurer = face_factors.FaceMeasurer(inputs.weights[0])
measuring.write(
    inputs.images,
    measurer,
    dict(zip(params.factors, snakemake.output, strict=True)),
    snakemake.wildcards.shape,
    tables.Provenance.of(snakemake.rule, params.items()),
)
