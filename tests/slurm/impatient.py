"""Snakemake, with a SLURM plugin that asks about its jobs every second.

The plugin waits ten seconds longer each time that it has asked and no job had completed, which
suits jobs of minutes, and has no option to change it.
"""

from snakemake.cli import main
from snakemake_executor_plugin_slurm import Executor

SECONDS = 1

if __name__ == "__main__":
    # The plugin sets this attribute after each query, and reads it to wait for the next.
    Executor.next_seconds_between_status_checks = property(lambda _: SECONDS, lambda *_: None)
    main()
