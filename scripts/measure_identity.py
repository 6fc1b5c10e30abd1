"""Measure whether an edit's faces at each alpha are still those of the same persons."""

from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.results import identity

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
measured = identity.measure(
    identity.read(snakemake.input.embeddings),
    threshold=params.threshold,
    false_accept_rate=params.false_accept_rate,
    confidence=params.confidence,
)
tables.write(
    snakemake.output.identity,
    identity.IDENTITY,
    measured.assign(edit=snakemake.wildcards.edit),
    tables.Provenance.of(snakemake.rule, params.items()),
)
