"""Train an assessor on one split of a database, or resume a killed training."""

from pathlib import Path
from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.training import train

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
train.run(
    inputs.database,
    inputs.split,
    train.Settings(**params.settings),
    snakemake.wildcards.run,
    Path(inputs.initial[0]) if inputs.initial else None,
    params.code,
    params.licence,
    dict(snakemake.output.items()),
    tables.Provenance.of(snakemake.rule, params.items()),
)
