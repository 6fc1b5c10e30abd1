"""Check a database to train on, and deal its images to training, validation and test."""

from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.training import database
from mnemo.training import tables as training_tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
folder = database.root(snakemake.input.database)
images = database.read(folder, target=params.target, fillers=params.fillers)
tables.write(
    snakemake.output.split,
    training_tables.SPLIT,
    database.split(images, seed=params.seed, folds=params.folds),
    tables.Provenance.of(snakemake.rule, params.items()),
)
