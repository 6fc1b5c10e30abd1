"""Measure how the scores of an edit follow alpha."""

from typing import TYPE_CHECKING

from mnemo import logs, scores, tables
from mnemo.results import dose_response, schemas

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
columns = ["image", "edit", "assessor", "shape", "alpha", "score"]
scores = scores.read(snakemake.input.scores, columns)
measured = dose_response.responses(
    scores, params.changes, least_found=params.least_found, **params.statistics
)
for name, table in measured.items():
    tables.write(
        snakemake.output[name],
        schemas.of(name),
        table,
        tables.Provenance.of(snakemake.rule, params.items()),
    )
