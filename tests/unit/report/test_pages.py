"""What the report's tables promise to a reader."""

import hashlib
import re
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import hypothesis.strategies as some
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from numpy.typing import NDArray
from PIL import Image

from mnemo import rounding, tables
from mnemo.faces import ovals
from mnemo.report import pages
from mnemo.results import calibration, dose_response, schemas
from mnemo.results.registry import RESULTS
from mnemo.weights import catalogue as catalogued

MADE = tables.Provenance("demo", "merge_table", {"resmem": "8e4b"}, {})
SLOPES = {
    "edit": ["memorable", "memorable"],
    "assessor": ["resmem", "resmem"],
    "shape": ["square", "oval"],
    "n": [200, 193],
    "slope": [0.021324, 0.0174],
    "low": [0.019911, 0.0161],
    "high": [0.022729, 0.0188],
    "low_fit": [0.018, 0.014],
    "high_fit": [0.025, 0.021],
    "p_value": [1e-8, 1e-5],
    "model": ["score ~ alpha + (alpha | image)"] * 2,
    "survivors": [False, True],
}


class Reader(HTMLParser):
    """Reads the cells of a page, and whatever it would load from elsewhere."""

    def __init__(self, page: str):
        super().__init__()
        self.rows: list[list[str]] = []
        self.titles: list[str] = []
        self.loaded: list[str] = []
        self.scripts = 0
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.rows[-1].append("")
            self.inside = True
            self.titles += [value or "" for name, value in attrs if name == "title"]
        self.scripts += tag == "script"
        self.loaded += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        self.inside &= tag not in ("th", "td")

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data


@pytest.fixture
def slopes(tmp_path: Path) -> pa.Table:
    columns = {name: SLOPES[name] for name in schemas.of("slopes").names}
    tables.write(tmp_path / "slopes.parquet", schemas.of("slopes"), columns, MADE)
    return tables.read(tmp_path / "slopes.parquet")


def test_a_page_shows_every_row_and_every_column(slopes: pa.Table) -> None:
    head, *rows = Reader(pages.tabulate(slopes, 0.95)).rows
    assert head[:5] == ["edit", "assessor", "shape", "n", "slope"]
    assert [row[:4] for row in rows] == [
        ["memorable", "resmem", "square", "200"],
        ["memorable", "resmem", "oval", "193"],
    ]


def test_an_estimate_and_its_interval_share_a_cell(slopes: pa.Table) -> None:
    rows = Reader(pages.tabulate(slopes, 0.95)).rows
    assert [row[4] for row in rows] == [
        "slope",
        "0.0213 [0.0199, 0.0227]",
        "0.0174 [0.0161, 0.0188]",
    ]


def test_a_page_says_what_each_column_is_and_in_which_unit(slopes: pa.Table) -> None:
    page = pages.tabulate(slopes, 0.95)
    assert "change of score; unit: score per unit of alpha" in page
    assert "In brackets: the 95 % interval." in page
    assert len(Reader(page).titles) == len(Reader(page).rows[0])


def test_a_page_says_what_made_the_table(slopes: pa.Table) -> None:
    page = pages.tabulate(slopes, 0.95)
    assert "Study demo, rule merge_table" in page
    assert "Weights: resmem." in page


def test_a_page_loads_nothing_and_runs_nothing(slopes: pa.Table) -> None:
    reader = Reader(pages.tabulate(slopes, 0.95))
    assert not reader.loaded
    assert not reader.scripts


def test_the_ends_of_a_range_are_no_interval() -> None:
    columns = {name: SLOPES.get(name) for name in dose_response.LOCAL_SLOPES.names}
    columns |= {"alpha_low": [-4.0, 0.0], "alpha_high": [0.0, 4.0]}
    table = tables.conform(columns, dose_response.LOCAL_SLOPES)
    head, first, _ = Reader(pages.tabulate(table, 0.95)).rows
    shown = dict(zip(head, first, strict=True))
    assert (shown["alpha_low"], shown["alpha_high"]) == ("-4", "0")
    assert shown["slope"] == "0.0213 [0.0199, 0.0227]"


def test_a_missing_value_is_a_dash_that_the_page_explains() -> None:
    columns = {name: SLOPES.get(name) for name in calibration.CALIBRATION.names}
    columns |= {
        "change": [0.5, 5],
        "unit": ["standard deviation"] * 2,
        "score_change": [0.05, 0.5],
        "alpha": [2.31, None],
        "low": [2.1, None],
        "high": [None] * 2,
    }
    page = pages.tabulate(tables.conform(columns, calibration.CALIBRATION), 0.95)
    _, *rows = Reader(page).rows
    assert [row[-1] for row in rows] == ["2.3 [2.1, –]", "–"]
    assert "no value; the column&#x27;s description explains why" in page


def listed(schema: pa.Schema) -> dict[str, list[object]]:
    """Make a value for each column of lists."""
    columns = [field for field in schema if pa.types.is_list(field.type)]
    return {
        field.name: ["a" if pa.types.is_string(field.type.value_type) else 0.5] for field in columns
    }


