"""A results folder belongs to one study, and no other writes into it."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from mnemo.errors import MnemoError
from mnemo.study import folder
from mnemo.study.mistakes import checked

ROOT = Path(__file__).parents[3]


@pytest.fixture
def study() -> dict[str, Any]:
    """The tiny study of the tests, to change."""
    return deepcopy(yaml.safe_load((ROOT / "tests/data/study.yaml").read_text()))


def test_a_results_folder_of_the_same_study_is_continued(
    study: dict[str, Any], tmp_path: Path
) -> None:
    folder.mark_results(checked(study), tmp_path / "tiny", {})
    study["sets"]["fit"]["count"] = 200
    study["edits"][0]["alphas"] = [0, 1]
    folder.check_results(checked(study), tmp_path / "tiny")


@pytest.mark.parametrize(
    ("key", "here", "there"),
    [
        ("study", '"tiny"', '"other"'),
        ("shard_size", "50", "10"),
        ("score_shard_size", "100", "200"),
        ("generator", '"dcgan-faces"', '"stylegan2-ffhq"'),
        ("format", "3", "2"),
    ],
)
def test_a_results_folder_of_another_study_or_version_is_refused(
    study: dict[str, Any], tmp_path: Path, key: str, here: str, there: str
) -> None:
    folder.mark_results(checked(study), tmp_path, {})
    (tmp_path / "fit").mkdir()
    marker = tmp_path / "study.json"
    marker.write_text(marker.read_text().replace(f'"{key}": {here}', f'"{key}": {there}'))
    with pytest.raises(MnemoError, match=f"was written with {key} .*Give this study another name"):
        folder.check_results(checked(study), tmp_path)


def test_a_study_that_keeps_fewer_images_from_now_on_learns_the_size_to_go_on_with(
    study: dict[str, Any], tmp_path: Path
) -> None:
    del study["score_shard_size"]
    folder.mark_results(checked(study), tmp_path, {})
    (tmp_path / "fit").mkdir()
    study["images"] = {"keep": "none"}
    with pytest.raises(MnemoError, match="To go on with it, set score_shard_size: 100000"):
        folder.check_results(checked(study), tmp_path)
    folder.check_results(checked(study | {"score_shard_size": 100_000}), tmp_path)


def test_a_study_that_was_only_planned_can_still_change(
    study: dict[str, Any], tmp_path: Path
) -> None:
    folder.mark_results(checked(study), tmp_path, {})
    (tmp_path / "logs").mkdir()
    study["shard_size"] = 10
    folder.check_results(checked(study), tmp_path)


def test_a_folder_that_mnemo_did_not_write_is_refused(
    study: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(MnemoError, match="is not empty, and has no study.json"):
        folder.check_results(checked(study), tmp_path)


def test_files_that_a_study_names_and_that_are_not_there_are_told_together(
    study: dict[str, Any], tmp_path: Path
) -> None:
    there = tmp_path / "there.npy"
    there.touch()
    study["generator"]["weights"] = "absent.pkl"
    file = {"method": "file", "space": "z"}
    study["directions"] = [
        {**file, "name": "memorable", "file": str(there)},
        {**file, "name": "memorable-same-light", "file": "absent.npy"},
    ]
    with pytest.raises(MnemoError) as told:
        folder.check_files(checked(study))
    assert str(told.value).splitlines()[1:] == [
        "  absent.pkl (generator.weights)",
        "  absent.npy (directions.1.file)",
    ]


def test_a_file_whose_name_only_looks_the_same_is_named_beside_the_absent_one(
    study: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "cafe\u0301.NPY").touch()
    (tmp_path / "folder.npy").mkdir()
    file = {"method": "file", "space": "z"}
    study["generator"]["weights"] = str(tmp_path / f"{'a' * 300}.pkl")
    study["directions"] = [
        {**file, "name": "memorable", "file": str(tmp_path / "caf\xe9.npy")},
        {**file, "name": "memorable-same-light", "file": str(tmp_path / "folder.npy")},
    ]
    with pytest.raises(MnemoError) as told:
        folder.check_files(checked(study))
    assert str(told.value).splitlines()[1:] == [
        f"  {tmp_path}/{'a' * 300}.pkl (generator.weights)",
        f"  {tmp_path}/caf\xe9.npy (directions.0.file): "
        r"'cafe\u0301.NPY' is there, and not 'caf\xe9.npy'",
        f"  {tmp_path}/folder.npy (directions.1.file): it is a folder",
    ]


def test_a_file_in_the_place_of_the_results_is_named(study: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "results").touch()
    for place in (tmp_path / "results", tmp_path / "results" / "tiny"):
        with pytest.raises(MnemoError, match=f"^{tmp_path}/results is a file, where"):
            folder.check_results(checked(study), place)


def test_a_generator_of_ones_own_whose_file_is_not_there_stops_the_study(
    study: dict[str, Any],
) -> None:
    mine = {"name": "mine", "architecture": "dcgan", "resolution": 64, "weights": "absent.pth"}
    with pytest.raises(MnemoError, match=r"not there:\n  absent\.pth \(generator\.weights\)$"):
        folder.check_files(checked({**study, "generator": mine}))


def test_results_of_other_weights_are_not_continued(study: dict[str, Any], tmp_path: Path) -> None:
    config = checked(study)
    folder.mark_results(config, tmp_path, {})
    folder.mark_results(config, tmp_path, {"stylegan2-cat": "a" * 64})
    folder.mark_results(config, tmp_path, {})
    folder.mark_results(config, tmp_path, {"stylegan2-cat": "a" * 64})
    with pytest.raises(
        MnemoError, match="was made with weights of stylegan2-cat whose sha256 is a"
    ):
        folder.mark_results(config, tmp_path, {"stylegan2-cat": "b" * 64})


def test_a_path_with_braces_is_refused(study: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "{mine}.h5"
    path.touch()
    study["assessors"].append("vgg16-us10k")
    study["assessor_weights"] = {"vgg16-us10k": str(path)}
    with pytest.raises(MnemoError, match=r"with braces.*\n.*\{mine\}\.h5 \(assessor_weights\."):
        folder.check_files(checked(study))


def test_a_results_folder_that_cannot_be_made_is_named_with_the_remedy(
    study: dict[str, Any],
) -> None:
    with pytest.raises(MnemoError, match="/dev/null/tiny could not be written: .* Allow writing"):
        folder.mark_results(checked(study), Path("/dev/null/tiny"), {})
