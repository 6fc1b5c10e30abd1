"""Measure how an edit changes the visual factors, and how closely its scores follow them."""

from typing import TYPE_CHECKING

from mnemo import logs, scores, tables
from mnemo.results import factors, schemas

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
columns = ["image", "assessor", "shape", "score"]
edited = scores.read(inputs.scores, [*columns, "edit", "alpha"])
unedited = scores.read(inputs.unedited, columns)
sources, confidence = params.sources, params.confidence
measured = {
    "factors": factors.measure(edited, unedited, sources, confidence=confidence),
    "factor_models": factors.relate(edited, sources, params.assessors, confidence=confidence),
}
for name, table in measured.items():
    tables.write(
        snakemake.output[name],
        schemas.of(name),
        table,
        tables.Provenance.of(snakemake.rule, params.items()),
    )
