"""Answer an experiment as simulated participants, through its server."""

import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mnemo import logs, scores
from mnemo.experiment import folder, simulate
from mnemo.experiment.server import export, players

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
# A line for each request would be a million.
for chatty in ("httpx2", "mnemo.experiment.server", "uvicorn", "alembic"):
    logging.getLogger(chatty).setLevel(logging.WARNING)
inputs, params = snakemake.input, snakemake.params
experiment = folder.described(inputs.experiment)
scored = None
if inputs.scores:
    scored = scores.read(inputs.scores, ["image", "alpha", "score"])
place = Path(inputs.experiment).parent
with tempfile.TemporaryDirectory() as temporary:
    data = Path(temporary)
    players.simulate(
        place,
        participants=params.participants,
        series=params.series,
        model=simulate.of_slope(experiment.settings.kind, params.slope),
        images=simulate.following(experiment, scored, params.strength),
        inattentive=params.inattentive,
        seed=params.seed,
        data=data,
    )
    answered, found = export.read(place, data=data)
export.write_parquet(answered, found.trials, snakemake.output.trials)