@pytest.mark.parametrize("name", RESULTS)
def test_every_public_table_has_a_page_with_an_interval_beside_each_estimate(name: str) -> None:
    schema = schemas.of(name)
    kinds = {pa.string(): "a", pa.bool_(): True, pa.float64(): 2.0}
    row = {field.name: kinds.get(field.type, 2) for field in schema}
    row |= listed(schema)
    # The ends of a range of alphas are no interval.
    ends = [end for end in row if re.search("(^|(?<!alpha)_)(low|high)$", end)]
    row |= {end: 1.0 if end.endswith("low") else 3.0 for end in ends}
    head, shown = Reader(pages.tabulate(pa.Table.from_pylist([row], schema), 0.95)).rows
    assert not set(ends).intersection(head)
    assert shown.count("2.0 [1.0, 3.0]") == len(ends) / 2


@pytest.mark.parametrize("name", RESULTS)
def test_what_a_public_table_may_lack_is_a_dash_on_its_page(name: str) -> None:
    schema = schemas.of(name)
    given = {pa.string(): "a", pa.bool_(): True}
    row = {field.name: None if field.nullable else given.get(field.type, 2) for field in schema}
    row |= listed(schema)
    head, shown = Reader(pages.tabulate(pa.Table.from_pylist([row], schema), 0.95)).rows
    lacking = [name for name, cell in zip(head, shown, strict=True) if cell == "–"]
    assert lacking == [name for name in head if row[name] is None]


def test_a_page_says_yes_or_no() -> None:
    field = pa.field("held", pa.bool_(), metadata={"description": "whether it is held"})
    schema = pa.schema([field], metadata={"title": "Drift"})
    page = pages.tabulate(pa.table({"held": [True, False, None]}, schema=schema))
    assert Reader(page).rows[1:] == [["yes"], ["no"], ["–"]]


def test_text_of_a_table_is_never_taken_for_html() -> None:
    field = pa.field("name", pa.string(), metadata={"description": "a < b & c"})
    schema = pa.schema([field], metadata={"title": "<title>"})
    page = pages.tabulate(pa.table({"name": ["<script>alert(1)</script>"]}, schema=schema))
    assert "<script" not in page
    assert Reader(page).rows[1] == ["<script>alert(1)</script>"]
    assert "a &lt; b &amp; c" in page


def test_a_table_without_rows_says_so(slopes: pa.Table) -> None:
    assert "No rows." in pages.tabulate(slopes.slice(0, 0), 0.95)


def test_columns_of_lists_are_named_as_left_out() -> None:
    fields = [
        pa.field("space", pa.string(), metadata={"description": "latent space"}),
        pa.field("normal", pa.list_(pa.float64()), metadata={"description": "unit normal"}),
    ]
    schema = pa.schema(fields, metadata={"title": "Hyperplanes"})
    page = pages.tabulate(pa.table({"space": ["z"], "normal": [[0.6, 0.8]]}, schema=schema))
    assert Reader(page).rows == [["space"], ["z"]]
    assert "Only in the parquet file: normal." in page


def test_a_wide_page_has_a_note_of_the_columns_that_are_the_same_in_all_rows() -> None:
    names = [f"column-{number}" for number in range(pages.FIT + 1)]
    described = {"description": "a number"}
    fields = [pa.field(name, pa.int64(), metadata=described) for name in names]
    schema = pa.schema(fields, metadata={"title": "Wide"})
    values = {name: [number, number + (number != 3)] for number, name in enumerate(names)}
    page = pages.tabulate(pa.table(values, schema=schema))
    head, *rows = Reader(page).rows
    assert head == [name for name in names if name != "column-3"]
    assert [len(row) for row in rows] == [pages.FIT, pages.FIT]
    assert "The same in all rows: column-3: 3." in page
    narrow = pa.table(values, schema=schema).drop_columns(names[-1])
    assert Reader(pages.tabulate(narrow)).rows[0] == names[:-1]


def test_long_words_may_break_but_copy_whole() -> None:
    field = pa.field("sha256", pa.string(), metadata={"description": "digest"})
    schema = pa.schema([field], metadata={"title": "Weights"})
    page = pages.tabulate(pa.table({"sha256": ["0123456789abcdef" * 4]}, schema=schema))
    assert page.count("<wbr>") == 3
    assert Reader(page).rows[1] == ["0123456789abcdef" * 4]


