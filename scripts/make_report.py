"""Gather the figures and the tables in one page."""

from pathlib import Path
from typing import TYPE_CHECKING

from mnemo import logs
from mnemo.report import make

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
make.report(
    snakemake.output.report,
    snakemake.input.results,
    snakemake.input.config,
    Path(snakemake.scriptdir).parent / "Snakefile",
)
