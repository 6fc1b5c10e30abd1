"""Draw how far assessors and shapes agree on the same images."""

from typing import TYPE_CHECKING

from mnemo import figures, logs, tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
agreement = tables.read(snakemake.input.agreement).to_pandas()
confidence = snakemake.params.statistics["confidence"]
figures.save(figures.agreement(agreement, confidence), snakemake.output.figure)
