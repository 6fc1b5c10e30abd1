"""Compare the faces that an edit loses with those that are still found."""

from typing import TYPE_CHECKING

from mnemo import logs, scores, tables
from mnemo.results import lost_faces

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
columns = ["image", "edit", "assessor", "shape", "alpha", "score"]
measured = lost_faces.measure(
    scores.read(snakemake.input.scores, columns), confidence=params.confidence
)
tables.write(
    snakemake.output.lost_faces,
    lost_faces.LOST_FACES,
    measured,
    tables.Provenance.of(snakemake.rule, params.items()),
)
