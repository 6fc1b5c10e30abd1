"""Learn a direction through a generator and an assessor, or go on where a killed job stood."""

from typing import TYPE_CHECKING

from mnemo import assessors, files, logs, tables
from mnemo.checkpoints import resume
from mnemo.directions import table
from mnemo.directions.learning import card
from mnemo.directions.learning.learn import learn
from mnemo.directions.learning.table import LEARNING, curve
from mnemo.generators import loading

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params, output = snakemake.input, snakemake.params, snakemake.output
provenance = tables.Provenance.of(snakemake.rule, params.items())
said = params.direction
assessor = assessors.load(said["assessor"], *inputs.trained, *inputs.assessor, preset=params.preset)
learned = learn(
    loading.load(inputs.weights, params.generator),
    assessor,
    at_once=params.at_once,
    checkpoint=resume.path_of(output.direction, params.code),
    tested=params.classes,
    confidence=params.confidence,
    **params.settings,
)
row = table.row(
    # Learning sees the whole images.
    {**said, "shape": "square"},
    params.generator["name"],
    provenance.weights[params.generator_weights],
    learned.normal.ravel(),
    learned.normal.shape[0] if learned.space == "w_plus" else 1,
    scale=float(learned.scale),
    slope=learned.slope.estimate,
    agreement=learned.agreement,
)
tables.write(output.direction, table.DIRECTIONS, row, provenance)
tables.write(output.learning, LEARNING, curve(said["name"], learned.curve), provenance)
names = {"generator": params.generator["name"], "assessor": said["assessor"]}
with files.whole(output.card) as partial:
    described = card.card(learned, **names, files=provenance.weights)
    partial.write_text(card.text(described), encoding="utf-8")
resume.clear(output.direction)
