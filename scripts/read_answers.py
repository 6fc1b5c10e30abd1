"""Read the answers to an experiment, and judge which series count."""

from dataclasses import replace
from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.experiment import folder
from mnemo.results.people import participants, trials

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, output = snakemake.input, snakemake.output
experiment = folder.described(inputs.experiment)
answers = trials.read(inputs.answers, experiment, inputs.experiment)
settings = replace(experiment.settings, **snakemake.params.limits)
judged = participants.measure(answers, **participants.limits(settings))
provenance = tables.Provenance.of(snakemake.rule, snakemake.params.items())
tables.write(output.trials, trials.TRIALS, answers, provenance)
tables.write(output.participants, participants.PARTICIPANTS, judged, provenance)
