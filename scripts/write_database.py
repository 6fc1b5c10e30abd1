"""Lay faces out as a database to train on, with assessors' scores as rates."""

from typing import TYPE_CHECKING

from mnemo import logs
from mnemo.training import making

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs = snakemake.input
making.make(
    snakemake.output.folder,
    {shape: inputs[shape] for shape in snakemake.params.shapes},
    inputs.hit_rates,
    inputs.false_alarm_rates,
)
