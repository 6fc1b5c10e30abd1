"""State what the study found, and what of it holds."""

from pathlib import Path
from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.results import findings

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
study = {Path(path).stem: tables.read(path).to_pandas() for path in snakemake.input.tables}
tables.write(
    snakemake.output.findings,
    findings.FINDINGS,
    findings.gather(study, **params.stated, confidence=params.confidence),
    tables.Provenance.of(snakemake.rule, params.items()),
)
