"""Measure what people remembered, or told from photographs, at each alpha and of each image."""

from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.results import schemas
from mnemo.results.people import consistency, memorability, participants, rates, trials

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
given = tables.frame([inputs.trials], trials.TRIALS.names)
judged = tables.frame([inputs.participants], participants.PARTICIPANTS.names)
counted, confidence = trials.analysed(given, judged), params.confidence
measured = {
    "human_rates": rates.measure(counted, confidence=confidence),
    "memorability": memorability.measure(counted, confidence=confidence),
    "consistency": consistency.measure(counted, seed=params.seed, confidence=confidence),
}
for name, path in snakemake.output.items():
    tables.write(
        path,
        schemas.of(name),
        measured[name],
        tables.Provenance.of(snakemake.rule, params.items()),
    )
