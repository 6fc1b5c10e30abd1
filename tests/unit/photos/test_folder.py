"""Pictures of a folder: which count, in which order, and what is said of a folder without any."""

from pathlib import Path

import pytest

from mnemo.errors import MnemoError
from mnemo.photos import folder


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_pictures_are_found_by_their_ending_in_any_case_and_in_folders_within(
    tmp_path: Path,
) -> None:
    names = ["b/2.PNG", "a.JPeG", "b/1.webp", "c/d/e.tiff"]
    made = [str(touch(tmp_path / name)) for name in names]
    for name in ("notes.txt", ".hidden.jpg", "b/._1.webp", "jpg"):
        touch(tmp_path / name)
    assert list(folder.pictures(tmp_path)) == sorted(made)


def test_a_folder_without_pictures_says_how_their_names_end(tmp_path: Path) -> None:
    touch(tmp_path / "notes.txt")
    with pytest.raises(MnemoError, match=rf"{tmp_path} has no pictures: .*\.jpg"):
        folder.pictures(tmp_path)


def test_a_file_and_a_missing_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(MnemoError, match="notes.txt is a file"):
        folder.pictures(touch(tmp_path / "notes.txt"))
    with pytest.raises(MnemoError, match="absent is not there"):
        folder.pictures(tmp_path / "absent")


def test_a_folder_that_can_t_be_read_is_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("os.scandir", refuse)
    with pytest.raises(MnemoError, match=f"{tmp_path} can't be read: Permission denied"):
        folder.pictures(tmp_path)


def test_a_digest_changes_with_a_file_s_name_content_and_order(tmp_path: Path) -> None:
    first, second = (str(touch(tmp_path / name)) for name in ("1.jpg", "2.jpg"))
    before = folder.digest([first, second])
    assert before == folder.digest([first, second])
    assert before != folder.digest([second, first])
    assert before != folder.digest([first])
    Path(second).write_bytes(b"another picture")
    assert before != folder.digest([first, second])
