"""Measure how an edit changes the attributes that it, or another, holds still."""

from typing import TYPE_CHECKING

from mnemo import logs, scores, tables
from mnemo.results import drift

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
columns = ["set", "edit", "image", "assessor", "shape", "alpha", "score"]
scores = scores.read(snakemake.input.scores, columns)
unedited = scores["set"] == "fit"
tables.write(
    snakemake.output.drift,
    drift.DRIFT,
    drift.measure(scores[~unedited], scores[unedited], params.held, confidence=params.confidence),
    tables.Provenance.of(snakemake.rule, params.items()),
)
