"""Subtract one assessor's scores from another's."""

from typing import TYPE_CHECKING

from mnemo import logs, scores, tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
first, second = (tables.read(path) for path in snakemake.input.scores)
difference = scores.difference(first, second)
tables.write(
    snakemake.output.scores,
    scores.SCORES,
    scores.scored(first, snakemake.wildcards.assessor, snakemake.wildcards.shape, difference),
    tables.Provenance.of(snakemake.rule, snakemake.params.items()),
)
