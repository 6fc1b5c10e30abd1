"""Measure how the scores of an edit follow alpha."""

from typing import TYPE_CHECKING

from mnemo import logs, scores, tables
from mnemo.directions import jackknife
from mnemo.results import dose_response, schemas, slopes

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
columns = ["image", "edit", "assessor", "shape", "alpha", "score"]
scores = scores.read(inputs.scores, columns)
measured = dose_response.responses(scores, params.changes, **params.statistics)
direction, layers = jackknife.read_direction(inputs.direction)
measured["slopes"] = slopes.measure(
    scores,
    direction=direction,
    gradients=jackknife.read_gradients(inputs.gradients),
    layers=layers,
    confidence=params.statistics["confidence"],
)
for name, table in measured.items():
    tables.write(
        snakemake.output[name],
        schemas.of(name),
        table,
        tables.Provenance.of(snakemake.rule, params.items()),
    )
