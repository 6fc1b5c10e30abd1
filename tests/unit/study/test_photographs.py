"""Photographs go by keys that last, and their names stay in one private file."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from mnemo.errors import MnemoError
from mnemo.photos import private
from mnemo.study import photographs
from mnemo.study.config import Config
from mnemo.study.mistakes import checked

TINY = Path(__file__).parents[2] / "data" / "study.yaml"


class Job:
    """The wildcards of a job."""

    def __init__(self, **wildcards: str):
        self.__dict__ |= wildcards


def study(folder: Path, results: Path, /, **photos: Any) -> Config:
    raw = yaml.safe_load(TINY.read_text())
    given = {"folder": str(folder), "perceptual": None, **photos}
    given = {key: value for key, value in given.items() if value != "absent"}
    return checked(photographs.counted({**raw, "shard_size": 10, "photos": given}, results))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "people"
    folder.mkdir()
    for name in ("Cleo.PNG", "anna.jpg", "ben.jpeg", "notes.txt", ".hidden.jpg"):
        (folder / name).touch()
    return folder


def test_every_picture_of_the_folder_counts(folder: Path, tmp_path: Path) -> None:
    counted = study(folder, tmp_path)
    assert counted.given["photos"].count == counted.given["originals"].count == 3
    taken = photographs.Photographs(counted, tmp_path / "tiny")
    job = Job(shard="00000")
    assert taken.keys_of_shard(job) == ["photo-00001", "photo-00002", "photo-00003"]
    assert taken.names == ["Cleo.PNG", "anna.jpg", "ben.jpeg"]


def test_a_photograph_keeps_its_key_when_others_come_and_go(folder: Path, tmp_path: Path) -> None:
    results = tmp_path / "tiny"
    results.mkdir()
    photographs.Photographs(study(folder, tmp_path), results).mark()
    (folder / "Aaron.jpg").touch()
    (folder / "anna.jpg").unlink()
    taken = photographs.Photographs(study(folder, tmp_path), results)
    job = Job(shard="00000")
    assert taken.keys_of_shard(job) == ["photo-00001", "photo-00003", "photo-00004"]
    assert taken.names == ["Cleo.PNG", "anna.jpg", "ben.jpeg", "Aaron.jpg"]
    taken.mark()
    (folder / "anna.jpg").touch()
    again = photographs.Photographs(study(folder, tmp_path), results)
    assert "photo-00002" in again.keys_of_shard(job)


def test_only_the_first_photographs_are_taken_if_a_study_says_so(
    folder: Path, tmp_path: Path
) -> None:
    taken = photographs.Photographs(study(folder, tmp_path, count=2), tmp_path / "tiny")
    assert taken.keys_of_shard(Job(shard="00000")) == ["photo-00001", "photo-00002"]
    with pytest.raises(MnemoError, match=r"photos\.count: 4: .*people has 3 photographs"):
        study(folder, tmp_path, count=4)


def test_the_list_of_names_says_that_it_is_private(folder: Path, tmp_path: Path) -> None:
    photographs.Photographs(study(folder, tmp_path), tmp_path / "tiny").mark()
    private = tmp_path / "tiny" / "private" / "photos.csv"
    lines = private.read_text().splitlines()
    assert lines[0].startswith("# Private")
    assert lines[1:3] == ['"photo","file"', '"photo-00001","Cleo.PNG"']
    assert private.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        ((), "has no pictures"),
        (("notes.txt", ".hidden.png"), "has no pictures"),
        (None, "is not there"),
    ],
)
def test_a_folder_without_photographs_is_an_error_that_names_it(
    tmp_path: Path, names: tuple[str, ...] | None, problem: str
) -> None:
    folder = tmp_path / "people"
    if names is not None:
        folder.mkdir()
        for name in names:
            (folder / name).touch()
    with pytest.raises(MnemoError, match=rf"photos\.folder: .*people {problem}"):
        study(folder, tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_folder_that_may_not_be_read_is_an_error(folder: Path, tmp_path: Path) -> None:
    folder.chmod(0)
    with pytest.raises(MnemoError, match=r"can't be read: Permission denied"):
        study(folder, tmp_path)


def test_each_photograph_is_inverted_once_from_the_shard_that_it_is_in(tmp_path: Path) -> None:
    folder = tmp_path / "people"
    folder.mkdir()
    for number in range(23):
        (folder / f"{number:02d}.jpg").touch()
    taken = photographs.Photographs(study(folder, tmp_path, batch=5), tmp_path / "tiny")
    inverted = [part for shard in ("00000", "00001", "00002")
                for part in taken.inverted(Job(shard=shard))]  # fmt: skip
    assert inverted == [f"<results>/photos/inverted/{part:05d}.parquet" for part in range(5)]
    from_shard = [taken.aligned(Job(part=f"{part:05d}"))[-13:-8] for part in range(5)]
    assert from_shard == ["00000", "00000", "00001", "00001", "00002"]
    keys = [key for part in range(5) for key in taken.keys_of_part(Job(part=f"{part:05d}"))]
    assert keys == [f"photo-{number:05d}" for number in range(1, 24)]


@pytest.mark.parametrize(
    ("photos", "problem"),
    [
        ({"folder": "absent"}, "give either folder or latents"),
        ({"latents": "w.npy"}, "give either folder or latents"),
        ({"folder": "absent", "latents": "w.npy"}, "give count"),
        ({"space": "w"}, "photos.space: 'w': with dcgan-faces must be z"),
        ({"batch": 3}, "photos.batch: 3: shard_size, 10, must be a multiple of it"),
        ({"steps": 0}, "photos.steps: 0"),
        ({"alignment": "eyes"}, "photos.alignment: 'eyes'"),
    ],
)
def test_a_mistaken_section_is_reported_with_what_is_allowed(
    folder: Path, tmp_path: Path, photos: dict[str, Any], problem: str
) -> None:
    with pytest.raises(MnemoError, match=problem):
        study(folder, tmp_path, **photos)


def test_an_edit_of_photographs_needs_them_and_their_space(tmp_path: Path, folder: Path) -> None:
    raw = yaml.safe_load(TINY.read_text())
    edits = [{**raw["edits"][0], "of": "photos"}]
    with pytest.raises(MnemoError, match=r"edits\.0\.of: 'photos': the study has none"):
        checked({**raw, "edits": edits})


def test_a_name_may_have_any_character(tmp_path: Path) -> None:
    names = ["a\rb.jpg", "a\nb.jpg", '"x",y.jpg', "#c.jpg", "# Private.jpg", "d\udcff.jpg", "é.jpg"]
    private.write(tmp_path / "photos.csv", names)
    assert private.read(tmp_path / "photos.csv") == names


def test_the_list_of_names_may_be_sorted_otherwise(tmp_path: Path) -> None:
    """As a spreadsheet sorts it by file."""
    private.write(tmp_path / "photos.csv", ["b.jpg", "a.jpg"])
    first, header, *rows = (tmp_path / "photos.csv").read_text().splitlines(keepends=True)
    (tmp_path / "photos.csv").write_text("".join([first, header, *reversed(rows)]))
    assert private.read(tmp_path / "photos.csv") == ["b.jpg", "a.jpg"]


@pytest.mark.parametrize(
    ("written", "changed"),
    [
        ('"photo-00001","a.jpg"\n', ""),
        ('"photo-00002"', '"photo-00001"'),
        ('"b.jpg"', '"a.jpg"'),
        ('"b.jpg"', '"/etc/passwd"'),
        ('"b.jpg"', '"../b.jpg"'),
        ('"b.jpg"', '"b.jpg'),
        ('"photo-00001","a.jpg"\n"photo-00002","b.jpg"\n', ""),
    ],
)
def test_a_damaged_list_of_names_is_refused(tmp_path: Path, written: str, changed: str) -> None:
    path = tmp_path / "photos.csv"
    private.write(path, ["a.jpg", "b.jpg"])
    path.write_text(path.read_text().replace(written, changed))
    with pytest.raises(MnemoError, match=r"photos\.csv is not as Mnemo wrote it"):
        private.read(path)


@pytest.mark.parametrize("count", [0, False, -1, "2", 2.0])
def test_what_is_no_count_is_refused(folder: Path, tmp_path: Path, count: Any) -> None:
    with pytest.raises(MnemoError, match=r"photos\.count"):
        study(folder, tmp_path, count=count)
