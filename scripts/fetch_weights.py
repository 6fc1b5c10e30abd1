"""Fetch the weights of a model."""

from typing import TYPE_CHECKING

from mnemo import logs
from mnemo.weights import catalogue

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
catalogue.fetch(snakemake.params.name, snakemake.output.weights)
