"""Fixtures that more than one test file needs: the real weights, and real faces."""

import os

# Workers of pytest-xdist share the cores already: with more threads they wait for each other.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from numpy.typing import NDArray

from mnemo import generators
from mnemo.weights import catalogue
from tests.support.paths import ROOT

WEIGHTS = ROOT / "resources" / "weights"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the files that take minutes, so that no worker ends with one of them alone."""
    items.sort(key=lambda item: "workflow" not in item.path.parts)


@pytest.fixture(scope="session", autouse=True)
def own_locks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests' own claim of a GPU from the jobs that they start, which would wait for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("locks")))
        yield


@pytest.fixture(scope="session", name="weights")
def find_weights(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Find the real weights of a name, fetched on first use by one worker for all."""
    shared = tmp_path_factory.getbasetemp().parent

    def find(name: str) -> Path:
        path = catalogue.path(name, WEIGHTS)
        with FileLock(shared / f"{name}.lock"):
            if not path.is_file():
                path.parent.mkdir(parents=True, exist_ok=True)
                catalogue.fetch(name, path)
        return path

    return find


@pytest.fixture(scope="session")
def faces_64(request: pytest.FixtureRequest) -> NDArray[np.uint8]:
    """(240, 64, 64, 3) faces of the embedded generator."""
    generator = generators.load(request.getfixturevalue("weights")("dcgan-faces"), "dcgan-faces")
    return generator.render(generator.sample(range(240), psi=0.8))
