"""Correlate the assessors' scores with people's of the same images."""

from typing import TYPE_CHECKING

import pandas as pd

from mnemo import logs, scores, tables
from mnemo.ratings.table import RATINGS
from mnemo.results import assessor_validity

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
scored = scores.read(inputs.scores, ["image", "assessor", "shape", "score"])
ratings = tables.frame(inputs.ratings, RATINGS.names)
measured = [
    assessor_validity.measure(scored, own, str(name), **params.statistics)
    for name, own in ratings.groupby("ratings", sort=False)
]
provenance = tables.Provenance.of(snakemake.rule, params.items())
tables.write(
    snakemake.output.validity, assessor_validity.ASSESSOR_VALIDITY, pd.concat(measured), provenance
)
