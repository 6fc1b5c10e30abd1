"""Correlate the ranks that assessors and shapes give to the same images."""

from typing import TYPE_CHECKING

from mnemo import logs, scores, tables
from mnemo.results import agreement

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
scores = scores.read(snakemake.input.scores, ["image", "assessor", "shape", "score"])
tables.write(
    snakemake.output.agreement,
    agreement.AGREEMENT,
    agreement.measure(scores, **params.statistics),
    tables.Provenance.of(snakemake.rule, params.items()),
)
