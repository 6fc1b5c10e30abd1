"""List the weights that the study uses and their licences, as a page."""

from typing import TYPE_CHECKING

from mnemo import logs
from mnemo.report import pages

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
listed = pages.weights(snakemake.params.weights)
pages.save(pages.tabulate(listed), snakemake.output.page)
