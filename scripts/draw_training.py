"""Draw how an assessor was trained, and how well it ranks images that it was not trained on."""

from typing import TYPE_CHECKING

from mnemo import figures, logs, tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs = snakemake.input
curves, predictions, summary = (
    tables.read(path).to_pandas() for path in (inputs.curves, inputs.predictions, inputs.summary)
)
confidence = snakemake.params.statistics["confidence"]
figures.save(figures.training(curves, predictions, summary, confidence), snakemake.output.figure)
