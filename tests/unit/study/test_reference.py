"""Photographs that realness is measured against are counted, and are enough, before work starts."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.paths import ROOT

from mnemo.errors import MnemoError
from mnemo.features.registry import EXTRACTORS
from mnemo.plan import jobs
from mnemo.study import reference, sets
from mnemo.study.config import Config
from mnemo.study.mistakes import checked
from mnemo.study.params import Params
from mnemo.study.paths import Paths

WILDCARDS = type("Wildcards", (), {"shard": "00001", "set": "reference_folder"})


def study(reference: str | Path | None, **realness: Any) -> Config:
    """Make the tiny study with a reference."""
    raw: dict[str, Any] = deepcopy(yaml.safe_load((ROOT / "tests/data/study.yaml").read_text()))
    raw["realness"] |= {"reference": None if reference is None else str(reference), **realness}
    return checked(raw)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of 120 pictures."""
    folder = tmp_path / "holiday"
    folder.mkdir()
    for number in range(120):
        (folder / f"jane-{number:03d}.jpg").touch()
    return folder


def test_a_study_without_photographs_has_none() -> None:
    config = study(None)
    reference.check(config)
    assert reference.count(config) == 0
    assert config.realness.references == ("generator",)
    assert Paths(config).features_of_photographs == []
    assert "read_reference" not in {job.rule for job in jobs.of_study(config)}


def test_a_folder_is_a_set_whose_images_are_its_pictures(folder: Path) -> None:
    config = study(folder)
    assert config.realness.references == ("generator", "folder")
    assert sets.base(config, "reference_folder").count == 120
    paths = Paths(config)
    folder_of_features = "<results>/reference_folder/features/resnet152"
    shards = [f"{folder_of_features}/{shard}.parquet" for shard in ("00000", "00001")]
    assert paths.features_of_photographs == shards
    shards = paths.images_to_extract(WILDCARDS)
    assert shards == ["<results>/reference_folder/square/00002.parquet"]
    planned = [job for job in jobs.of_study(config) if "reference_folder" in job.output]
    assert [job.work.images for job in planned if job.rule == "read_reference"] == [50, 50, 20]
    assert [job.work.images for job in planned if job.rule == "extract_features"] == [100, 20]
    assert jobs.workload(config, "read_reference", {"shard": "00002"}).images == 20


def test_on_inception_s_features_the_logits_are_extracted_beside_them(folder: Path) -> None:
    config = study(folder, features="inception")
    paths = Paths(config)
    photographs = paths.features_of_photographs
    beside = [path.replace("/inception/", "/inception-logits/") for path in photographs]
    assert paths.logits(photographs) == beside != photographs
    extracted = [job for job in jobs.of_study(config) if job.rule == "extract_features"]
    outputs = {f"<results>/{job.output}" for job in extracted}
    assert {*photographs, *beside} < outputs
    assert {job.work.extractor for job in extracted} == {"inception", "inception-logits"}
    other = Paths(study(folder))
    assert other.logits(other.features_of_photographs) == []


def test_a_job_knows_its_photographs_by_their_places_and_a_digest_and_not_by_name(
    folder: Path,
) -> None:
    params = Params(study(folder))
    assert params.places_of_photographs(WILDCARDS) == [50, 100]
    before = params.digest_of_photographs(WILDCARDS)
    assert "jane" not in before
    (folder / "jane-020.jpg").write_bytes(b"another shard's")
    assert params.digest_of_photographs(WILDCARDS) == before
    (folder / "jane-060.jpg").write_bytes(b"its own")
    assert params.digest_of_photographs(WILDCARDS) != before


def test_photographs_are_of_the_size_of_the_generator_s_images(folder: Path) -> None:
    config = study(folder)
    assert Params(config).size_of_images == (64, 64)
    cropped = config.model_copy(
        update={"generator": config.generator.model_copy(update={"rows": (8, 56)})}
    )
    assert Params(cropped).size_of_images == (64, 48)


def test_fewer_pictures_than_features_are_refused_with_both_numbers_and_what_to_do(
    folder: Path,
) -> None:
    with pytest.raises(MnemoError) as refused:
        reference.check(study(folder))
    told = str(refused.value)
    assert (
        f"realness.reference: {folder} has 120 pictures, and resnet152 has 2,048 features" in told
    )
    assert "Add at least 1,928 pictures, or set realness.reference to null" in told


def test_an_extractor_with_few_enough_features_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {**EXTRACTORS, "dinov2": EXTRACTORS["dinov2"].__class__("", (), dim=110)}
    monkeypatch.setattr(
        reference, "REALNESS", {name: few[name] for name in ("resnet152", "dinov2")}
    )
    with pytest.raises(MnemoError, match=r"choose dinov2 \(110\) for realness\.features, or set"):
        reference.check(study(folder))
    reference.check(study(folder, features="dinov2"))


@pytest.mark.parametrize("make", ["nothing", "file", "empty"])
def test_a_folder_of_no_pictures_is_refused_with_the_key_and_the_path(
    tmp_path: Path, make: str
) -> None:
    path = tmp_path / "photographs"
    if make == "file":
        path.touch()
    elif make == "empty":
        path.mkdir()
    with pytest.raises(MnemoError, match=rf"realness\.reference: {path} .*Name a folder"):
        reference.check(study(path))


def test_a_study_has_no_photographs_of_its_own() -> None:
    with pytest.raises(MnemoError, match=r"realness\.reference: 'photos': .*\./photos"):
        study("photos")
