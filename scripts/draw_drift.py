"""Draw how edits change the attributes that they, or others, hold still."""

from typing import TYPE_CHECKING

from mnemo import figures, logs, tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
drift = tables.read(snakemake.input.drift).to_pandas()
confidence = snakemake.params.statistics["confidence"]
figures.save(figures.drift(drift, confidence), snakemake.output.figure)
