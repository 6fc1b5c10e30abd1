"""What is published: every table and figure has its items, each with its source and its place."""

import re

import pytest
from tests.support.paths import ROOT

from mnemo.figures.registry import BY_GENERATOR
from mnemo.generators.registry import GENERATORS
from mnemo.results import joined, published
from mnemo.results.registry import RESULTS

ITEMS = published.read()
EXHIBITS = [
    *(f"Table {number}" for number in range(1, 6)),
    *(f"Figure {number}" for number in [*range(3, 10), *range(16, 36)]),
]


def of(exhibit: str) -> list[published.Item]:
    return [item for item in ITEMS if item.exhibit == exhibit]


def test_every_table_and_figure_has_items() -> None:
    assert [*dict.fromkeys(item.exhibit for item in ITEMS)] == [
        *(name for name in EXHIBITS if name.startswith("Table")),
        *(name for name in EXHIBITS if name.startswith("Figure")),
    ]


def test_no_two_items_have_one_name() -> None:
    names = [(item.exhibit, item.item) for item in ITEMS]
    assert len(set(names)) == len(names)


def test_every_item_has_its_source() -> None:
    for item in ITEMS:
        exhibit = re.escape(item.exhibit)
        assert re.fullmatch(rf"the paper, {exhibit}, page \d+", item.source), item
        assert (item.notebook is None) or item.notebook_source, item


@pytest.mark.parametrize(
    ("exhibit", "numbers"), [("Table 1", 6), ("Table 2", 12), ("Table 3", 6), ("Table 4", 12)]
)
def test_a_table_is_whole(exhibit: str, numbers: int) -> None:
    items = of(exhibit)
    assert len([item for item in items if item.published is not None]) == numbers
    places = {(*sorted(item.row.items()), item.column) for item in items}
    assert len(places) == numbers


def test_what_is_compared_is_a_column_of_a_public_table() -> None:
    for item in ITEMS:
        # The tables of the layers are of studies with layers.
        if item.table and item.table in RESULTS:
            names = {*joined.schema(item.table).names, "assessor"}
            assert {item.column, *item.row} <= names, item
        assert (item.table is None) == (item.column is None), item


def test_a_number_has_the_count_of_its_images() -> None:
    for item in ITEMS:
        assert item.number is None or item.n, item
        assert item.number is None or not item.claim, item
        assert item.claim in ("", "raises", "large", "small", "one"), item


def test_numbers_and_rates_are_in_their_range() -> None:
    for item in ITEMS:
        for number in (item.published, item.notebook):
            assert number is None or 0 < number < 1


def test_paper_and_notebook_differ_by_no_more_than_a_digit_but_for_three_numbers() -> None:
    differ = {
        f"{item.exhibit}: {item.item}"
        for item in ITEMS
        if item.published and item.notebook and abs(item.published - item.notebook) > 0.0005001
    }
    assert differ == {
        "Table 2: VGG16, median, oval",
        "Table 4: ResNet50, median, oval",
        "Table 4: SENet50, mean, oval",
    }


@pytest.mark.parametrize(
    ("exhibit", "item", "published_", "notebook"),
    [
        ("Table 1", "SENet50, Spearman's rho", 0.6217, 0.6218),
        ("Table 2", "SENet50, mean, square", 0.8317, 0.8317),
        ("Table 2", "ResNet50, median, oval", 0.8131, 0.8130),
        ("Table 2", "VGG16, median, oval", 0.7938, 0.7903),
        ("Table 3", "ResNet50, true hit rate", 0.607, None),
        ("Table 4", "SENet50, mean, square", 0.733, 0.7333),
        ("Table 4", "VGG16, median, square", 0.695, None),
        ("Table 5", "horses", 0.8897, 0.8897),
        ("Figure 6", "oval, alpha -9", None, 0.1641),
        ("Figure 32", "(c) cars, alpha 21", None, 0.8541),
        ("Figure 32", "(d) churches, alpha 0", None, 0.6250),
    ],
)
def test_a_number_is_that_of_the_paper(
    exhibit: str, item: str, published_: float | None, notebook: float | None
) -> None:
    [found] = [each for each in of(exhibit) if each.item == item]
    assert (found.published, found.notebook) == (published_, notebook)


def test_scores_over_the_coefficient_rise_as_the_paper_draws_them() -> None:
    curves: dict[str, list[tuple[float, float]]] = {}
    for item in [*of("Figure 6"), *of("Figure 32")]:
        if item.notebook is not None:
            curve = curves.setdefault(item.item.partition(",")[0], [])
            curve.append((item.row["alpha"], item.notebook))
    assert {name: len(curve) for name, curve in curves.items()} == dict.fromkeys(curves, 7)
    assert len(curves) == 5
    for curve in curves.values():
        assert curve == sorted(curve)
        assert [mean for _, mean in curve] == sorted(mean for _, mean in curve)


def test_generators_and_studies_are_known() -> None:
    for item in ITEMS:
        generator = item.setup.get("generator")
        assert generator is None or generator in GENERATORS
        assert generator is None or (ROOT / f"studies/{generator}.yaml").is_file()


def test_the_reports_titles_of_figures_are_those_of_the_paper() -> None:
    for item in ITEMS:
        numbers = BY_GENERATOR.get(item.setup.get("generator", ""))
        of_strip = item.figure.endswith("strip.png") and not item.setup.get("photos")
        if of_strip:
            assert numbers
            assert numbers.strip == item.exhibit
        if "dose_response" in item.figure:
            assert numbers
            panel = re.match(r"\((\w)\)", item.item)
            assert numbers.dose_response == item.exhibit + (panel[1] if panel else "")
