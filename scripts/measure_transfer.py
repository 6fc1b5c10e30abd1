"""Measure how an edit along one assessor's normal changes the scores of the others."""

from typing import TYPE_CHECKING

from mnemo import logs, scores, tables
from mnemo.results import schemas, transfer

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
columns = ["image", "assessor", "shape", "score"]
measured = transfer.matrix(
    tables.frame(inputs.slopes, schemas.of("slopes").names),
    params.directions,
    scores.read(inputs.edited, ["edit", "alpha", *columns]),
    scores.read(inputs.scores, columns),
    confidence=params.confidence,
)
tables.write(
    snakemake.output.transfer,
    transfer.TRANSFER,
    measured,
    tables.Provenance.of(snakemake.rule, params.items()),
)
