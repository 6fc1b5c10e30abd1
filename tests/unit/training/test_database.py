"""A database is read only if all of it is right, split as the authors did, and written whole."""

import io
import logging
import shutil
import struct
import subprocess
import sys
import tracemalloc
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from openpyxl.worksheet.worksheet import Worksheet
from PIL import Image, ImageCms
from scipy import stats
from sklearn.model_selection import train_test_split
from tests.data import us10k

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.training import ceiling, database
from mnemo.training import tables as training_tables
from mnemo.training.database import COLUMNS, COUNTS, IMAGES, LEAST, SCORES

COUNT = 56
PROVENANCE = tables.Provenance("demo", "split_database", {}, {})


@pytest.fixture(scope="module", name="original")
def write_original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("original") / "database"
    us10k.write(folder, COUNT, counts=True)
    return folder


@pytest.fixture(name="folder")
def copy_original(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "database"))


def edit(folder: Path, change: Callable[[Worksheet], Any]) -> None:
    book = openpyxl.load_workbook(folder / SCORES)
    change(book.active)
    book.save(folder / SCORES)


def put(**cells: Any) -> Callable[[Path], None]:
    """Put values into cells of the spreadsheet; columns A to G as `COLUMNS` and then `COUNTS`."""

    def change(folder: Path) -> None:
        edit(folder, lambda sheet: [sheet.__setitem__(at, value) for at, value in cells.items()])

    return change


