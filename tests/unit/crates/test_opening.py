"""What another's crate may be: it is read no further than its description says, and never run."""

import json
import zipfile
from pathlib import Path

import pytest
from tests.support import crates

from mnemo.crates import layout
from mnemo.crates.opening import Crate
from mnemo.errors import MnemoError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return crates.make(tmp_path / "crate", {"tables/scores.parquet": "scores"})


def zipped(folder: Path, path: Path, top: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in sorted(folder.rglob("*")):
            if each.is_file():
                archive.write(each, top + each.relative_to(folder).as_posix())
    return path


@pytest.mark.parametrize("top", ["", "crate/"])
def test_a_folder_and_a_zip_file_of_it_are_the_same_crate(
    folder: Path, tmp_path: Path, top: str
) -> None:
    archived = Crate(zipped(folder, tmp_path / "crate.zip", top))
    lying = Crate(folder)
    assert archived.config == lying.config == {"study": "tiny"}
    assert archived.files == lying.files
    assert archived.digest == lying.digest
    assert archived.read("tables/scores.parquet") == b"scores"
    archived.copy("tables/scores.parquet", tmp_path / "out" / "scores.parquet")
    assert (tmp_path / "out" / "scores.parquet").read_bytes() == b"scores"


def test_a_file_that_was_changed_is_named(folder: Path) -> None:
    (folder / "tables/scores.parquet").write_text("Scores")
    with pytest.raises(MnemoError, match=r"tables/scores\.parquet .*not the file that was publ"):
        Crate(folder).check("tables/scores.parquet")


@pytest.mark.parametrize("longer", ["scores and more", "score"])
def test_a_file_of_another_size_is_named(folder: Path, longer: str) -> None:
    (folder / "tables/scores.parquet").write_text(longer)
    with pytest.raises(MnemoError, match=r"tables/scores\.parquet"):
        Crate(folder).read("tables/scores.parquet")


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "tables/scores.parquet").unlink()
    with pytest.raises(MnemoError, match=r"lacks tables/scores\.parquet"):
        Crate(folder)


def test_an_added_file_is_named(folder: Path) -> None:
    (folder / "tables/more.parquet").write_text("")
    with pytest.raises(MnemoError, match=r"does not list: tables/more\.parquet"):
        Crate(folder)


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/passwd", "tables/../../outside", "C:/outside", "tables\\..\\x"]
)
def test_a_path_outside_the_crate_is_refused(folder: Path, name: str) -> None:
    description = json.loads((folder / layout.METADATA).read_text())
    description["@graph"][0]["@id"] = name
    (folder / layout.METADATA).write_text(json.dumps(description))
    with pytest.raises(MnemoError, match="a path outside itself"):
        Crate(folder)


def test_a_zip_file_with_a_path_outside_itself_is_refused(folder: Path, tmp_path: Path) -> None:
    path = zipped(folder, tmp_path / "crate.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../outside", "")
    with pytest.raises(MnemoError, match="a path outside itself"):
        Crate(path)


def test_a_link_is_refused(folder: Path) -> None:
    (folder / "link").symlink_to("/etc/passwd")
    with pytest.raises(MnemoError, match="link is a link"):
        Crate(folder)


def test_a_link_in_a_zip_file_is_refused(folder: Path, tmp_path: Path) -> None:
    path = zipped(folder, tmp_path / "crate.zip")
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(MnemoError, match="link is a link"):
        Crate(path)


def test_a_zip_bomb_is_read_no_further_than_its_description_says(
    folder: Path, tmp_path: Path
) -> None:
    """The description promises 6 bytes, and the file unpacks to 1 GiB."""
    path = tmp_path / "crate.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in folder.rglob("*"):
            name = each.relative_to(folder).as_posix()
            if each.is_file() and name != "tables/scores.parquet":
                archive.write(each, name)
        with archive.open("tables/scores.parquet", "w") as bomb:
            for _ in range(64):
                bomb.write(bytes(2**24))
    assert path.stat().st_size < 2**21
    with pytest.raises(MnemoError, match=r"tables/scores\.parquet"):
        Crate(path).copy("tables/scores.parquet", tmp_path / "out")
    assert (tmp_path / "out.part").stat().st_size <= 7


def test_a_description_that_is_a_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "crate.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(layout.METADATA, "w") as bomb,
    ):
        for _ in range(5):
            bomb.write(b" " * 2**24)
    with pytest.raises(MnemoError, match="is larger than"):
        Crate(path)


@pytest.mark.parametrize(
    "description", ["", "{", "[]", "{}", '{"@graph": [{"@type": "File"}]}', "[" * 100_000, "\0"]
)
def test_a_damaged_description_is_refused(folder: Path, description: str) -> None:
    (folder / layout.METADATA).write_text(description)
    with pytest.raises(MnemoError, match=layout.METADATA):
        Crate(folder)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (layout.CONFIG, "- a list", "no study"),
        (layout.CONFIG, "a: [", "no YAML"),
        (layout.CONFIG, "a: !!python/object/apply:os.system [exit]", "no YAML"),
        (layout.ENVIRONMENT, "{}", "damaged"),
        (layout.ENVIRONMENT, '{"format": 0, "versions": {"mnemo": "0.0.1"}}', "CHANGELOG"),
    ],
)
def test_a_study_or_an_environment_that_cannot_be_read_is_refused(
    folder: Path, name: str, text: str, said: str
) -> None:
    (folder / name).write_text(text)
    crates.describe(folder)
    with pytest.raises(MnemoError, match=said):
        Crate(folder)


def test_what_is_no_crate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no zip")
    (tmp_path / "empty").mkdir()
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme", "")
    for name, said in (
        ("absent", "is missing"),
        ("file", "neither a folder nor"),
        ("empty", "no crate"),
        ("other.zip", "no crate"),
    ):
        with pytest.raises(MnemoError, match=said):
            Crate(tmp_path / name)
