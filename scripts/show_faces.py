"""Count the faces that were found in each set, as a page."""

from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.report import pages

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
columns = ["set", "edit", "alpha", "status", "clamped"]
found = pages.faces(tables.read(snakemake.input.faces, columns))
pages.save(pages.tabulate(found), snakemake.output.page)
