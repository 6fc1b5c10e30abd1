"""Measure how an edit along one assessor's normal changes the scores of the others."""

from typing import TYPE_CHECKING

from mnemo import logs, tables, transfer

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
measured = transfer.matrix(
    tables.frame(snakemake.input.slopes, tables.SLOPES.names),
    params.edits,
    tables.scores(snakemake.input.scores, ["image", "assessor", "shape", "score"]),
)
tables.write(
    snakemake.output.transfer,
    tables.TRANSFER,
    measured,
    tables.Provenance.of(snakemake.rule, params.items()),
)
