"""Write the crate in which a study is published."""

from pathlib import Path
from typing import TYPE_CHECKING

from mnemo import logs
from mnemo.publish import pack

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
pack.pack(
    Path(snakemake.input.config).parent,
    Path(snakemake.output.description).parent,
    pack.Contents(**snakemake.params.contents),
    Path(snakemake.scriptdir).parent,
)
