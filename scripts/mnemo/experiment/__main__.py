"""Experiments from the command line: `python -m mnemo.experiment COMMAND`."""

import argparse
import sys
from collections.abc import Sequence

from mnemo.errors import MnemoError
from mnemo.experiment.commands import design, serving

ADDED = (
    design.add_power,
    design.add_check,
    serving.add_serve,
    serving.add_simulate,
    serving.add_export,
    serving.add_payments,
)


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; each stores the function that does it as `run`."""
    made = argparse.ArgumentParser(prog="python -m mnemo.experiment", description=__doc__)
    commands = made.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in ADDED:
        add(commands)
    return made


def main(words: Sequence[str] | None = None) -> None:
    """Run one command.

    Args:
        words: The command line; that of the process by default.
    """
    given = parser().parse_args(words)
    try:
        given.run(given)
    except MnemoError as mistake:
        sys.exit(str(mistake))


if __name__ == "__main__":
    main()
