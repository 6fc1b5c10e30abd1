"""Draw how the scores of the set fit are distributed."""

from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.figures import distributions, style

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
scores = tables.frame(snakemake.input.scores, ["assessor", "shape", "score"])
style.save(distributions.draw(scores), snakemake.output.figure)
