"""Lay out the paper's tables and figures beside the study's own, as a page."""

from pathlib import Path
from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.report import pages, paper

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
figures = dict(zip(snakemake.params.figures, map(Path, snakemake.input.figures), strict=True))
table = tables.read(snakemake.input.table)
pages.save(paper.page(table, figures, snakemake.params.confidence), snakemake.output.page)
