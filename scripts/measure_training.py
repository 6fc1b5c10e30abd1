"""Measure how well a trained assessor ranks images that it has not seen."""

from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.results import training
from mnemo.training import ceiling, database
from mnemo.training import tables as training_tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params, statistics = snakemake.params, snakemake.params.statistics
folder = database.root(snakemake.input.database)
images = database.read(folder, target=params.target, fillers=params.fillers)
measured = training.summary(
    tables.frame(snakemake.input.predictions, training_tables.PREDICTIONS.names),
    ceiling.measure(images, target=params.target, **statistics),
    assessor=params.assessor,
    architecture=params.architecture,
    target=params.target,
    **statistics,
)
tables.write(
    snakemake.output.training,
    training.TRAINING,
    measured,
    tables.Provenance.of(snakemake.rule, params.items()),
)
