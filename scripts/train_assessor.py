"""Train an assessor on one split of a database, or go on where a killed training stood."""

from pathlib import Path
from typing import TYPE_CHECKING

from mnemo import database, logs, tables, training
from mnemo.assessors import trained

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, output, params = snakemake.input, snakemake.output, snakemake.params
split = tables.read(inputs.split).to_pandas()
checkpoint = Path(output.weights).with_name("checkpoint.pt")
made = training.train(
    split,
    Path(params.folder, database.IMAGES),
    training.Settings(**params.settings),
    snakemake.wildcards.run,
    checkpoint,
    Path(inputs.initial[0]) if inputs.initial else None,
)
card = training.describe(
    made, database.digest(params.folder, split), params.licence, **params.statistics
)
trained.save(output.weights, made.network, card)
Path(output.card).write_text(trained.text(card))
provenance = tables.Provenance.of(snakemake.rule, params.items())
tables.write(output.curves, tables.CURVES, made.curves, provenance)
tables.write(output.predictions, tables.PREDICTIONS, made.predictions, provenance)
checkpoint.unlink(missing_ok=True)
