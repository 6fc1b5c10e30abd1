"""Serving the folder of an experiment."""

import socket
from pathlib import Path

import uvicorn

from mnemo.errors import MnemoError
from mnemo.experiment import folder as folders
from mnemo.experiment.server import app, database, secrets, texts
from mnemo.experiment.server.store import Store

#: The folder of the answers in that of an experiment.
ANSWERS = "answers"


def store(folder: Path, data: Path | None = None, url: str | None = None) -> Store:
    """Open the answers to an experiment.

    Args:
        folder: The folder of the experiment.
        data: The folder of the answers; `answers` in that of the experiment if None.
        url: URL of the database; an SQLite file in that folder if None.

    Returns:
        What happens to participants, series and answers.

    Raises:
        MnemoError: The folder is not one of an experiment, or has changed; or the database is of
            another experiment, or can't be opened.
    """
    experiment = folders.read(folder)
    data = data or folder / ANSWERS
    salt = secrets.kept(data / "salt")
    opened = database.open_for(url or str(data / "answers.sqlite"), experiment)
    return Store(experiment, folder, opened, salt, texts.read(folder))


def serve(
    folder: Path,
    *,
    data: Path | None = None,
    url: str | None = None,
    host: str = "127.0.0.1",
    port: int = 8000,
) -> None:
    """Serve an experiment until the process is stopped.

    Args:
        folder: The folder of the experiment.
        data: As for `store`.
        url: As for `store`.
        host: Address to listen at.
        port: Port to listen at; 0 for a free one.

    Raises:
        MnemoError: As for `store`; jsPsych is not installed; or the port can't be used.
    """
    installed = app.PAGE / "node_modules" / "jspsych"
    if not installed.is_dir():
        raise MnemoError(
            f"{installed} is missing: run `make experiment-page`, which installs jsPsych with npm."
        )
    opened = store(folder, data, url)
    token = secrets.admin_token(data or folder / ANSWERS)
    listener = _listener(host, port)
    shown, taken = listener.getsockname()[:2]
    print(f"{opened.experiment.name}: http://{shown}:{taken}/", flush=True)
    # The access log would have participants' IDs, which are in the addresses.
    settings = uvicorn.Config(
        app.create(opened, token), log_level="warning", access_log=False, server_header=False
    )
    try:
        uvicorn.Server(settings).run(sockets=[listener])
    finally:
        opened.database.close()


def _listener(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), reuse_port=False, backlog=512)
    except OSError as why:
        raise MnemoError(
            f"the server can't listen at {host}:{port} ({why.strerror}): give another --port"
        ) from why
