"""Relate people's answers to alpha and to visual factors, in mixed models."""

from typing import TYPE_CHECKING

from mnemo import logs, scores, tables
from mnemo.results.people import human_models, participants, trials

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
given = tables.frame([inputs.trials], trials.TRIALS.names)
judged = tables.frame([inputs.participants], participants.PARTICIPANTS.names)
factors = None
if inputs.factors:
    factors = scores.read(inputs.factors, ["edit", "alpha", "image", "assessor", "score"])
    factors = factors.rename(columns={"assessor": "factor", "score": "value"})
models = human_models.measure(trials.analysed(given, judged), factors, confidence=params.confidence)
tables.write(
    snakemake.output.models,
    human_models.HUMAN_MODELS,
    models,
    tables.Provenance.of(snakemake.rule, params.items()),
)
