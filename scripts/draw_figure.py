"""Draw one figure of finished tables."""

from importlib import import_module
from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.figures import style

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
figure = import_module(f"mnemo.figures.{snakemake.wildcards.figure}")
frames = [tables.read(path).to_pandas() for path in snakemake.input.tables]
style.save(figure.draw(*frames, snakemake.params.confidence), snakemake.output.figure)
