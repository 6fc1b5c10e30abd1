"""Measure the mean scores of an edit's controls at each alpha."""

from typing import TYPE_CHECKING

from mnemo import logs, scores, tables
from mnemo.results import controls

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
columns = ["edit", "image", "assessor", "shape", "alpha", "score"]
measured = controls.measure(
    scores.read(snakemake.input.controls, columns),
    scores.read(snakemake.input.unedited, columns),
    params.alphas,
    confidence=params.confidence,
)
tables.write(
    snakemake.output.controls,
    controls.CONTROLS,
    measured.assign(edit=snakemake.wildcards.edit),
    tables.Provenance.of(snakemake.rule, params.items()),
)
