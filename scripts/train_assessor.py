"""Train an assessor on one split of a database, or go on where a killed training stood."""

from pathlib import Path
from typing import TYPE_CHECKING

from mnemo import hashes, logs, tables
from mnemo.assessors import trained
from mnemo.training import database, train
from mnemo.training import tables as training_tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, output, params = snakemake.input, snakemake.output, snakemake.params
split, faces = tables.read(inputs.split).to_pandas(), database.root(inputs.database)
folder = Path(output.weights).parent
checkpoint = folder / f"checkpoint-{params.code}.pt"
made = train.train(
    split,
    faces / database.IMAGES,
    train.Settings(**params.settings),
    snakemake.wildcards.run,
    checkpoint,
    Path(inputs.initial[0]) if inputs.initial else None,
)
card = train.describe(made, database.digest(faces, split), params.licence)
trained.save(output.weights, made.network, card)
Path(output.card).write_text(trained.text(card))
Path(output.sha256).write_text(hashes.of(Path(output.weights)))
provenance = tables.Provenance.of(snakemake.rule, params.items())
tables.write(output.curves, training_tables.CURVES, made.curves, provenance)
tables.write(output.predictions, training_tables.PREDICTIONS, made.predictions, provenance)
for stale in folder.glob("checkpoint-*.pt"):
    stale.unlink()
