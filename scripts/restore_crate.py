"""Take the published measurements out of a crate, each of whose files is checked."""

from pathlib import Path
from typing import TYPE_CHECKING

from mnemo import logs
from mnemo.crates.opening import Crate
from mnemo.verify import restoring, weights

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
crate, results = Crate(params.crate), Path(params.results)
restoring.restore(crate, params.restored, results)
restoring.check_places(results, params.restored, params.seeds)
weights.check(crate, params.weights)
