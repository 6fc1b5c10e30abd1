"""Compare the tables that were recomputed of a crate's measurements with its own."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from mnemo import logs, tables
from mnemo.crates.opening import Crate
from mnemo.verify import comparing, machines

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
crate = Crate(params.crate)
away = machines.differences(crate.environment, Path(snakemake.scriptdir).parent)
rows = [
    row
    for published, recomputed in zip(inputs.published, inputs.recomputed, strict=True)
    for row in comparing.compare(Path(recomputed).stem, published, recomputed, exact=away.exact)
]
tables.write(
    snakemake.output.compared,
    comparing.COMPARED,
    pd.DataFrame(comparing.worst_first(rows)),
    tables.Provenance.of(snakemake.rule, params.items()),
)
