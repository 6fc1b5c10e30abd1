"""What a study publishes: nothing by which a person, or the user's machine, is known."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.paths import ROOT

from mnemo.errors import MnemoError
from mnemo.study.config import Config
from mnemo.study.models import Models
from mnemo.study.paths import Paths
from mnemo.study.publishing import Publishing
from mnemo.study.sections import ratings

ABOUT = {"title": "A study", "authors": [{"name": "Ada Lovelace"}]}


def study(name: str, **changed: Any) -> Publishing:
    """What a study of Mnemo's publishes, with some of its sections changed."""
    raw = yaml.safe_load((ROOT / name).read_text())
    config = Config.model_validate(ratings.apart({**raw, "publish": ABOUT, **changed}))
    return Publishing(config, Paths(config))


@pytest.fixture
def of_photos() -> Publishing:
    photos = {"folder": "/home/ada/patients", "count": 3}
    published = {**ABOUT, "images": True}
    return study("studies/photos.yaml", photos=photos, publish=published)


def test_what_describes_a_photograph_stays_behind(of_photos: Publishing) -> None:
    assert {"photos", "originals"} <= {name.split("/")[0] for name in of_photos.sets}
    for name in of_photos.image_sets:
        assert name.split("/")[0] not in ("photos", "originals")
    for folder in of_photos.folders():
        if folder.split("/")[0] in ("photos", "originals"):
            assert folder.split("/")[-1] in ("scores", "image_change")
    contents = of_photos.contents(Models(of_photos.config))
    assert not contents["pictures"]
    assert "ada" not in str(contents)
    assert "patients" not in str(contents)
    assert {"realness", "identity"} & set(of_photos.tables) <= set(of_photos.as_published)


def test_generated_images_leave_only_where_the_study_says_so() -> None:
    assert study("config.yaml").image_sets == []
    assert study("config.yaml", publish={**ABOUT, "images": True}).image_sets
    left_out = {each["what"]: each["reason"] for each in study("config.yaml").left_out()}
    assert "publish.images is false" in left_out["shards of images"]


def test_the_images_of_a_licensed_database_are_not_even_named() -> None:
    licensed = study("studies/us10k.yaml")
    assert "predictions" not in licensed.tables
    assert "training" in licensed.tables
    assert any("licence of the database" in each["reason"] for each in licensed.left_out())
    assert licensed.public["training"]["database"] == "private"


def test_the_users_paths_are_left_out(tmp_path: Path) -> None:
    raw = yaml.safe_load((ROOT / "config.yaml").read_text())
    borrowed = {"name": "b", "method": "file", "space": "z", "file": str(tmp_path / "b.npy")}
    changed = study(
        "config.yaml",
        generator={**raw["generator"], "weights": str(tmp_path / "own.pt")},
        directions=[*raw["directions"], borrowed],
        realness={"reference": str(tmp_path / "photographs")},
        assessor_weights={"student": str(tmp_path / "own.safetensors")},
    ).public
    assert str(tmp_path) not in str(changed)
    assert changed["directions"][-1]["file"] == "b.npy"
    assert changed["generator"]["weights"] == "resources/weights/own.pt"
    assert changed["realness"]["reference"] == "private"
    assert "publish" not in changed


def test_who_publishes_and_which_images_stay_decide_no_result() -> None:
    other = {"title": "Another", "authors": [{"name": "Grace Hopper"}]}
    assert study("config.yaml").public == study("config.yaml", publish=other).public
    assert study("config.yaml").public == study("config.yaml", images={"keep": "none"}).public


def test_a_study_that_is_not_finished_is_refused_with_what_is_missing() -> None:
    with pytest.raises(MnemoError, match=r"3 jobs are missing: 2 x fit_hyperplane, 1 x merge_t"):
        study("config.yaml").check(
            ["fit_hyperplane", "merge_table", "", "fit_hyperplane", "publish_study"]
        )
    study("config.yaml").check(["", "publish_study"])


def test_a_study_that_names_no_authors_is_refused_with_an_example() -> None:
    raw = yaml.safe_load((ROOT / "config.yaml").read_text())
    config = Config.model_validate({key: raw[key] for key in raw if key != "publish"})
    with pytest.raises(MnemoError, match="publish: {title: "):
        Publishing(config, Paths(config)).check([])


def test_every_public_table_is_recomputed_or_taken_as_published() -> None:
    for path in sorted((ROOT / "studies").glob("*.yaml")):
        photos = yaml.safe_load(path.read_text()).get("photos")
        counted = {"photos": {**photos, "count": 2}} if photos else {}
        published = study(f"studies/{path.name}", **counted)
        both = [*published.recomputed, *published.as_published]
        assert sorted(both) == sorted(published.tables)
