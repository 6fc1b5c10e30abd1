"""Draw how edits along one assessor's hyperplane change the scores of the others."""

from typing import TYPE_CHECKING

from mnemo import figures, logs, tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
transfer = tables.read(snakemake.input.transfer).to_pandas()
confidence = snakemake.params.statistics["confidence"]
figures.save(figures.transfer(transfer, confidence), snakemake.output.figure)
