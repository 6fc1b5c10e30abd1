"""Say whether a crate holds, what differs first."""

from pathlib import Path
from typing import TYPE_CHECKING

from mnemo import logs
from mnemo.crates.opening import Crate
from mnemo.errors import MnemoError
from mnemo.verify import machines, verdict

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
away = machines.differences(Crate(params.crate).environment, Path(snakemake.scriptdir).parent)
text, holds = verdict.describe(inputs.compared, inputs.redrawn, params.as_published, away)
Path(inputs.compared).with_name("verdict.md").write_text(text, encoding="utf-8")
print(text)
if not holds:
    raise MnemoError(f"{params.crate} does not hold: see above, or {Path(inputs.compared).parent}")
