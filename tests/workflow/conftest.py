"""The tiny study: checkouts of Mnemo to run it in, and one in which it is finished."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.checkout import WEIGHTS, Checkout


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests that read one finished study in one worker, so that it is run once."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            shared = {"finished", "rerun", "items"} & {*getattr(item, "fixturenames", ())}
            group = "tiny" if shared else item.path.stem
            item.add_marker(pytest.mark.xdist_group(group))


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
    """A checkout in which the tiny study has been run whole; tests that change it copy it."""
    made = Checkout(tmp_path_factory.mktemp("finished") / "mnemo").check_out()
    made.run()
    return made


@pytest.fixture
def rerun(finished: Checkout, tmp_path: Path) -> Iterator[Checkout]:
    """A copy of the finished checkout, to change."""
    yield finished.copy(tmp_path / "mnemo")
    shutil.rmtree(tmp_path / "mnemo")
