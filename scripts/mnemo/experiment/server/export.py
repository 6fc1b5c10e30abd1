"""What was answered, as tables for analyses: parquet, CSV, and a dataset after Psych-DS."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from mnemo import files, tables
from mnemo.errors import MnemoError
from mnemo.experiment import answers as judging
from mnemo.experiment import folder as stimuli_folder
from mnemo.experiment import psych_ds
from mnemo.experiment.server import database as opening
from mnemo.experiment.server.database import ANSWERS, EVENTS, PARTICIPANTS, SERIES, Database
from mnemo.experiment.server.dealing import planned
from mnemo.experiment.server.served import database_url
from mnemo.experiment.server.store import pseudonym
from mnemo.experiment.stimuli import Experiment
from mnemo.results.people import participants as judged
from mnemo.results.people.trials import DIGEST, PARTICIPANT, TRIALS
from mnemo.results.people.trials import SERIES as NUMBER
from mnemo.tables import Provenance, field

_TRIAL = TRIALS.field("trial")

TIMING = tables.define(
    "When each image or pair was shown, by the clock of the participant's browser",
    PARTICIPANT,
    NUMBER,
    _TRIAL,
    field("planned_ms", pa.float64(), "when it was due", unit="ms", nullable=True),
    field(
        "onset_ms",
        pa.float64(),
        "timestamp of the frame in which it was drawn; null if it never was",
        unit="ms",
        nullable=True,
    ),
    field(
        "offset_ms",
        pa.float64(),
        "timestamp of the frame in which it was erased; null if it never was",
        unit="ms",
        nullable=True,
    ),
    field("presses", pa.int64(), "number of presses during the trial"),
    field("long_frames", pa.int64(), "number of frames that came more than half a frame late"),
    field("hidden", pa.bool_(), "whether the page was in the background"),
)

DEVICES = tables.define(
    "Series that were dealt, and the screens that they were shown on",
    PARTICIPANT,
    NUMBER,
    field(
        "source",
        pa.string(),
        "where the participant came from",
        limits="prolific, mturk, sona, lab, anonymous, simulated",
    ),
    field(
        "state",
        pa.string(),
        "how far the series is",
        limits="running, finished, interrupted",
    ),
    field("refused", pa.int64(), "number of answers to a trial that had another one already"),
    field("width", pa.float64(), "width of the window, in CSS pixels", nullable=True),
    field("height", pa.float64(), "height of the window, in CSS pixels", nullable=True),
    field("pixel_ratio", pa.float64(), "pixels of the screen per CSS pixel", nullable=True),
    field("refresh_hz", pa.float64(), "measured refresh rate", unit="Hz", nullable=True),
    field("touch", pa.bool_(), "whether the screen is touched", nullable=True),
    field("user_language", pa.string(), "language of the browser", nullable=True),
)

HAPPENED = tables.define(
    "What happened around a series",
    PARTICIPANT,
    NUMBER,
    field("seq", pa.int64(), "number of the event in the series, from 0"),
    field(
        "event",
        pa.string(),
        "what happened",
        limits="blur, hidden, visible, resize, fullscreen-left, offline, online, reload",
    ),
    field("at_ms", pa.float64(), "when, from the start of the series", unit="ms"),
)


class Tables(NamedTuple):
    """What was answered.

    Attributes:
        trials: The columns of `TRIALS`.
        participants: The columns of `results.people.participants.PARTICIPANTS`.
        timing: The columns of `TIMING`.
        devices: The columns of `DEVICES`.
        events: The columns of `HAPPENED`.
    """

    trials: pa.Table
    participants: pa.Table
    timing: pa.Table
    devices: pa.Table
    events: pa.Table


def trials(
    folder: str | Path, *, data: str | Path | None = None, database: str | None = None
) -> pd.DataFrame:
    """Read all answers of an experiment, those of interrupted series and of practice too.

    Args:
        folder: Folder of the experiment, which may be served meanwhile.
        data: As for `served.data_folder`.
        database: As for `served.database_url`.

    Returns:
        The columns of `TRIALS`, in the order of participants, series and trials.

    Raises:
        MnemoError: As for `export`.
    """
    frame: pd.DataFrame = read(folder, data=data, database=database)[1].trials.to_pandas()
    return frame


def export(
    folder: str | Path,
    out: str | Path,
    *,
    data: str | Path | None = None,
    database: str | None = None,
) -> Tables:
    """Write what was answered in an experiment.

    Args:
        folder: Folder of the experiment, which may be served meanwhile.
        out: Folder to write to; files of an earlier export are replaced.
        data: As for `served.data_folder`.
        database: As for `served.database_url`.

    Returns:
        What was written.

    Raises:
        MnemoError: There are no answers; they are of another experiment; or they can't be read or
            written.
    """
    experiment, found = read(folder, data=data, database=database)
    write(experiment, found, out)
    return found


def read(
    folder: str | Path, *, data: str | Path | None = None, database: str | None = None
) -> tuple[Experiment, Tables]:
    """Read what was answered in an experiment.

    Args:
        folder: Folder of the experiment, which may be served meanwhile.
        data: As for `served.data_folder`.
        database: As for `served.database_url`.

    Returns:
        The experiment, and its tables.

    Raises:
        MnemoError: There are no answers; they are of another experiment; or they can't be read.
    """
    experiment = stimuli_folder.read(folder)
    opened = opening.open_reading(database_url(folder, data, database), experiment)
    try:
        return experiment, collect(experiment, opened)
    finally:
        opened.close()


def collect(experiment: Experiment, database: Database) -> Tables:
    """Read what was answered, as of one moment.

    Args:
        experiment: The experiment.
        database: Its database.

    Returns:
        The tables.

    Raises:
        MnemoError: There are no answers yet.
    """
    answered, timing, devices, events = [], [], [], []
    with database.reading(as_of_one_moment=True) as connection:
        series = connection.execute(
            sa.select(SERIES, PARTICIPANTS.c.source)
            .join(PARTICIPANTS, PARTICIPANTS.c.number == SERIES.c.participant)
            .order_by(SERIES.c.participant, SERIES.c.number)
        ).all()
        for each in series:
            made = planned(each.participant, each.number, each.plan)
            name = pseudonym(each.participant)
            own = {"participant": name, "series": each.number}
            constant = {
                "experiment": experiment.name,
                "kind": experiment.settings.kind,
                "simulated": each.source == "simulated",
            }
            for row in connection.execute(
                sa.select(ANSWERS).where(ANSWERS.c.series == each.id).order_by(ANSWERS.c.trial)
            ):
                given = judging.answer(
                    experiment, name, made, row.trial, row.answer, row.rt, row.shown_ms
                )
                answered.append({**constant, **given._asdict()})
                timing.append({**row._mapping, **own})
            devices.append({**each._mapping, **each.device, **own})
            events += [
                {**own, "seq": row.seq, "event": row.kind, "at_ms": row.at_ms}
                for row in connection.execute(
                    sa.select(EVENTS).where(EVENTS.c.series == each.id).order_by(EVENTS.c.seq)
                )
            ]
    if not answered:
        place = database.engine.url.render_as_string(hide_password=True)
        raise MnemoError(f"nobody has answered anything yet: {place} holds no answers to export.")
    given_trials = _table(answered, TRIALS)
    return Tables(
        given_trials,
        tables.conform(_judged(experiment, given_trials.to_pandas()), judged.PARTICIPANTS),
        _table(timing, TIMING),
        _table(devices, DEVICES),
        _table(events, HAPPENED),
    )


def write(experiment: Experiment, found: Tables, out: str | Path) -> None:
    """Write the tables of an experiment in all formats.

    Args:
        experiment: The experiment.
        found: Its tables.
        out: As for `export`.

    Raises:
        MnemoError: They can't be written.
    """
    out = Path(out)
    dataset = out / "psych-ds"
    try:
        (dataset / "data").mkdir(parents=True, exist_ok=True)
        for name in ("trials", "participants"):
            write_parquet(experiment, getattr(found, name), out / f"{name}.parquet")
        for name, table in found._asdict().items():
            # A number that may be missing stays a whole number.
            frame = table.to_pandas(integer_object_nulls=True)
            for path in (
                out / f"{name}.csv",
                dataset / "data" / psych_ds.file_name(experiment.settings.kind, name),
            ):
                with files.whole(path) as partial:
                    frame.to_csv(partial, index=False, lineterminator="\n")
        psych_ds.describe(
            dataset,
            experiment.name,
            f"Answers of participants in the {experiment.settings.kind} {experiment.name}, with "
            f"images of the study {experiment.study}.",
            [table.schema for table in found],
            identifier=f"sha256:{experiment.digest}",
            simulated=experiment.demo,
        )
    except OSError as why:
        raise files.refused(out, why) from why


def write_parquet(experiment: Experiment, table: pa.Table, path: str | Path) -> None:
    """Write a table of an experiment, with the digest by which a study knows its own answers.

    Args:
        experiment: The experiment.
        table: One of its tables.
        path: The file.

    Raises:
        MnemoError: It can't be written.
    """
    settings = {**asdict(experiment.settings), "demo": experiment.demo, "seed": experiment.seed}
    told = {**table.schema.metadata, DIGEST.encode(): experiment.digest.encode()}
    provenance = Provenance(experiment.study, "export", {}, settings)
    tables.write(path, table.schema.with_metadata(told), table, provenance)


def _judged(experiment: Experiment, frame: pd.DataFrame) -> pd.DataFrame:
    """Judge the series by the experiment's own limits."""
    return judged.measure(frame, **judged.limits(experiment.settings))


def _table(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    rows = list(rows)
    return tables.conform({name: [row.get(name) for row in rows] for name in schema.names}, schema)
