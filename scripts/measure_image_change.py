"""Measure how far the images of one shard are from the unedited ones."""

from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.inversion import change, perceptual

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
tables.write_parts(
    snakemake.output.changes,
    change.IMAGE_CHANGES,
    change.measure(
        perceptual.load(params.perceptual, *inputs.weights), inputs.edited, inputs.unedited
    ),
    tables.Provenance.of(snakemake.rule, params.items()),
)
