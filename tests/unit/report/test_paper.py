"""The page of the paper: every item, what it is compared with, and the figures that fit."""

import html
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from PIL import Image

from mnemo import tables
from mnemo.report import paper
from mnemo.results.reproduction import REPRODUCTION


def row(item: str, **given: Any) -> dict[str, Any]:
    empty: dict[str, Any] = dict.fromkeys(REPRODUCTION.names)
    exhibit = item.partition(":")[0]
    verdict = "inside the interval"
    return {
        **empty,
        "item": item,
        "exhibit": exhibit,
        "title": "accuracies",
        "source": "page 6",
        "verdict": verdict,
        "published": 0.8131,
        "ours": 0.81,
        "low": 0.8,
        "high": 0.82,
        **given,
    }


def table(*rows: dict[str, Any]) -> pa.Table:
    return tables.conform(pa.Table.from_pylist(list(rows), REPRODUCTION), REPRODUCTION)


def text(page: str) -> str:
    body = re.sub("<style>.*?</style>", "", page, flags=re.S)
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", body)).split())


def test_a_row_has_the_papers_number_ours_and_the_verdict() -> None:
    page = paper.page(table(row("Table 2: SENet50, mean", notebook=0.813)), {}, 0.95)
    assert "SENet50, mean 0.8131 0.813 0.810 [0.800, 0.820] inside the interval" in text(page)
    assert 'title="page 6"' in page
    assert "1 inside the interval 0 outside it 0 not comparable 0 not run" in text(page)


def test_numbers_of_one_table_have_as_many_decimals() -> None:
    page = paper.page(
        table(row("Table 4: a", published=0.7), row("Table 4: b", published=0.733)), {}, 0.95
    )
    assert "a 0.700 " in text(page)


def test_a_reason_of_all_rows_stands_once_above_them() -> None:
    rows = [
        row(f"Table 2: {name}", verdict="not comparable", reason=f"another generator; no {name}")
        for name in ("SENet50", "VGG16")
    ]
    shown = text(paper.page(table(*rows), {}, 0.95))
    assert shown.count("another generator") == 1
    assert "not comparable: another generator." in shown
    assert shown.count("no SENet50") == shown.count("no VGG16") == 1


def test_the_notebooks_own_verdict_is_said() -> None:
    given = row("Table 2: VGG16", verdict="outside it", notebook_verdict="inside the interval")
    assert "the notebook's number is inside the interval" in text(
        paper.page(table(given), {}, 0.95)
    )


def test_a_figure_is_shown_once_and_one_of_pixels_small(tmp_path: Path) -> None:
    chart, strip = tmp_path / "accuracy.svg", tmp_path / "strip.png"
    chart.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    Image.new("RGB", (2000, 3000)).save(strip)
    figures = {"figures/accuracy.svg": chart, "figures/a/strip.png": strip}
    page = paper.page(
        table(
            row("Table 2: a", figure="figures/accuracy.svg"),
            row("Table 4: a", figure="figures/accuracy.svg"),
            row("Figure 5: a", figure="figures/a/strip.png"),
        ),
        figures,
        0.95,
    )
    assert page.count("data:image/svg+xml;base64,") == 1
    assert page.count("data:image/jpeg;base64,") == 1
    assert "Ours: figures/accuracy.svg, shown above." in text(page)
    assert len(page) < 60_000


@pytest.mark.parametrize("count", [2, 12])
def test_the_page_stays_small_enough_for_a_report(tmp_path: Path, count: int) -> None:
    """Chromium shows nothing of a data URL over 2 MB, and base64 adds a third."""
    figures, rows = {}, []
    for number in range(count):
        name = f"figures/{number}.svg"
        figures[name] = tmp_path / f"{number}.svg"
        figures[name].write_text("<svg/>" * 25_000)
        rows.append(row(f"Figure {number}: a", figure=name))
    page = paper.page(table(*rows), figures, 0.95)
    assert len(page) < 1_400_000
    assert page.count("<figure>") == min(count, 5)
    assert text(page).count("in this report and beside it") == count - min(count, 5)


def test_pictures_that_have_all_in_common_have_no_table() -> None:
    empty = dict.fromkeys(("published", "ours", "low", "high"))
    given = {"verdict": "not comparable", "reason": "a picture", **empty}
    pictures = [row(f"Figure 5: {name}", **given) for name in ("squares", "ovals")]
    page = paper.page(table(*pictures), {}, 0.95)
    assert "<table>" not in page
    assert "Figure 5 accuracies not comparable: a picture." in text(page)
    assert "2 not comparable" in text(page)
