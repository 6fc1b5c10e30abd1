"""Measure how an edit along one assessor's normal changes the scores of the others."""

from typing import TYPE_CHECKING

from mnemo import logs, scores, tables
from mnemo.results import dose_response, transfer

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
measured = transfer.matrix(
    tables.frame(snakemake.input.slopes, dose_response.SLOPES.names),
    params.directions,
    scores.read(snakemake.input.scores, ["image", "assessor", "shape", "score"]),
)
tables.write(
    snakemake.output.transfer,
    transfer.TRANSFER,
    measured,
    tables.Provenance.of(snakemake.rule, params.items()),
)
