"""Participants are paid by the codes that they were told, which lead to nobody's answers."""

from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from starlette.testclient import TestClient
from tests.support.served import DEVICE, HEADERS, answer, export

from mnemo.errors import MnemoError
from mnemo.experiment import __main__ as command
from mnemo.experiment.server import app, payments, served, store
from mnemo.experiment.server.served import Served


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    export(tmp_path / "experiment")
    return tmp_path / "experiment"


@pytest.fixture
def site(folder: Path) -> Iterator[Served]:
    opened = served.serve(folder)
    yield opened
    opened.database.close()


def status(site: Served, participant: str, press: Callable[[bool], str] | None) -> dict[str, Any]:
    """Play a series, or decline, and return what the participant is told."""
    browser = TestClient(app.make(site), headers=HEADERS)
    entered = browser.post("/api/enter", json={"parameters": {"PROLIFIC_PID": participant}}).json()
    decision = {"version": entered["consent_version"], "agreed": press is not None}
    reply = browser.post("/api/consent", json=decision)
    if press is None:
        return dict(reply.json())
    made = browser.post("/api/series", json={"device": DEVICE}).json()
    answers = [answer(place, press(trial["repeat"])) for place, trial in enumerate(made["trials"])]
    browser.post("/api/answers", json={"series": made["series"], "answers": answers})
    return dict(browser.post("/api/finish", json={"series": made["series"]}).json())


def rightly(repeat: bool) -> str:
    return "old" if repeat else "new"


def test_each_is_paid_by_the_code_that_was_told_and_ids_are_nowhere(
    site: Served, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ada = status(site, "ada", rightly)["completion"]["code"]
    bob = status(site, "bob", lambda _: "old")["completion"]["code"]
    status(site, "eve", None)
    TestClient(app.make(site), headers=HEADERS).post("/api/enter", json={})
    command.main(["payments", str(folder)])
    printed = capsys.readouterr().out
    table = pd.read_csv(StringIO(printed), keep_default_na=False).set_index("ending")
    assert dict(table["code"]) == {"completed": ada, "blocked": bob, "declined": ""}
    assert dict(table["series"]) == {"completed": 1, "blocked": 1, "declined": 0}
    assert dict(table["earned"]) == {"completed": 0.5, "blocked": 0.5, "declined": 0.0}
    assert set(table["source"]) == {"prolific"}
    assert not any(name in printed for name in ("ada", "bob", "eve", "p0000"))


def test_codes_of_the_lab_and_its_currency_are_told(tmp_path: Path) -> None:
    export(tmp_path / "experiment")
    codes = "completed: DONE\nfailed: OVER\ndeclined: SORRY\ncurrency: GBP\n"
    (tmp_path / "experiment" / "recruitment.yaml").write_text(codes)
    site = served.serve(tmp_path / "experiment")
    for participant, press in [("ada", rightly), ("bob", lambda _: "new"), ("eve", None)]:
        status(site, participant, press)
    table = payments.payments(site)
    site.database.close()
    assert list(table["code"]) == ["DONE", "OVER", "SORRY"]
    assert set(table["currency"]) == {"GBP"}


def test_without_the_salt_nobody_can_be_paid_by_code(site: Served, folder: Path) -> None:
    (folder / "answers" / "salt").unlink()
    with pytest.raises(MnemoError, match="salt can't be read"):
        served.reading(folder)


def test_who_never_came_back_is_paid_the_share_that_was_answered(
    site: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = TestClient(app.make(site), headers=HEADERS)
    entered = browser.post("/api/enter", json={"parameters": {"PROLIFIC_PID": "ada"}}).json()
    browser.post("/api/consent", json={"version": entered["consent_version"], "agreed": True})
    made = browser.post("/api/series", json={"device": DEVICE}).json()
    half = len(made["trials"]) // 2
    answers = [answer(place) for place in range(half)]
    browser.post("/api/answers", json={"series": made["series"], "answers": answers})
    assert payments.payments(site).empty
    later = store.now() + store.EXPIRES + 1
    monkeypatch.setattr(store, "now", lambda: later)
    [paid] = payments.payments(site).itertuples()
    pay = site.experiment.settings.pay
    assert paid.earned == pytest.approx(pay * half / len(made["trials"]), abs=0.005)
    assert (paid.ending, paid.series) == ("completed", 0)
