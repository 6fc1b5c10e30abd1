"""Lay out one of the study's tables as a page."""

from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.report import pages

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
table = tables.read(snakemake.input.table)
page = pages.tabulate(table, snakemake.params.confidence)
pages.save(page, snakemake.output.page)
