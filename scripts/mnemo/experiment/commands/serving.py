"""Commands for a server: serve a folder, simulate participants, and take the answers out."""

import argparse
from pathlib import Path

from mnemo.experiment import folder, simulate

# The functions import the server themselves: the other commands work without its libraries.


def add_serve(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command `serve`."""
    added = _add(commands, "serve", "serve a folder to participants")
    added.set_defaults(run=_serve)
    added.add_argument("--host", default="127.0.0.1", help="address to listen at")
    added.add_argument("--port", type=int, default=8000, help="port to listen at; 0 for a free one")


def _serve(given: argparse.Namespace) -> None:
    """Serve a folder until the process is stopped."""
    from mnemo.experiment.server import run

    run.serve(given.folder, data=given.data, url=given.database, host=given.host, port=given.port)


def add_simulate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command `simulate`."""
    added = _add(commands, "simulate", "answer a demonstration as participants would")
    added.set_defaults(run=_simulate)
    added.add_argument("--participants", type=int, default=20, help="number of participants")
    added.add_argument("--series", type=int, default=1, help="series of each")
    added.add_argument(
        "--slope", type=float, help="log odds for an increase of alpha by 1; the paper's if absent"
    )
    added.add_argument(
        "--inattentive", type=float, default=0.0, help="share who press always or never"
    )
    added.add_argument("--seed", type=int, default=0, help="seed of all that is drawn")
    added.add_argument("--at-once", type=int, default=1, help="participants at the same time")


def _simulate(given: argparse.Namespace) -> None:
    """Have simulated participants play, and print what they did."""
    from mnemo.experiment.server import players

    kind = folder.read(given.folder).settings.kind
    slope = simulate.MODELS[kind].slope if given.slope is None else given.slope
    played = players.simulate(
        given.folder,
        participants=given.participants,
        series=given.series,
        model=simulate.of_slope(kind, slope),
        seed=given.seed,
        inattentive=given.inattentive,
        at_once=given.at_once,
        data=given.data,
        database=given.database,
    )
    print(
        f"Simulated: {played.participants:,} participants finished {played.series:,} series with "
        f"{played.answers:,} answers; {played.blocked:,} may not go on"
    )


def add_export(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command `export`."""
    added = _add(commands, "export", "write what was answered, as parquet, CSV and Psych-DS")
    added.set_defaults(run=_export)
    added.add_argument("out", type=Path, help="folder to write to")


def _export(given: argparse.Namespace) -> None:
    """Write what was answered, and print how much that is."""
    from mnemo.experiment.server import export

    found = export.export(given.folder, given.out, data=given.data, database=given.database)
    series = found.participants.to_pandas()
    reasons = series.loc[series["excluded"], "reason"].value_counts()
    print(
        f"{given.out}: {len(found.trials):,} answers of {series['participant'].nunique():,} "
        f"participants in {len(series):,} series"
    )
    for reason, count in reasons.items():
        print(f"{count:,} series excluded: {reason}")


def add_payments(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command `payments`."""
    added = _add(commands, "payments", "print what participants are to be paid, as CSV")
    added.set_defaults(run=_payments)


def _payments(given: argparse.Namespace) -> None:
    """Print what is due, by codes."""
    from mnemo.experiment.server import payments, served

    read = served.reading(given.folder, data=given.data, url=given.database)
    try:
        print(payments.as_csv(payments.payments(read)), end="")
    finally:
        read.database.close()


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, does: str
) -> argparse.ArgumentParser:
    """Add a command with the options of all that use a database."""
    added = commands.add_parser(name, help=does, description=does)
    added.add_argument("folder", type=Path, help="folder of the experiment")
    added.add_argument("--data", type=Path, help="folder of the answers; FOLDER/answers if absent")
    added.add_argument("--database", help="URL of PostgreSQL; SQLite in that folder if absent")
    return added
