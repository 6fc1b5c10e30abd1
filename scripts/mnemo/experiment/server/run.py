"""Running the server of an experiment."""

import logging
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from mnemo.errors import MnemoError
from mnemo.experiment import folder as stimuli_folder
from mnemo.experiment.server import app, served, texts
from mnemo.experiment.server.served import Served

#: Seconds after which a browser that asks for nothing is disconnected.
KEPT = 30


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
        folder: Folder of the experiment.
        data: Folder of the database and the secrets; None for `answers` in that of the experiment.
        url: URL of the database; None for SQLite in the folder of data.
        host: Address to listen at.
        port: Port to listen at; 0 for a free one.

    Raises:
        MnemoError: The experiment can't be served; jsPsych is not installed; or the port is taken.
    """
    installed = texts.PAGE / "node_modules" / "jspsych"
    if not installed.is_dir():
        raise MnemoError(
            f"{installed} is missing: run `make experiment-page`, which installs jsPsych with npm."
        )
    listener = listen(host, port)
    ready = served.serve(folder, url=url, data=data)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    for name in ("alembic", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)
    address, taken = listener.getsockname()[:2]
    shown = f"http://[{address}]:{taken}" if ":" in address else f"http://{address}:{taken}"
    token = served.data_folder(folder, data) / "admin-token"
    print(f"{ready.experiment.name}: {shown}/", flush=True)
    print(f"For the administrator: {shown}/admin, with the token in {token}", flush=True)
    for line in stimuli_folder.unfinished(folder):
        print(f"Not for participants yet: {line}", flush=True)
    try:
        server(ready).run(sockets=[listener])
    finally:
        ready.database.close()


@contextmanager
def running(ready: Served) -> Iterator[str]:
    """Serve an experiment in a thread, to this machine only.

    Args:
        ready: The experiment; its database stays open afterwards.

    Yields:
        Where it is served, as a URL without a slash at its end.
    """
    # Requests that come before the server runs wait in the queue of the port.
    listener = listen("127.0.0.1", 0)
    made = server(ready)
    thread = threading.Thread(target=made.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        made.should_exit = True
        thread.join()


def server(ready: Served) -> uvicorn.Server:
    """Return a server of an experiment that does not run yet.

    Args:
        ready: The experiment.

    Returns:
        The server.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app.make(ready),
            # The application logs by itself, without addresses and participants' IDs.
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_keep_alive=KEPT,
            timeout_graceful_shutdown=10,
            lifespan="off",
            ws="none",
        )
    )


def listen(host: str, port: int) -> socket.socket:
    """Open a port.

    Args:
        host: Address to listen at.
        port: The port; 0 for a free one.

    Returns:
        The socket.

    Raises:
        MnemoError: The port is taken, or there is no such address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=512)
    except OSError as why:
        raise MnemoError(
            f"the server can't listen at {host}:{port} ({why.strerror}): give another --port"
        ) from why
    # Otherwise the body of a reply waits for the browser to acknowledge its headers, some 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
