"""Print the plan of the study."""

from pathlib import Path
from typing import TYPE_CHECKING

from mnemo.plan import plans
from mnemo.study.mistakes import checked

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

params = snakemake.params
study = checked(params.config)
requests = {rule: plans.Request(**asked) for rule, asked in params.requests.items()}
plan = plans.lines(study, requests, params.results)
partitions = plans.partitions(params.partitions)
warnings = plans.warnings(study, plan, requests, params.results, partitions)
page = "\n".join([plans.text(study, plan), *(f"Warning: {warning}" for warning in warnings)])
Path(snakemake.log[0]).write_text(page + "\n")
print(page)
