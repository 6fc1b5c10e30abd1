"""Draw how well each hyperplane separates held-out images."""

from typing import TYPE_CHECKING

from mnemo import figures, logs, tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
hyperplanes = tables.read(snakemake.input.hyperplanes).to_pandas()
confidence = snakemake.params.statistics["confidence"]
figures.save(figures.accuracy(hyperplanes, confidence), snakemake.output.figure)
