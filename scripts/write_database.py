"""Lay ovals out as a database to train on, with two assessors' scores as rates."""

from typing import TYPE_CHECKING

from mnemo import logs, scores
from mnemo.training import database

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs = snakemake.input
hits, alarms = (
    scores.read(paths, ["image", "score"]) for paths in (inputs.hit_rates, inputs.false_alarm_rates)
)
if not hits["image"].equals(alarms["image"]):
    raise ValueError("the two assessors scored different images")
database.write(
    snakemake.output.folder,
    hits["image"],
    database.ovals(inputs.ovals),
    hits["score"],
    alarms["score"],
)
