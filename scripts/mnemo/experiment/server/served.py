"""An experiment that is being served: its folder, its database and its secrets together."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from mnemo import files
from mnemo.experiment import folder as stimuli_folder
from mnemo.experiment.server import database, recruitment, secret, texts
from mnemo.experiment.server.database import Database
from mnemo.experiment.server.recruitment import Recruitment
from mnemo.experiment.server.secret import Secrets
from mnemo.experiment.server.texts import Texts
from mnemo.experiment.stimuli import Experiment

#: The database within the folder of data.
NAME = "answers.sqlite"


@dataclass(frozen=True)
class Served:
    """An experiment that is being served.

    Attributes:
        folder: Its folder.
        experiment: The experiment.
        database: The database of its answers.
        secrets: The salt and the administrator's token.
        recruitment: Where participants come from.
        texts: The texts of its page.
        size: Width and height of its images, in pixels.
    """

    folder: Path
    experiment: Experiment
    database: Database
    secrets: Secrets
    recruitment: Recruitment
    texts: Texts
    size: tuple[int, int]


def data_folder(folder: str | Path, data: str | Path | None = None) -> Path:
    """Return where an experiment's database and secrets are.

    Args:
        folder: The experiment's folder.
        data: Another place; None for the usual one.

    Returns:
        The folder, which need not exist.
    """
    return Path(data) if data else Path(folder, stimuli_folder.ANSWERS)


def database_url(folder: str | Path, data: str | Path | None = None, url: str | None = None) -> str:
    """Return where the answers of an experiment are.

    Args:
        folder: The experiment's folder.
        data: As for `data_folder`.
        url: URL of another database; None for SQLite in the folder of data.

    Returns:
        The URL or path.
    """
    return url or str(data_folder(folder, data).absolute() / NAME)


def serve(folder: str | Path, *, url: str | None = None, data: str | Path | None = None) -> Served:
    """Read an experiment's folder, and open its database and secrets.

    Args:
        folder: The folder.
        url: As for `database_url`.
        data: As for `data_folder`.

    Returns:
        The experiment, ready to be served.

    Raises:
        MnemoError: Something in the folder is missing or wrong; the database is of another
            experiment, or can't be used.
    """
    whole = _read(folder)
    place = data_folder(folder, data)
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as why:
        raise files.refused(place, why) from why
    opened = database.open_for(database_url(folder, data, url), whole["experiment"])
    return Served(**whole, database=opened, secrets=_secrets(secret.prepare, place, opened))


def reading(
    folder: str | Path, *, url: str | None = None, data: str | Path | None = None
) -> Served:
    """Read an experiment that another process may be serving; nothing is written.

    Args:
        folder: The folder.
        url: As for `database_url`.
        data: As for `data_folder`.

    Returns:
        The experiment, which is not to be served.

    Raises:
        MnemoError: Something in the folder is missing or wrong; there is no database, or it is of
            another experiment; or the salt is missing.
    """
    whole = _read(folder)
    place = data_folder(folder, data)
    opened = database.open_reading(database_url(folder, data, url), whole["experiment"])
    return Served(**whole, database=opened, secrets=_secrets(secret.stored, place, opened))


def _read(folder: str | Path) -> dict[str, Any]:
    """Read all that is in an experiment's folder."""
    experiment = stimuli_folder.read(folder)
    written = texts.read(folder)
    recruited = recruitment.read(folder)
    first = next(iter(experiment.images.values()))
    with Image.open(Path(folder, first.file)) as image:
        size = image.size
    return {
        "folder": Path(folder),
        "experiment": experiment,
        "recruitment": recruited,
        "texts": written,
        "size": size,
    }


def _secrets(find: Callable[[Path, Database], Secrets], place: Path, opened: Database) -> Secrets:
    try:
        return find(place, opened)
    except BaseException:
        opened.close()
        raise
