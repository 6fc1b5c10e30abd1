"""Fetch the weights of a model."""

from typing import TYPE_CHECKING

from mnemo import logs, weights

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
weights.fetch(snakemake.params.name, snakemake.output.weights)
