"""Set the paper's tables and figures beside the study's own."""

from pathlib import Path
from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.results import published, reproduction

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
measured = {Path(path).stem: tables.read(path).to_pandas() for path in snakemake.input.tables}
tables.write(
    snakemake.output.reproduction,
    reproduction.REPRODUCTION,
    reproduction.compare(
        published.read(),
        params.study,
        measured,
        figures=params.figures,
        confidence=params.confidence,
    ),
    tables.Provenance.of(snakemake.rule, params.items()),
)
