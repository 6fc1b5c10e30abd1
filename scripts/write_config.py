"""Write the study as it was run."""

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from mnemo import logs

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
text = yaml.safe_dump(snakemake.params.config, sort_keys=False)
Path(snakemake.output.config).write_text(text)
