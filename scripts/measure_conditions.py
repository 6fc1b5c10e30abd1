"""Measure what a direction shares with attributes, and how well it holds them constant."""

from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.directions import conditions

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
planes = map(conditions.read, inputs.attributes, inputs.attribute_refits)
rows = conditions.rows(
    params.direction["name"],
    conditions.read(inputs.hyperplane, inputs.refits),
    dict(zip(params.attributes, planes, strict=True)),
    params.direction["hold"],
    preset=params.preset,
    confidence=params.confidence,
)
tables.write(
    snakemake.output.conditions,
    conditions.CONDITIONS,
    rows,
    tables.Provenance.of(snakemake.rule, params.items()),
)
