"""Write the folder of an experiment, which a lab serves."""

from pathlib import Path
from typing import TYPE_CHECKING

from mnemo import logs
from mnemo.experiment import folder, pictures
from mnemo.experiment.settings import KINDS

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
given = params.photographs
classes = pictures.classes(inputs.latents) if params.class_count else None
folder.export(
    Path(snakemake.output.experiment).parent,
    KINDS[params.kind](**params.settings),
    pictures.of_shards(inputs.targets, classes),
    pictures.of_shards(inputs.fillers, classes),
    name=snakemake.wildcards.experiment,
    study=params.stamp["study"],
    vigilance=pictures.of_shards(inputs.vigilance, classes),
    photographs=pictures.photographs(given, params.size, params.format, params.class_count)
    if given
    else (),
    seed=params.seed,
    demo=params.demo,
)
