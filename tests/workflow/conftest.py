"""The tiny study: checkouts of Mnemo to run it in, and one in which it is finished."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from tests.support.checkout import WEIGHTS, Checkout


@pytest.fixture(scope="session")
def fetched(weights: Callable[[str], Path]) -> None:
    """Have the weights of the tiny study."""
    for name in WEIGHTS:
        weights(name)


@pytest.fixture
def checkout(fetched: None, tmp_path: Path) -> Checkout:
    """A fresh checkout, in which nothing has run."""
    return Checkout(tmp_path / "mnemo").check_out()


@pytest.fixture(scope="session")
def finished(fetched: None, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout in which one worker has run the tiny study whole; tests that change it copy it."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    made, done = Checkout(shared / "finished" / "mnemo"), shared / "finished" / "done"
    with FileLock(shared / "finished.lock"):
        if not done.exists():
            made.check_out().run()
            done.touch()
    return made


@pytest.fixture
def rerun(finished: Checkout, tmp_path: Path) -> Iterator[Checkout]:
    """A copy of the finished checkout, to change."""
    yield finished.copy(tmp_path / "mnemo")
    shutil.rmtree(tmp_path / "mnemo")