def grouped(**cells: Any) -> Callable[[Path], None]:
    """Add the columns H and I, with groups and shapes, and put values into some of their cells."""
    filled = {"H1": "Group", "I1": "Shape"}
    for row in range(2, 2 + COUNT):
        filled |= {f"H{row}": row // 2, f"I{row}": "oval"}
    return put(**{**filled, **cells})


def face(folder: Path, number: int) -> Path:
    return folder / IMAGES / f"Some_Body_{number}_oval.jpg"


def redraw(number: int, image: Image.Image, **settings: Any) -> Callable[[Path], None]:
    return lambda folder: image.save(face(folder, number), **settings)


def cut(number: int) -> Callable[[Path], None]:
    return lambda folder: face(folder, number).write_bytes(face(folder, number).read_bytes()[:-99])


def read(folder: Path, **settings: Any) -> pd.DataFrame:
    return database.read(folder, **({"target": "hit_rate"} | settings))


def complaint(folder: Path, **settings: Any) -> str:
    with pytest.raises(MnemoError) as raised:
        read(folder, **settings)
    return str(raised.value)


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


# Reading


def test_a_database_is_read_in_the_order_of_its_rows(original: Path) -> None:
    sheet = pd.read_excel(original / SCORES)
    table = read(original)
    assert table["file"].tolist() == sheet["Filename"].tolist()
    assert table["file"].is_monotonic_increasing is False
    for name, heading in (COLUMNS | COUNTS).items():
        pd.testing.assert_series_equal(
            table[name], sheet[heading], check_names=False, check_dtype=False
        )


def test_the_target_is_the_hit_rate_with_or_without_the_false_alarms(original: Path) -> None:
    hits, true_hits = (read(original, target=name) for name in ("hit_rate", "true_hit_rate"))
    np.testing.assert_array_equal(hits["target"], hits["hit_rate"])
    difference = hits["hit_rate"] - hits["false_alarm_rate"]
    np.testing.assert_allclose(true_hits["target"], difference, rtol=0, atol=1e-9)


def test_equal_differences_of_rates_are_equal_targets(folder: Path) -> None:
    sheet = pd.read_excel(folder / SCORES)[list(COLUMNS.values())]
    mistaken = np.resize([0.1, 0.2, 0.3, 0.4], len(sheet))
    sheet["False Alarm Rate (FAR)"], sheet["Hit Rate (HR)"] = mistaken, mistaken + 0.4
    sheet.to_excel(folder / SCORES, index=False)
    assert read(folder, target="true_hit_rate")["target"].unique().tolist() == [0.4]


def test_nothing_is_changed_by_reading(folder: Path) -> None:
    before = tree(folder)
    read(folder)
    put(B3="high")(folder)
    changed = tree(folder)
    complaint(folder)
    assert changed != before
    assert tree(folder) == changed


def test_columns_may_stand_in_any_order_among_others_and_be_capitalised_otherwise(
    folder: Path, original: Path
) -> None:
    sheet = pd.read_excel(folder / SCORES)
    sheet.insert(0, "Image #", range(COUNT))
    other = sheet[sheet.columns[::-1]].rename(columns=lambda name: f" {name.upper()} ")
    other.to_excel(folder / SCORES, index=False)
    pd.testing.assert_frame_equal(read(folder), read(original))


def test_a_spreadsheet_without_counts_is_read_without_them(folder: Path) -> None:
    edit(folder, lambda sheet: sheet.delete_cols(4, 4))
    assert read(folder).columns.tolist() == [*COLUMNS, "target"]


def test_some_of_the_counts_are_no_use_and_it_is_said(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    edit(folder, lambda sheet: sheet.delete_cols(7))
    with caplog.at_level(logging.WARNING):
        assert read(folder).columns.tolist() == [*COLUMNS, "target"]
    assert "no column Correct Rejections" in caplog.text


def test_blank_rows_and_blanks_around_names_are_nothing(folder: Path, original: Path) -> None:
    edit(folder, lambda sheet: sheet.insert_rows(5, 3))
    edit(folder, lambda sheet: sheet.cell(2, 1, f"  {sheet.cell(2, 1).value} "))
    pd.testing.assert_frame_equal(read(folder), read(original))


def test_rates_may_be_rounded_to_two_decimals(folder: Path) -> None:
    exact = read(folder)["hit_rate"]
    put(**{f"B{row}": round(rate, 2) for row, rate in enumerate(exact, start=2)})(folder)
    assert 0.002 < (read(folder)["hit_rate"] - exact).abs().max() < 0.00501


def test_what_lies_beside_the_images_is_no_image(folder: Path, original: Path) -> None:
    for name in (".DS_Store", "Thumbs.db", "readme.txt", "._Some_Body_1_oval.jpg"):
        (folder / IMAGES / name).write_bytes(b"")
    (folder / IMAGES / "more.jpg").mkdir()
    pd.testing.assert_frame_equal(read(folder), read(original))


def test_a_png_and_a_grey_image_will_do(folder: Path) -> None:
    redraw(3, Image.open(face(folder, 3)), format="png")(folder)
    redraw(4, Image.open(face(folder, 4)).convert("L"))(folder)
    assert len(read(folder)) == COUNT


# Bad input


NAME = "Some_Body_{}_oval.jpg"
TWICE = "twice, but perhaps for case, blanks or how accents are encoded"
MISTAKES: dict[str, tuple[Callable[[Path], Any], list[str]]] = {
    "no spreadsheet": (
        lambda folder: (folder / SCORES).unlink(),
        ["memorability-scores.xlsx is missing", "put the spreadsheet there"],
    ),
    "a spreadsheet that is text": (
        lambda folder: (folder / SCORES).write_text("Filename,Hit Rate (HR)"),
        ["memorability-scores.xlsx can't be read as .xlsx", "save it as .xlsx"],
    ),
    "a spreadsheet cut short": (
        lambda folder: (folder / SCORES).write_bytes((folder / SCORES).read_bytes()[:3000]),
        ["memorability-scores.xlsx can't be read as .xlsx"],
    ),
    "an empty spreadsheet": (
        lambda folder: openpyxl.Workbook().save(folder / SCORES),
        ["no column Filename; the first row has nothing", "no column Hit Rate (HR)"],
    ),
    "other headings": (
        put(B1="HR", C1="FAR"),
        ["no column Hit Rate (HR); the first row has Filename, HR, FAR, Hits"],
    ),
    "a column twice": (put(C1="hit rate (HR)"), ["2 columns Hit Rate (HR). Leave one."]),
    "no folder of images": (
        lambda folder: shutil.rmtree(folder / IMAGES),
        ["Face Images is missing: put the images there."],
    ),
    "no file name": (
        put(A4=None, A5=" ", A6=12),
        ["no file name: row 4 (None), row 5 (''), row 6 (12). Write"],
    ),
    "paths for names": (
        put(A4="../a.jpg", A5="b/c.jpg", A6="d\\e.jpg", A7="/f.jpg", A8=".."),
        [
            "paths for file names: row 4 ('../a.jpg'), row 5 ('b/c.jpg'), "
            "row 6 ('d\\\\e.jpg'), row 7 ('/f.jpg'), row 8 ('..'). Write"
        ],
    ),
    "an image in two rows": (
        put(A4=NAME.format(7), A5=NAME.format(8).upper() + " "),
        [
            f"{TWICE}: row 4 ('Some_Body_7_oval.jpg'), "
            "row 5 ('SOME_BODY_8_OVAL.JPG'), row 9 ('Some_Body_7_oval.jpg'), "
            "row 10 ('Some_Body_8_oval.jpg'). Delete"
        ],
    ),
    "headings alone": (
        lambda folder: edit(folder, lambda sheet: sheet.delete_rows(2, COUNT)),
        ["images without a row: 'Some_Body_0_oval.jpg'", "0 images have a row"],
    ),
    "rates that are none": (
        put(B3="0.5", B4=1.01, B5=-0.01, B6=None, B7=True, C8="#DIV/0!", C9=float(2**60)),
        [
            "Hit Rate (HR) is not a number from 0 to 1: row 3 ('0.5'), row 4 (1.01), "
            "row 5 (-0.01), row 6 (None), row 7 (True). Correct",
            "False Alarm Rate (FAR) is not a number from 0 to 1: row 8 ('#DIV/0!'), row 9 (1.15",
        ],
    ),
    "a formula that was never computed": (
        put(B3="=D3/(D3+E3)"),
        ["Hit Rate (HR) is not a number from 0 to 1: row 3 (None)"],
    ),
    "counts that are none": (
        put(D3=-1, D4=1.5, E5="many", F6=None, G7=float(10**300)),
        [
            "Hits is not a whole number from 0: row 3 (-1), row 4 (1.5). Correct",
            "Misses is not a whole number from 0: row 5 ('many')",
            "False Alarms is not a whole number from 0: row 6 (None)",
            "Correct Rejections is not a whole number from 0: row 7 (1e+300)",
        ],
    ),
    "groups and shapes that are none": (
        grouped(H4=None, H5=" ", I6="round", I7=None),
        [
            "no Group: row 4 (None), row 5 (''). Write the same for images that must be in one",
            "Shape is none of square, oval: row 6 ('round'), row 7 (None). Correct it, or",
        ],
    ),
    "counts that contradict the rates": (
        put(B3=0.5, D3=46, E3=34, C4=0.0, F4=0, G4=0),
        [
            "Hit Rate (HR) is not Hits / (Hits + Misses): row 3 (0.5, not 46 / (46 + 34)). Correct",
            "False Alarm Rate (FAR) is not False Alarms / (False Alarms + Correct Rejections): "
            "row 4 (0, not 0 / (0 + 0)). Correct",
        ],
    ),
    "rows without an image": (
        lambda folder: (face(folder, 1).unlink(), face(folder, 2).rename(folder / "b.jpg")),
        [
            "rows without an image: row 3 ('Some_Body_1_oval.jpg'), "
            "row 4 ('Some_Body_2_oval.jpg'). Put"
        ],
    ),
    "images without a row": (
        lambda folder: edit(folder, lambda sheet: sheet.delete_rows(3, 2)),
        [
            "images without a row: 'Some_Body_1_oval.jpg', 'Some_Body_2_oval.jpg'. Give",
            "`training.fillers: true`",
        ],
    ),
    "an empty image": (
        lambda folder: face(folder, 5).write_bytes(b""),
        ["'Some_Body_5_oval.jpg' (no JPEG or PNG)"],
    ),
    "another format": (
        redraw(5, Image.new("RGB", (9, 9)), format="gif"),
        ["'Some_Body_5_oval.jpg' (no JPEG or PNG)"],
    ),
    "an image cut short": (cut(5), ["can't be used: 'Some_Body_5_oval.jpg' (", "truncated"]),
    "images that aren't RGB": (
        lambda folder: (
            redraw(3, Image.new("CMYK", (9, 9)))(folder),
            redraw(4, Image.new("RGBA", (9, 9)), format="png")(folder),
            redraw(5, Image.new("I;16", (9, 9)), format="png")(folder),
            redraw(6, Image.new("P", (9, 9)), format="png", transparency=0)(folder),
        ),
        [
            "'Some_Body_3_oval.jpg' (of mode CMYK), 'Some_Body_4_oval.jpg' (transparent), "
            "'Some_Body_5_oval.jpg' (of mode I;16), 'Some_Body_6_oval.jpg' (transparent). Save"
        ],
    ),
    "images that unpack to gigabytes": (
        lambda folder: (
            redraw(5, Image.new("1", (11600, 11600)), format="png")(folder),
            redraw(6, Image.new("1", (13500, 13500)), format="png")(folder),
        ),
        [
            "'Some_Body_5_oval.jpg' (11600 x 11600 pixels), "
            "'Some_Body_6_oval.jpg' (more than 134,217,728 pixels). "
            "Save each as a JPEG or PNG in RGB of at most 134,217,728 pixels, or"
        ],
    ),
    "one image under two names": (
        lambda folder: shutil.copy(face(folder, 7), face(folder, 8)),
        ["under several names", ": 'Some_Body_7_oval.jpg' = 'Some_Body_8_oval.jpg'. Keep"],
    ),
    "too few images": (
        lambda folder: (
            edit(folder, lambda sheet: sheet.delete_rows(51, 9)),
            [face(folder, number).unlink() for number in range(49, COUNT)],
        ),
        ["49 images have a row, and training needs 50"],
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_its_place_value_and_remedy(name: str, folder: Path) -> None:
    make, told = MISTAKES[name]
    make(folder)
    said = complaint(folder)
    assert said.startswith(f"the database in {folder} is not right:\n")
    for words in told:
        assert words in said


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_the_only_one_named(name: str, folder: Path) -> None:
    MISTAKES[name][0](folder)
    allowed = {
        # A row that no longer names its image leaves that without a row.
        "no file name": ["images without a row"],
        "paths for names": ["images without a row"],
        "an image in two rows": ["images without a row"],
        "headings alone": ["0 images have a row"],
        "an empty spreadsheet": ["no column"],
        "rates that are none": ["False Alarm Rate (FAR) is not"],
        "groups and shapes that are none": ["Shape is"],
        "counts that are none": ["Misses is", "False Alarms is", "Correct Rejections is"],
        "counts that contradict the rates": ["False Alarm Rate (FAR) is not"],
    }.get(name, [])
    lines = complaint(folder).splitlines()
    assert len(lines) == 2 + len(allowed)
    for words in allowed:
        assert any(words in line for line in lines)


def test_all_mistakes_are_named_at_once(folder: Path) -> None:
    put(A20=None, A21="../a.jpg", B22=2, A23="b.jpg", A24=NAME.format(30), B25=0, D25=1)(folder)
    cut(5)(folder)
    shutil.copy(face(folder, 7), face(folder, 8))
    said = complaint(folder)
    told = (
        "no file name: row 20 (None)",
        "paths for file names: row 21 ('../a.jpg')",
        "is not a number from 0 to 1: row 22 (2)",
        "rows without an image: row 23 ('b.jpg')",
        f"{TWICE}: row 24 ('Some_Body_30_oval.jpg'), row 32",
        "row 25 (0, not 1 / (1 + ",
        "images without a row: 'Some_Body_18_oval.jpg', 'Some_Body_19_oval.jpg', 'Some_Body_21",
        "'Some_Body_5_oval.jpg' (",
        "'Some_Body_7_oval.jpg' = 'Some_Body_8_oval.jpg'",
    )
    assert [words for words in told if words not in said] == []
    assert said.count("\n") == len(told)


def test_images_are_looked_at_even_without_a_spreadsheet(folder: Path) -> None:
    (folder / SCORES).unlink()
    cut(5)(folder)
    assert "'Some_Body_5_oval.jpg' (" in complaint(folder)


def test_of_many_places_ten_are_named_and_the_others_counted(folder: Path) -> None:
    put(**{f"B{row}": 2 for row in range(2, 2 + COUNT)})(folder)
    assert f"row 10 (2), row 11 (2) and {COUNT - 10} more. Correct" in complaint(folder)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    said = complaint(tmp_path / "nowhere")
    assert "memorability-scores.xlsx is missing" in said
    assert "Face Images is missing" in said


def test_rows_are_numbered_as_a_spreadsheet_program_does(folder: Path) -> None:
    edit(folder, lambda sheet: sheet.insert_rows(4, 2))
    put(B9=7)(folder)
    assert "row 9 (7)" in complaint(folder)


def test_a_spreadsheet_that_understates_its_size_is_read_whole(folder: Path) -> None:
    rewrite(folder / SCORES, "xl/worksheets/sheet1.xml", b'ref="A1:G57"', b'ref="A1:A1"')
    assert len(read(folder)) == COUNT


def test_a_spreadsheet_that_unpacks_to_gigabytes_is_not_unpacked(folder: Path) -> None:
    with zipfile.ZipFile(folder / SCORES, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(17):
            archive.writestr(f"xl/media/{number}", bytes(2**24))
    assert "it unpacks to 285," in complaint(folder)


def rewrite(path: Path, member: str, old: bytes, new: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    assert old in entries[member]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content.replace(old, new) if name == member else content)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_damaged_spreadsheet_is_named_or_read_as_it_was(
    original: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    # Without images, so that every example is quick: that they are missing is named too.
    folder = tmp_path_factory.mktemp("damaged")
    (folder / SCORES).parent.mkdir()
    out = io.BytesIO()
    with zipfile.ZipFile(original / SCORES) as archive, zipfile.ZipFile(out, "w") as copy:
        damaged = data.draw(st.sampled_from(archive.namelist()))
        for name in archive.namelist():
            content = bytearray(archive.read(name))
            if name == damaged:
                for _ in range(data.draw(st.integers(1, 5))):
                    at = data.draw(st.integers(0, len(content) - 1))
                    content[at] = data.draw(st.sampled_from(b'<>"/ab19 &;\0\xff'))
            copy.writestr(name, bytes(content))
    whole = out.getvalue()
    end = data.draw(st.one_of(st.just(len(whole)), st.integers(0, len(whole))))
    (folder / SCORES).write_bytes(whole[:end])
    said = complaint(folder)
    assert "Face Images is missing" in said


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_an_image_cut_anywhere_is_named(
    original: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    (folder / IMAGES).mkdir(parents=True)
    format = data.draw(st.sampled_from(["jpeg", "png"]))
    out = io.BytesIO()
    Image.open(face(original, 5)).save(out, format=format)
    # The last bytes are checksums, and say that the file ends.
    end = data.draw(st.integers(0, len(out.getvalue()) - 30))
    face(folder, 5).write_bytes(out.getvalue()[:end])
    assert "'Some_Body_5_oval.jpg' (" in complaint(folder)


# Spreadsheets of other programs and in other formats


def strict(folder: Path) -> None:
    """Name a workbook's parts as Strict Open XML does (ISO/IEC 29500-1, part 4 has the others)."""
    with zipfile.ZipFile(folder / SCORES) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    there, other = b"http://schemas.openxmlformats.org", b"http://purl.oclc.org/ooxml"
    with zipfile.ZipFile(folder / SCORES, "w") as archive:
        for name, content in entries.items():
            renamed = content.replace(there + b"/spreadsheetml/2006", other + b"/spreadsheetml")
            archive.writestr(
                name,
                renamed.replace(there + b"/officeDocument/2006", other + b"/officeDocument"),
            )


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


COMPOUND = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)
OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.spreadsheet"
TEXT = "Filename;Hit Rate (HR)\nRen\xe9e.jpg;0,5\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (COMPOUND, "an .xls, of Excel before 2007"),
        (COMPOUND + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
        (zipped(mimetype=OPEN_DOCUMENT), "an OpenDocument file, such as .ods"),
        (zipped(**{"xl/workbook.bin": b"\0"}), "an .xlsb"),
        (
            zipped(**{"Index/Document.iwa": b"\0"}),
            "a .zip, or another program's file, such as Numbers'",
        ),
        *((TEXT.encode(name), "text, such as CSV") for name in ("utf-8", "utf-8-sig")),
        *((TEXT.encode(name), "text, such as CSV") for name in ("utf-16", "latin-1")),
        (TEXT.replace(";", "\t").encode(), "text, such as CSV"),
        (b"", "empty"),
    ],
)
def test_another_format_that_is_named_xlsx_is_told_by_its_name(
    content: bytes, told: str, folder: Path
) -> None:
    (folder / SCORES).write_bytes(content)
    said = complaint(folder)
    assert f"memorability-scores.xlsx can't be read as .xlsx (it is {told})" in said
    assert "Open it in a spreadsheet program, and save it as .xlsx: an Excel workbook" in said


def test_a_strict_workbook_is_told_by_its_name(folder: Path) -> None:
    strict(folder)
    assert "(it is a Strict Open XML Spreadsheet, which" in complaint(folder)


def test_a_folder_in_the_spreadsheets_place_is_named(folder: Path) -> None:
    (folder / SCORES).unlink()
    (folder / SCORES).mkdir()
    assert "memorability-scores.xlsx can't be read as .xlsx (it is a folder)" in complaint(folder)


def test_the_first_sheet_that_is_shown_is_read(folder: Path, original: Path) -> None:
    book = openpyxl.load_workbook(folder / SCORES)
    hidden, last = book.create_sheet("Notes", 0), book.create_sheet("Subjects")
    hidden.append(["Filename", "a note"])
    last.append(["Subject"])
    hidden.sheet_state, book.active = "hidden", 1
    book.save(folder / SCORES)
    pd.testing.assert_frame_equal(read(folder), read(original))
    book.move_sheet(last, -2)
    book.save(folder / SCORES)
    assert "sheet 'Subjects': no column Filename; the first row has Subject." in complaint(folder)


def test_numbers_that_a_spreadsheet_shows_and_does_not_hold_are_explained(folder: Path) -> None:
    put(B3="0,75", D4="7")(folder)
    said = complaint(folder)
    assert "row 3 ('0,75'). Correct it, or delete the row. What is in quotes is text:" in said
    assert "row 4 ('7'). Correct it, or delete the columns of counts. What is in quotes" in said
    assert "None is" not in said
    edit(folder, lambda sheet: sheet.merge_cells("B3:B5"))
    assert "row 4 (None), row 5 (None). Correct it, or delete the row." in complaint(folder)
    assert "None is an empty cell, or a formula whose value was never saved" in complaint(folder)


def test_blank_cells_around_the_table_are_nothing(folder: Path, original: Path) -> None:
    put(A900=" ", B901="", ZZ3="a note", K1=" ")(folder)
    pd.testing.assert_frame_equal(read(folder), read(original))


@pytest.mark.parametrize(
    "row",
    [
        *(b'<row r="99999999999"><c r="B99999999999"><v>1</v></c></row>', b'<row r="-1"/>'),
        b'<row r="58"><c r="XFD58"><v>1</v></c></row>',
    ],
)
def test_rows_and_columns_beyond_a_spreadsheets_end_cost_little(
    row: bytes, folder: Path, original: Path
) -> None:
    rewrite(folder / SCORES, "xl/worksheets/sheet1.xml", b"</sheetData>", row + b"</sheetData>")
    tracemalloc.start()
    pd.testing.assert_frame_equal(read(folder), read(original))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**26


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(),
    st.integers(-(2**70), 2**70),
    st.datetimes(),
    st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")),
    st.sampled_from([*COLUMNS.values(), *COUNTS.values(), "Group", "Shape", "oval"]),
    st.sampled_from(["=1/2", "0,75", "75 %", "#N/A", "_xD800_", "a.jpg", "A.JPG ", "e\u0301.jpg"]),
)


@settings(derandomize=True, deadline=None, max_examples=80)
@given(
    heading=st.permutations([*COLUMNS.values(), *COUNTS.values(), "Group", "Shape"]),
    rows=st.lists(st.lists(CELLS, max_size=9), max_size=5),
)
def test_any_cells_make_a_table_or_are_named(
    heading: list[str], rows: list[list[Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cells")
    (folder / IMAGES).mkdir(parents=True)
    (folder / SCORES).parent.mkdir()
    for name in ("a.jpg", "\xe9.jpg", "e\u0301.jpg", "b.jpg"):
        (folder / IMAGES / name).touch()
    book = openpyxl.Workbook()
    for row in (heading, *rows):
        book.active.append(row)
    book.save(folder / SCORES)
    said = complaint(folder)
    assert "images have a row, and training needs 50" in said
    said.encode()


# Names in another form


def test_a_name_in_the_other_normal_form_or_case_finds_its_image(
    folder: Path, original: Path
) -> None:
    names = {1: "Ren\xe9e.jpg", 2: "Zo\xeb_2.jpg", 3: " \xc5sa  3.JPG", 4: "\uac00.png"}
    disk, sheet = dict(names), dict(names)
    for number in (1, 3, 4):
        disk[number] = unicodedata.normalize("NFD", names[number])
    sheet[2] = unicodedata.normalize("NFD", names[2])
    sheet[3] = "\xe5SA 3.jpg"
    for number, name in disk.items():
        face(folder, number).rename(folder / IMAGES / name)
    put(**{f"A{number + 2}": name for number, name in sheet.items()})(folder)
    assert disk[1] != sheet[1]
    expected = read(original)
    rows = read(original)["file"].isin([NAME.format(number) for number in names])
    assert rows.sum() == 4
    table = read(folder)
    assert set(table["file"][rows]) == set(disk.values())
    pd.testing.assert_frame_equal(table.drop(columns="file"), expected.drop(columns="file"))
    assert len(database.digest(folder, table)) == 64


def test_an_exact_name_comes_first_and_its_look_alike_has_no_row(folder: Path) -> None:
    composed, decomposed = "Ren\xe9e.jpg", "Rene\u0301e.jpg"
    face(folder, 1).rename(folder / IMAGES / composed)
    Image.new("RGB", (9, 9)).save(folder / IMAGES / decomposed)
    put(A3=composed)(folder)
    assert f"images without a row: {decomposed!r}. Give" in complaint(folder)
    assert composed in set(read(folder, fillers=True)["file"])


def test_a_name_that_fits_two_images_is_named_with_both(folder: Path) -> None:
    composed, decomposed = "Ren\xe9e.jpg", "Rene\u0301e.jpg"
    face(folder, 1).rename(folder / IMAGES / composed)
    Image.new("RGB", (9, 9)).save(folder / IMAGES / decomposed)
    put(A3="REN\xc9E.jpg")(folder)
    place = r"row 3 ('REN\xc9E.jpg': 'Rene\u0301e.jpg', 'Ren\xe9e.jpg')"
    said = complaint(folder)
    assert f"names that fit several images: {place}. Name one of them as it is" in said


def test_a_group_is_one_whichever_way_it_is_written(folder: Path) -> None:
    cells = {"H2": 7, "H3": 7.0, "H4": "7", "H5": "Ren\xe9e", "H6": "Rene\u0301e"}
    grouped(**cells)(folder)
    rewrite(
        folder / SCORES,
        "xl/worksheets/sheet1.xml",
        b'<c r="H3" t="n"><v>7</v>',
        b'<c r="H3" t="n"><v>7.0</v>',
    )
    groups = read(folder)["group"].tolist()
    assert groups[:5] == ["7", "7", "7", "Ren\xe9e", "Ren\xe9e"]


# Photographs


def photograph() -> NDArray[np.uint8]:
    """Draw an image that is the same in no other orientation: (3, 5, 3)."""
    return np.random.default_rng(0).integers(0, 256, (3, 5, 3), dtype=np.uint8)


#: How a camera stores an image of each orientation (Exif 2.32, tag 274).
STORED: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.transpose(1, 0, 2),
    6: lambda upright: np.rot90(upright),
    7: lambda upright: upright[::-1, ::-1].transpose(1, 0, 2),
    8: lambda upright: np.rot90(upright, -1),
}


@pytest.mark.parametrize("orientation", STORED)
def test_a_photograph_is_upright_as_its_camera_says(orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation](photograph())))
    stored.save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(database.decoded(tmp_path / "a.png"), photograph())
    # In a JPEG of one colour a block, each pixel keeps its place.
    stored.resize((stored.width * 8, stored.height * 8), 0).save(
        tmp_path / "a.jpg", exif=exif, quality=95, subsampling=0
    )
    small = database.decoded(tmp_path / "a.jpg").resize((5, 3), Image.Resampling.BOX)
    np.testing.assert_allclose(np.asarray(small, int), photograph(), atol=4)


def test_photographs_of_phones_are_read_as_their_first_image(folder: Path) -> None:
    exif = Image.Exif()
    exif[274] = 6
    lying = Image.new("RGB", (40, 30), (200, 10, 10))
    more = Image.new("RGB", (40, 30), (0, 0, 0))
    lying.save(face(folder, 3), "MPO", save_all=True, append_images=[more], exif=exif)
    assert len(read(folder)) == COUNT
    first = database.decoded(face(folder, 3))
    assert first.size == (30, 40)
    np.testing.assert_allclose(np.asarray(first)[0, 0].astype(int), (200, 10, 10), atol=3)


def test_other_images_that_can_not_be_used_are_named_with_what_they_are(folder: Path) -> None:
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "blue")]
    redraw(3, frames[0], format="png", save_all=True, append_images=frames[1:])(folder)
    redraw(4, frames[0], format="gif", save_all=True, append_images=frames[1:])(folder)
    redraw(5, frames[0], format="webp")(folder)
    redraw(6, Image.new("LA", (9, 9)), format="png")(folder)
    redraw(7, frames[0], format="png")(folder)
    header = face(folder, 7).read_bytes()
    face(folder, 7).write_bytes(header[:16] + bytes(4) + header[20:])
    told = (
        "(animated), 'Some_Body_4_oval.jpg' (no JPEG or PNG), 'Some_Body_5_oval.jpg' (no JPEG or "
        "PNG), 'Some_Body_6_oval.jpg' (transparent), 'Some_Body_7_oval.jpg' ("
    )
    assert told in complaint(folder)


def test_a_colour_profile_and_16_bits_a_colour_will_do(folder: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    redraw(3, Image.open(face(folder, 3)).copy(), icc_profile=profile)(folder)
    # 16 bits a colour, as PNG's specification has it (section 11.2.2): Pillow writes none.
    rows = b"".join(b"\0" + bytes([200, 1, 10, 2, 30, 3]) * 4 for _ in range(2))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 4, 2, 16, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
    )
    content = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (*chunks, (b"IEND", b""))
    )
    face(folder, 4).write_bytes(b"\x89PNG\r\n\x1a\n" + content)
    assert len(read(folder)) == COUNT
    assert np.asarray(database.decoded(face(folder, 4)))[0, 0].tolist() == [200, 10, 30]


def encoded(format: str) -> bytes:
    exif = Image.Exif()
    exif[274], exif[271] = 6, "Maker"
    exif.get_ifd(0x8769)[37500] = b"note" * 9
    exif.get_ifd(0x8825)[2] = (1.0, 2.0, 3.0)
    out = io.BytesIO()
    more = (
        {"save_all": True, "append_images": [Image.new("RGB", (8, 6))]} if format == "MPO" else {}
    )
    Image.fromarray(photograph()).resize((8, 6)).save(out, format, exif=exif, **more)
    return out.getvalue()


@pytest.mark.filterwarnings("ignore")  # Pillow warns of odd tags, which it leaves out.
@settings(derandomize=True, deadline=None, max_examples=400)
@given(
    content=st.sampled_from([encoded(format) for format in ("JPEG", "PNG", "MPO")]),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6),
)
def test_a_spoilt_image_is_decoded_or_named(
    content: bytes, changes: list[tuple[float, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp() / "spoilt"
    (folder / IMAGES).mkdir(parents=True, exist_ok=True)
    spoilt = bytearray(content)
    for place, value in changes:
        # Most of what is read in many ways is at the start.
        spoilt[int(place**2 * len(spoilt))] = value
    face(folder, 1).write_bytes(spoilt)
    if "images that can't be used" not in complaint(folder):
        assert database.decoded(face(folder, 1)).mode == "RGB"


# Images without scores


def test_images_without_a_row_are_left_out_where_there_may_be_fillers(
    folder: Path, original: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        shutil.copy(face(folder, number), folder / IMAGES / f"filler_{number}.jpg")
    (folder / IMAGES / "filler_3.jpg").write_bytes(b"not looked at")
    with caplog.at_level(logging.INFO):
        pd.testing.assert_frame_equal(read(folder, fillers=True), read(original))
    assert f"{COUNT} images with scores, 4 without" in caplog.text


def test_all_else_is_looked_at_where_there_may_be_fillers(folder: Path) -> None:
    cut(5)(folder)
    shutil.copy(face(folder, 7), face(folder, 8))
    face(folder, 9).unlink()
    said = complaint(folder, fillers=True)
    assert "'Some_Body_5_oval.jpg' (" in said
    assert "'Some_Body_7_oval.jpg' = 'Some_Body_8_oval.jpg'" in said
    assert "row 11 ('Some_Body_9_oval.jpg')" in said


# Splitting


def scored(count: int, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    hit_rate, false_alarm_rate = random.random((2, count))
    files = [f"{number:05d}.jpg" for number in random.permutation(count)]
    return pd.DataFrame(
        {
            "file": files,
            "hit_rate": hit_rate,
            "false_alarm_rate": false_alarm_rate,
            "target": hit_rate,
        }
    )


def test_the_databases_2222_images_are_split_as_the_authors_split_them() -> None:
    table = scored(2222)
    train, rest = train_test_split(table, test_size=0.2, random_state=42)
    division = database.split(table, seed=42)
    parts = {name: set(group["file"]) for name, group in division.groupby("split")}
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 1777,
        "validation": 222,
        "test": 223,
    }
    assert parts == {
        "train": set(train["file"]),
        "validation": set(rest["file"][: len(rest) // 2]),
        "test": set(rest["file"][len(rest) // 2 :]),
    }


@settings(max_examples=25, deadline=None)
@given(
    count=st.integers(LEAST, 300),
    seed=st.integers(0, 2**32 - 1),
    folds=st.none() | st.integers(2, 5),
)
def test_an_image_is_in_one_part_and_one_fold(count: int, seed: int, folds: int | None) -> None:
    table = scored(count)
    division = database.split(table, seed=seed, folds=folds)
    pd.testing.assert_frame_equal(division[table.columns], table)
    sizes = division["split"].value_counts()
    assert sizes.index.tolist()[0] == "train"
    assert set(sizes.index) == {"train", "validation", "test"}
    assert abs(sizes["test"] - 0.1 * count) <= 1
    assert abs(sizes["validation"] - 0.1 * count) <= 1
    if folds is None:
        assert division["fold"].isna().all()
    else:
        in_folds = division["fold"].value_counts()
        assert sorted(in_folds.index) == list(range(1, folds + 1))
        assert in_folds.max() - in_folds.min() <= 1


def test_the_same_seed_gives_the_same_split_and_another_another() -> None:
    table = scored(200)
    first = database.split(table, seed=42, folds=5)
    pd.testing.assert_frame_equal(first, database.split(table, seed=42, folds=5))
    other = database.split(table, seed=43, folds=5)
    assert (first["split"] != other["split"]).any()
    assert (first["fold"] != other["fold"]).any()


def test_images_are_split_by_their_place_and_not_their_scores() -> None:
    table = scored(200)
    other = table.assign(target=table["target"][::-1].to_numpy())
    first, second = (database.split(each, seed=1)["split"] for each in (table, other))
    assert first.tolist() == second.tolist()


@pytest.mark.parametrize("folds", [None, 4])
def test_a_split_is_a_table_of_its_schema(folds: int | None, tmp_path: Path) -> None:
    division = database.split(scored(60), seed=0, folds=folds)
    path = tmp_path / "split.parquet"
    tables.write(path, training_tables.SPLIT, division, PROVENANCE)
    stored = tables.read(path).to_pandas()
    assert stored["file"].tolist() == division["file"].tolist()
    assert stored["fold"].isna().all() if folds is None else set(stored["fold"]) == {1, 2, 3, 4}


def test_a_part_whose_targets_are_all_the_same_is_named() -> None:
    table = scored(60)
    held = database.split(table, seed=0)["split"] == "validation"
    table.loc[held, "target"] = 0.25
    with pytest.raises(MnemoError, match="holdout, validation: 6 images, all .* 0.25") as why:
        database.split(table, seed=0)
    assert "test:" not in str(why.value)


def test_folds_whose_targets_are_all_the_same_are_named_with_all_others() -> None:
    with pytest.raises(MnemoError) as why:
        database.split(scored(60).assign(target=0.5), seed=0, folds=3)
    dealt = {"holdout": (48, 6, 6), **{f"fold-0{fold}": (36, 4, 20) for fold in (1, 2, 3)}}
    for run, counts in dealt.items():
        for part, count in zip(("train", "validation", "test"), counts, strict=True):
            assert f"{run}, {part}: {count} images, all with the target 0.5" in str(why.value)


def test_a_fold_is_not_validated_on_images_that_have_all_the_same_target() -> None:
    table = scored(60)
    fold = database.parts(database.split(table, seed=0, folds=5), "fold-02", 0)
    table.loc[fold["validation"], "target"] = 0.25
    with pytest.raises(MnemoError, match="fold-02, validation: 5 images, all .* 0.25") as why:
        database.split(table, seed=0, folds=5)
    assert "holdout" not in str(why.value)


def test_a_fold_tests_on_itself_and_validates_on_a_tenth_of_the_rest() -> None:
    split = database.split(scored(80), seed=42, folds=4)
    tested = []
    for fold in range(1, 5):
        rows = database.parts(split, f"fold-{fold:02d}", seed=42)
        assert (split["fold"].iloc[rows["test"]] == fold).all()
        assert len(rows["validation"]) == 6
        assert sorted(np.concatenate(list(rows.values()))) == list(range(80))
        tested += rows["test"].tolist()
    assert sorted(tested) == list(range(80))
    other = database.parts(split, "fold-01", seed=43)["validation"]
    assert set(other) != set(database.parts(split, "fold-01", seed=42)["validation"])


def test_the_holdout_is_the_same_whatever_the_folds() -> None:
    table = scored(80)
    first, second = (
        database.parts(database.split(table, seed=42, folds=folds), "holdout", 42)
        for folds in (None, 4)
    )
    for part, rows in first.items():
        np.testing.assert_array_equal(rows, second[part])


def test_folds_of_fewer_than_three_images_are_named() -> None:
    with pytest.raises(MnemoError, match="fold-20, test: 2 images, of 3 at least") as why:
        database.split(scored(50), seed=0, folds=20)
    assert "fold-10, test" not in str(why.value)


# Groups and shapes


def faces(count: int, seed: int = 0) -> pd.DataFrame:
    """Draw rates of two images of each face, all squares before all ovals."""
    keys = [f"{number:07d}" for number in range(count)]
    shapes = np.repeat(["square", "oval"], count)
    return scored(2 * count, seed).assign(group=keys * 2, shape=shapes)


def test_all_images_of_a_face_are_in_one_part_and_one_fold() -> None:
    division = database.split(faces(100), seed=42, folds=4)
    for column in ("split", "fold"):
        assert (division.groupby("group")[column].nunique() == 1).all()
    assert division["split"].value_counts().tolist() == [160, 20, 20]
    for fold in ("fold-01", "fold-04"):
        parts = database.parts(division, fold, seed=42)
        seen = [set(division["group"].iloc[rows]) for rows in parts.values()]
        assert [len(groups) for groups in seen] == [67, 8, 25]
        assert len(set.union(*seen)) == 100


def test_faces_are_split_as_single_images_of_them_would_be() -> None:
    alone = database.split(scored(100), seed=42, folds=4)
    division = database.split(faces(100), seed=42, folds=4)
    for shape in ("square", "oval"):
        of_shape = division[division["shape"] == shape]
        for column in ("split", "fold"):
            assert of_shape[column].tolist() == alone[column].tolist()
    for run in ("fold-01", "fold-02"):
        for part, rows in database.parts(alone, run, seed=7).items():
            expected = [*rows, *rows + 100]
            assert database.parts(division, run, seed=7)[part].tolist() == expected


def test_a_part_whose_targets_are_the_same_in_one_shape_is_named() -> None:
    table = faces(60)
    held = database.split(table, seed=0)["split"] == "validation"
    table.loc[held & (table["shape"] == "oval"), "target"] = 0.25
    with pytest.raises(MnemoError, match="holdout, validation, oval: 6 images, all .* 0.25") as why:
        database.split(table, seed=0)
    assert "square" not in str(why.value)


def test_groups_and_shapes_are_read_where_the_spreadsheet_has_them(folder: Path) -> None:
    assert not {"group", "shape"} & set(read(folder))
    sheet = pd.read_excel(folder / SCORES)
    sheet["Group"] = np.arange(COUNT) // 2
    sheet["shape "] = np.resize(["oval", "square"], COUNT)
    sheet.to_excel(folder / SCORES, index=False)
    table = read(folder)
    assert table["group"].tolist() == [str(number // 2) for number in range(COUNT)]
    assert table["shape"].tolist() == sheet["shape "].tolist()
    stored = tables.conform(database.split(table, seed=0), training_tables.SPLIT)
    assert stored["group"].null_count == stored["shape"].null_count == 0


def test_no_false_alarm_rate_is_needed_for_the_hit_rate(folder: Path, original: Path) -> None:
    edit(folder, lambda sheet: sheet.delete_cols(3))
    table = read(folder)
    assert table["false_alarm_rate"].isna().all()
    assert table["target"].tolist() == read(original)["target"].tolist()
    said = complaint(folder, target="true_hit_rate")
    assert "no column False Alarm Rate (FAR); the first row has Filename, Hit Rate (HR)" in said
    assert "or set `training.target: hit_rate`, which needs none." in said
    division = database.split(table, seed=0)
    assert tables.conform(division, training_tables.SPLIT)["false_alarm_rate"].null_count == COUNT
    assert database.digest(folder, table) == database.digest(folder, division)
    assert database.digest(folder, table) != database.digest(folder, read(original))


# The digest


def test_the_digest_is_of_images_and_rates_and_not_of_their_order(original: Path) -> None:
    table = read(original)
    shuffled = table.sample(frac=1, random_state=0)
    assert database.digest(original, shuffled) == database.digest(original, table)


@pytest.mark.parametrize("column", ["hit_rate", "false_alarm_rate", "file"])
def test_the_digest_changes_with_a_row(column: str, original: Path) -> None:
    table = read(original)
    other = table.copy()
    other.loc[[3, 4], column] = table.loc[[4, 3], column].to_numpy()
    assert database.digest(original, other) != database.digest(original, table)


def test_the_digest_changes_with_a_byte_of_an_image(folder: Path) -> None:
    table = read(folder)
    before = database.digest(folder, table)
    face(folder, 3).write_bytes(face(folder, 3).read_bytes() + b"\0")
    assert database.digest(folder, table) != before


# The human ceiling


def people(count: int, responses: int, random: np.random.Generator) -> pd.DataFrame:
    """Draw what people answer, who remember each image with a probability of its own."""
    hits = random.binomial(responses, random.beta(6, 5, count))
    false_alarms = random.binomial(responses, random.beta(3, 12, count))
    return pd.DataFrame(
        {
            "hits": hits,
            "misses": responses - hits,
            "false_alarms": false_alarms,
            "correct_rejections": responses - false_alarms,
        }
    )


def truth(responses: int, target: database.Target, random: np.random.Generator) -> float:
    """Measure two groups of other people against each other, on very many images."""
    remembered, mistaken = random.beta(6, 5, 50_000), random.beta(3, 12, 50_000)
    groups = [
        random.binomial(responses, remembered)
        - (random.binomial(responses, mistaken) if target == "true_hit_rate" else 0)
        for _ in range(2)
    ]
    return float(stats.spearmanr(*groups).statistic)


@pytest.mark.parametrize("target", ["hit_rate", "true_hit_rate"])
@pytest.mark.parametrize("responses", [20, 80])
def test_the_ceiling_is_that_of_two_groups_of_half_as_many_people(
    target: database.Target, responses: int
) -> None:
    random = np.random.default_rng(responses)
    measured = ceiling.measure(people(4000, responses, random), target=target, resamples=20)
    assert measured is not None
    assert measured.value == pytest.approx(truth(responses // 2, target, random), abs=0.03)
    assert measured.low < measured.value < measured.high


def test_the_interval_of_the_ceiling_has_its_confidence() -> None:
    random = np.random.default_rng(0)
    real = truth(20, "true_hit_rate", random)
    inside = 0
    for seed in range(100):
        table = people(100, 40, random)
        found = ceiling.measure(
            table, target="true_hit_rate", splits=5, resamples=100, seed=seed, confidence=0.8
        )
        assert found is not None
        inside += found.low <= real <= found.high
    # The share's standard error is 0.04.
    assert 0.68 < inside / 100 < 0.92


def test_responses_that_do_not_depend_on_the_image_have_a_ceiling_of_zero() -> None:
    random = np.random.default_rng(0)
    hits, false_alarms = random.binomial(80, 0.5, (2, 2000))
    table = pd.DataFrame(
        {
            "hits": hits,
            "misses": 80 - hits,
            "false_alarms": false_alarms,
            "correct_rejections": 80 - false_alarms,
        }
    )
    found = ceiling.measure(table, target="true_hit_rate", resamples=100)
    assert found is not None
    assert found.low < 0 < found.high


def test_people_who_all_agree_have_a_ceiling_of_one() -> None:
    remembered = np.arange(100) % 2 * 80
    table = pd.DataFrame(
        {"hits": remembered, "misses": 80 - remembered, "false_alarms": 0, "correct_rejections": 80}
    )
    found = ceiling.measure(table, target="true_hit_rate", resamples=50)
    assert found is not None
    np.testing.assert_allclose(found, 1)


def test_an_image_with_one_response_is_left_out_of_the_ceiling() -> None:
    table = people(300, 40, np.random.default_rng(0))
    lonely = pd.DataFrame(
        {"hits": [1], "misses": [0], "false_alarms": [9], "correct_rejections": [9]}
    )
    settings: Any = {"target": "hit_rate", "resamples": 20}
    assert ceiling.measure(table, **settings) == ceiling.measure(
        pd.concat([table, lonely]), **settings
    )


def test_the_same_seed_gives_the_same_ceiling_and_another_another() -> None:
    table = people(300, 40, np.random.default_rng(0))
    first, again, other = (
        ceiling.measure(table, target="hit_rate", resamples=20, seed=seed) for seed in (1, 1, 2)
    )
    assert first == again != other


def test_without_counts_there_is_no_ceiling(folder: Path) -> None:
    edit(folder, lambda sheet: sheet.delete_cols(4, 4))
    assert ceiling.measure(read(folder), target="hit_rate") is None


# The layout


def test_a_database_can_be_made_from_the_command_line(tmp_path: Path) -> None:
    script = Path(us10k.__file__)
    command = [sys.executable, script, tmp_path / "database", "50"]
    subprocess.run(command, check=True, cwd=tmp_path)
    table = read(tmp_path / "database")
    reds = [
        np.asarray(Image.open(tmp_path / "database" / IMAGES / file))[128, 48, 0]
        for file in table["file"]
    ]
    assert stats.spearmanr(reds, table["hit_rate"]).statistic > 0.9
