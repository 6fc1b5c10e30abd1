"""Draw whether edited faces are still those of the same persons."""

from typing import TYPE_CHECKING

from mnemo import figures, logs, tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
identity = tables.read(snakemake.input.identity).to_pandas()
confidence = snakemake.params.statistics["confidence"]
figures.save(figures.identity(identity, confidence), snakemake.output.figure)
