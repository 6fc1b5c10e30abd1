"""Measure the factors of the main objects in one shard of images, all from one mask each."""

from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.assessors import measuring, object_shape

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
measurer = object_shape.open_measurer(inputs.weights[0])
measuring.write(
    inputs.images,
    measurer,
    dict(zip(params.factors, snakemake.output, strict=True)),
    snakemake.wildcards.shape,
    tables.Provenance.of(snakemake.rule, params.items()),
)
