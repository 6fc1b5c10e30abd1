"""Draw how far an edit is from the reference set, over alpha."""

from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.figures import realness, style

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
measured = tables.read(snakemake.input.realness).to_pandas()
figure = realness.draw(measured, params.frechet, params.kernel, params.confidence)
style.save(figure, snakemake.output.figure)
