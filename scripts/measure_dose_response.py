"""Measure how the scores of an edit follow alpha, and which alpha gives a wanted change."""

from typing import TYPE_CHECKING

from mnemo import logs, scores, tables
from mnemo.results import calibration, dose_response, schemas

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
columns = ["image", "edit", "assessor", "shape", "alpha", "score"]
edited = scores.read(snakemake.input.scores, columns)
unedited = scores.read(snakemake.input.unedited, ["image", "assessor", "shape", "score"])
measured = {
    **dose_response.responses(
        edited, least_found=params.least_found, confidence=params.statistics["confidence"]
    ),
    "calibration": calibration.measure(edited, unedited, params.wanted, **params.statistics),
}
for name, table in measured.items():
    tables.write(
        snakemake.output[name],
        schemas.of(name),
        table,
        tables.Provenance.of(snakemake.rule, params.items()),
    )
