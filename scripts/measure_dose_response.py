"""Measure how the scores of an edit follow alpha, and which alpha gives a wanted change."""

from typing import TYPE_CHECKING

from mnemo import logs, scores, tables
from mnemo.directions import jackknife
from mnemo.results import calibration, dose_response, schemas, slopes

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
columns = ["image", "edit", "assessor", "shape", "alpha", "score"]
edited = scores.read(inputs.scores, columns)
unedited = scores.read(inputs.unedited, ["image", "assessor", "shape", "score"])
confidence = params.statistics["confidence"]
measured = {
    **dose_response.responses(edited, least_found=params.least_found, confidence=confidence),
    "calibration": calibration.measure(edited, unedited, params.wanted, **params.statistics),
}
direction, layers = jackknife.read_direction(inputs.direction)
measured["slopes"] = slopes.measure(
    edited,
    direction=direction,
    gradients=jackknife.read_gradients(inputs.gradients),
    layers=layers,
    least_found=params.least_found,
    confidence=confidence,
)
for name, table in measured.items():
    tables.write(
        snakemake.output[name],
        schemas.of(name),
        table,
        tables.Provenance.of(snakemake.rule, params.items()),
    )
