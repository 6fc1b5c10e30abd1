"""Answer an experiment as simulated participants, through its server."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mnemo import logs, scores
from mnemo.experiment import folder, simulate
from mnemo.experiment.server import export, players

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
experiment = folder.described(inputs.experiment)
scored = None
if inputs.scores:
    scored = scores.read(inputs.scores, ["image", "alpha", "score"])
with tempfile.TemporaryDirectory() as data:
    place = {"folder": Path(inputs.experiment).parent, "data": Path(data)}
    players.simulate(
        **place,
        participants=params.participants,
        series=params.series,
        model=simulate.of_slope(experiment.settings.kind, params.slope),
        images=simulate.following(experiment, scored, params.strength),
        inattentive=params.inattentive,
        seed=params.seed,
    )
    export.write_trials(snakemake.output.trials, **place)