def test_faces_are_counted_for_each_set() -> None:
    statuses = ["found", "found", "several", "none", "found", "none"]
    table = pa.table(
        {
            "set": ["fit"] * 4 + ["eval"] * 2,
            "edit": pa.array([None] * 4 + ["memorable"] * 2, pa.string()),
            "alpha": pa.array([None] * 4 + [2.0] * 2, pa.float64()),
            "status": statuses,
            "clamped": [True, False, False, False, False, False],
        }
    )
    schema = pa.schema([ovals.FACES.field(name) for name in table.column_names])
    table = table.cast(schema.with_metadata(ovals.FACES.metadata))
    counted = {row["set"]: row for row in pages.faces(table).to_pylist()}
    assert counted["fit"]["images"] == 4
    assert [counted["fit"][name] for name in ("found", "several", "none", "clamped")] == [
        "2 (50.0%)",
        "1 (25.0%)",
        "1 (25.0%)",
        "1 (25.0%)",
    ]
    assert (counted["eval"]["alpha"], counted["eval"]["none"]) == (2.0, "1 (50.0%)")
    assert Reader(pages.tabulate(pages.faces(table))).rows[0][:4] == [
        "set",
        "edit",
        "alpha",
        "images",
    ]


def test_every_weight_of_the_catalogue_is_listed_with_its_licence_and_citation() -> None:
    entries = {
        name: {**entry.model_dump(), "sha256": entry.sha256 or f"absent/{entry.file}"}
        for name, entry in catalogued.entries().items()
    }
    head, *rows = Reader(pages.tabulate(pages.weights(entries))).rows
    shown = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    for name, entry in catalogued.entries().items():
        assert shown[name]["licence"] == entry.licence
        assert shown[name]["citation"] == entry.citation
        assert shown[name]["sha256"] == (entry.sha256 or "–")


def test_weights_without_a_published_sha256_are_listed_with_that_of_their_first_use(
    tmp_path: Path,
) -> None:
    file = tmp_path / "inception-2015-12-05.pt"
    file.write_bytes(b"weights")
    catalogued.verify("inception", file)
    entry = {**catalogued.entries()["inception"].model_dump(), "sha256": str(file)}
    head, row = Reader(pages.tabulate(pages.weights({"inception": entry}))).rows
    assert row[head.index("sha256")] == hashlib.sha256(b"weights").hexdigest()


def test_weights_inside_a_package_are_listed_without_a_digest() -> None:
    entry = {"description": "finds faces", "licence": "MIT", "page": "p", "citation": "c"}
    head, row = Reader(pages.tabulate(pages.weights({"mtcnn": entry}))).rows
    assert dict(zip(head, row, strict=True)) == {**entry, "name": "mtcnn", "sha256": "–"}


def test_a_picture_travels_inside_its_page() -> None:
    picture = BytesIO()
    Image.new("RGB", (9, 20)).save(picture, format="PNG")
    page = pages.picture("Faces", picture.getvalue())
    loaded = Reader(page).loaded
    assert len(loaded) == 1
    assert loaded[0].startswith("data:image/jpeg;base64,")


def test_a_strip_of_faces_makes_a_page_that_a_browser_shows_inside_a_report(
    faces_64: NDArray[np.uint8],
) -> None:
    """Chromium shows nothing of a data URL over 2 MB, and base64 adds a third."""
    strip = np.concatenate(
        [np.concatenate(list(faces_64[row : row + 5]), axis=1) for row in range(0, 60, 5)]
    )
    picture = BytesIO()
    Image.fromarray(strip).resize((890, 2054)).save(picture, format="PNG")
    assert len(pages.picture("Faces", picture.getvalue())) < 1_400_000


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (200, "200"),
        (100000, "100000"),
        (1e-8, "1e-08"),
        (-4.0, "-4"),
        (0.125, "0.125"),
        (2 / 3, "0.667"),
        (0.0, "0"),
        (-0.0, "0"),
    ],
)
def test_numbers_have_no_more_digits_than_they_are_worth(number: float, text: str) -> None:
    assert rounding.number(number) == text


@given(some.floats(-1000, 1000), some.floats(1e-6, 1000), some.floats(1e-6, 1000))
def test_rounding_moves_no_end_of_an_interval_by_a_quarter_of_its_width(
    value: float, below: float, above: float
) -> None:
    given_numbers = (value, value - below, value + above)
    printed = [float(text) for text in re.findall(r"-?[0-9.]+", rounding.interval(*given_numbers))]
    for exact, rounded in zip(given_numbers, printed, strict=True):
        assert abs(exact - rounded) <= max(below, above) / 4 + 1e-9


@pytest.mark.parametrize(
    ("triple", "text"),
    [
        ((0.02, -0.003, 0.04), "0.020 [-0.003, 0.040]"),
        ((0.0023, -0.00009, 0.0047), "0.0023 [-0.0001, 0.0047]"),
        ((-1.0, -2.0, -0.04), "-1.00 [-2.00, -0.04]"),
    ],
)
def test_an_interval_shows_on_which_side_of_0_its_ends_are(
    triple: tuple[float, float, float], text: str
) -> None:
    assert rounding.interval(*triple) == text


@pytest.mark.parametrize(
    ("triple", "text"),
    [((-0.001, -0.2, 0.2), "0.0 [-0.2, 0.2]"), ((-1.0, -2.0, -0.0004), "-1.0 [-2.0, 0.0]")],
)
def test_no_number_that_rounds_to_0_has_a_sign(
    triple: tuple[float, float, float], text: str
) -> None:
    assert rounding.interval(*triple) == text
