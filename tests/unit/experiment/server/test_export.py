"""What is exported is what was answered: none lost, none twice, and every column explained."""

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient
from tests.support import psych_ds
from tests.support.served import DEVICE, GAME, HEADERS, answer, export

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.experiment import __main__ as command
from mnemo.experiment import folder as stimuli_folder
from mnemo.experiment.answers import Answer
from mnemo.experiment.server import app, players, served
from mnemo.experiment.server import export as exporting
from mnemo.experiment.server.export import Tables
from mnemo.experiment.simulate import MODELS
from mnemo.results.people import trials as answered
from mnemo.results.people.participants import PARTICIPANTS

PEOPLE = 5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An experiment that simulated participants have answered."""
    place = tmp_path_factory.mktemp("export") / "experiment"
    export(place)
    return place


@pytest.fixture(scope="module")
def sent(folder: Path) -> list[Answer]:
    found: list[Answer] = []
    model = MODELS["memory-game"]
    players.simulate(
        folder, participants=PEOPLE, series=2, model=model, inattentive=0.4, sent=found.extend
    )
    return found


@pytest.fixture(scope="module")
def out(folder: Path, sent: list[Answer]) -> Path:
    place = folder.parent / "exported"
    command.main(["export", str(folder), str(place)])
    return place


def test_no_answer_is_lost_none_is_there_twice_and_each_is_the_one_that_was_sent(
    folder: Path, sent: list[Answer]
) -> None:
    found = exporting.trials(folder)
    assert list(found.columns) == answered.TRIALS.names
    expected = pd.DataFrame(sent)
    columns = [name for name in Answer._fields if name != "token"]
    pd.testing.assert_frame_equal(found[columns], expected[columns], check_dtype=False)
    assert not found.duplicated(["participant", "series", "trial"]).any()
    assert found["simulated"].all()
    assert found["practice"].sum() == PEOPLE * GAME.practice


def test_series_of_the_inattentive_are_excluded_with_the_reason(out: Path) -> None:
    series = pq.read_table(out / "participants.parquet").to_pandas()
    assert list(series.columns) == PARTICIPANTS.names
    excluded = series[series["excluded"]]
    assert sorted(excluded["reason"]) == ["false alarms", "missed vigilance"]
    assert len(series) == 2 * PEOPLE - 2
    assert len(answered.analysed(exporting.trials(out.parent / "experiment"), series)) == (
        2 * (PEOPLE - 2) * GAME.length
    )


def test_the_files_say_which_experiment_they_are_of(folder: Path, out: Path) -> None:
    digest = stimuli_folder.read(folder).digest
    for name in ("trials", "participants"):
        assert tables.metadata(out / f"{name}.parquet")["experiment"] == digest


def test_csv_has_the_rows_of_parquet_and_whole_numbers(out: Path) -> None:
    written = tables.read(out / "trials.parquet").to_pandas()
    read = pd.read_csv(out / "trials.csv", dtype={"image": str})
    pd.testing.assert_frame_equal(read, written, check_dtype=False)
    written_as = pd.read_csv(out / "trials.csv", dtype=str)
    for name in ("seed", "lag"):
        assert written_as[name].dropna().str.fullmatch(r"\d+").all()


def test_the_timing_of_every_trial_and_the_screen_of_every_series_are_there(out: Path) -> None:
    timing, trials, devices = (
        pd.read_csv(out / f"{name}.csv") for name in ("timing", "trials", "devices")
    )
    place = ["participant", "series", "trial"]
    pd.testing.assert_frame_equal(timing[place], trials[place])
    assert (timing["offset_ms"] - timing["onset_ms"]).tolist() == trials["shown_ms"].tolist()
    assert (timing["presses"] == trials["rt"].notna()).all()
    assert set(devices["state"]) == {"finished"}
    assert set(devices["width"]) == {1280}


def test_the_dataset_is_as_psych_ds_wants_it(out: Path) -> None:
    dataset = out / "psych-ds"
    described = psych_ds.check(dataset)
    # Its answers are simulated, and so it says first.
    assert described["description"].startswith("A demonstration")
    assert (dataset / "README.md").is_file()
    assert all(each["description"] for each in described["variableMeasured"])
    assert len(list((dataset / "data").iterdir())) == len(Tables._fields)


def test_the_same_answers_give_the_same_bytes(folder: Path, out: Path, tmp_path: Path) -> None:
    exporting.export(folder, tmp_path)
    written = [path.relative_to(out) for path in out.rglob("*") if path.is_file()]
    assert len(written) == 15
    assert all((tmp_path / path).read_bytes() == (out / path).read_bytes() for path in written)


def test_an_interrupted_series_is_exported_while_the_server_runs(
    folder: Path, tmp_path: Path
) -> None:
    site = served.serve(folder, data=tmp_path)
    browser = TestClient(app.make(site), headers=HEADERS)
    status = browser.post("/api/enter", json={}).json()
    agreed = {"version": status["consent_version"], "agreed": True}
    browser.post("/api/consent", json=agreed)
    series = browser.post("/api/series", json={"device": DEVICE}).json()["series"]
    event = {"seq": 0, "kind": "blur", "at_ms": 12.5}
    body = {"series": series, "answers": [answer(0), answer(1)], "events": [event]}
    browser.post("/api/answers", json=body)
    found = exporting.export(folder, tmp_path / "out", data=tmp_path)
    # A person came, even though the experiment is a demonstration.
    assert exporting.trials(folder, data=tmp_path)["simulated"].tolist() == [False, False]
    assert found.participants["reason"].to_pylist() == ["interrupted"]
    assert found.events.to_pylist() == [
        {"participant": "p00000", "series": 0, "seq": 0, "event": "blur", "at_ms": 12.5}
    ]
    assert browser.post("/api/answers", json={**body, "answers": [answer(2)]}).is_success
    site.database.close()


def test_there_is_nothing_to_export_before_the_first_answer(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(MnemoError, match=r"there are no answers in .*serve the experiment first"):
        exporting.export(folder, tmp_path / "out", data=tmp_path / "none")
    assert not list(tmp_path.iterdir())
    served.serve(folder, data=tmp_path).database.close()
    with pytest.raises(MnemoError, match="nobody has answered anything yet"):
        exporting.export(folder, tmp_path / "out", data=tmp_path)


def test_answers_to_another_experiment_are_not_exported(
    sent: list[Answer], folder: Path, tmp_path: Path
) -> None:
    export(tmp_path / "other", seed=1)
    with pytest.raises(MnemoError, match="another experiment"):
        exporting.export(tmp_path / "other", tmp_path / "out", data=folder / "answers")


def test_what_is_no_database_of_an_experiment_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "answers.sqlite").write_text("no database" * 100)
    with pytest.raises(MnemoError, match="can't be used"):
        exporting.export(folder, tmp_path / "out", data=tmp_path)
