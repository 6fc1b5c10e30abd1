"""Check a database to train on, and deal its images to training, validation and test."""

from typing import TYPE_CHECKING

from mnemo import database, logs, tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
folder = database.root(snakemake.input.database)
images = database.read(folder, target=params.target, fillers=params.fillers)
tables.write(
    snakemake.output.split,
    tables.SPLIT,
    database.split(images, seed=params.seed, folds=params.folds),
    tables.Provenance.of(snakemake.rule, params.items()),
)
