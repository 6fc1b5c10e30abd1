"""Photographs of an experiment have the class that their folder is called by."""

from pathlib import Path

import pytest
from PIL import Image

from mnemo.errors import MnemoError
from mnemo.experiment import pictures


def photographs(folder: Path, *names: str) -> list[str | None]:
    for shade, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 30), (shade, 0, 0)).save(path)
    made = pictures.photographs(folder, (32, 32), "webp", class_count=1000)
    return [each.image_class for each in made]


def test_a_folder_is_called_by_the_index_or_the_name_of_its_class(tmp_path: Path) -> None:
    assert photographs(tmp_path, "007/a.png", "1/b.png", "tench/more/c.png") == ["7", "1", "0"]


@pytest.mark.parametrize("name", ["no such", "1000", "-1", "²"])
def test_a_folder_that_is_no_class_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(MnemoError, match=f"a.png is in the folder {name}, which is no class"):
        photographs(tmp_path, f"{name}/a.png")


def test_a_photograph_outside_the_folders_of_classes_is_named(tmp_path: Path) -> None:
    with pytest.raises(MnemoError, match=r"a\.png is in no folder of a class"):
        photographs(tmp_path, "a.png")
