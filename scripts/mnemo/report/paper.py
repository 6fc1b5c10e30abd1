"""The page that sets the paper's tables and figures beside a study's own."""

import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import pyarrow as pa
from PIL import Image

from mnemo import rounding
from mnemo.report import pages

#: Bytes of all figures on the page. Browsers do not show a page of more than 2 MB inside a report,
#: whose encoding adds a third.
_LARGEST = 1_100_000
#: Width of a strip of faces on the page, in pixels.
_WIDTH = 640

_STYLE = """
section { margin: 2.4em 0; break-inside: avoid; }
section h2 { font-size: 1.1em; margin: 0; }
section > p { margin: .2em 0 .7em; }
section table { width: 100%; max-width: 75em; }
section td { vertical-align: baseline; }
td.item { width: 22%; } td.verdict { width: 12em; white-space: nowrap; }
.grey { color: #666; }
.mark { display: inline-block; width: .7em; height: .7em; border-radius: 50%; margin-right: .5em; }
.inside { background: #2a7f4f; } .outside { background: #c0392b; }
.other { border: 1px solid #999; } .absent { border: 1px dashed #999; }
figure { margin: .8em 0 0; } figure img { max-width: min(100%, 46em); max-height: 24em; }
figcaption { font-size: .86em; color: #666; }
"""
#: The class of each verdict's mark.
_MARKS = {
    "inside the interval": "inside",
    "outside it": "outside",
    "not comparable": "other",
    "not run": "absent",
}

Row = Mapping[str, Any]


def page(table: pa.Table, figures: Mapping[str, Path], confidence: float) -> str:
    """Lay out the paper's tables and figures beside a study's own.

    Args:
        table: The table `reproduction`.
        figures: The study's figures by their paths in its folder of results, as the table names
            them.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        The page as HTML; it contains the figures, as long as it stays small enough for a browser
        to show it inside a report.
    """
    metadata = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    exhibits: dict[tuple[str, str], list[Row]] = {}
    for row in table.to_pylist():
        exhibits.setdefault((row["exhibit"], row["title"]), []).append(row)
    shown: dict[str, int] = {}
    sections = [_section(rows, figures, shown) for rows in exhibits.values()]
    return pages.document(
        metadata["title"],
        f"<style>{_STYLE}</style>",
        _summary(table["verdict"].to_pylist()),
        f'<p class="small">In brackets: the {100 * confidence:g} % interval. Hover over a number '
        "of the paper or the notebook for its source.</p>",
        *sections,
        pages.made(metadata),
    )


def _summary(verdicts: Sequence[str]) -> str:
    counts = " &emsp; ".join(
        f"{_mark(verdict)}{verdicts.count(verdict)} {verdict}" for verdict in _MARKS
    )
    return f"<p>Of {len(verdicts)} numbers, statements and pictures: &emsp; {counts}</p>"


def _mark(verdict: str) -> str:
    return f'<span class="mark {_MARKS[verdict]}"></span>'


def _section(rows: Sequence[Row], figures: Mapping[str, Path], shown: dict[str, int]) -> str:
    """Lay out one exhibit; what is the same in all its rows stands above them.

    Rows without a number that have all in common have no table.
    """
    title = f'<span class="grey">{escape(rows[0]["title"])}</span>'
    above = [f"<h2>{escape(rows[0]['exhibit'])} {title}</h2>"]
    if statement := _common(rows, "statement"):
        above.append(f"<p>The paper: {escape(statement)}.</p>")
    said, verdict = _shared(rows), _common(rows, "verdict")
    if said:
        mark = f"{_mark(verdict)}{verdict}: " if verdict else ""
        above.append(f"<p>{mark}{_with_code('; '.join(said))}.</p>")
    numbers = [
        name
        for name in ("published", "notebook", "ours")
        if any(row[name] is not None for row in rows)
    ]
    digits = {name: _digits(rows, name) for name in ("published", "notebook")}
    words = {"published": "paper", "notebook": "notebook", "ours": "ours"}
    head = "".join(f'<th class="number">{words[name]}</th>' for name in numbers)
    body = "\n".join(_line(row, numbers, digits, said) for row in rows)
    top = f"<table><thead><tr><th></th>{head}<th>verdict</th><th></th></tr></thead>"
    alike = verdict and not numbers and all(_parts(row) == said for row in rows)
    table = "" if alike and said else f"{top}\n<tbody>\n{body}\n</tbody></table>"
    files = dict.fromkeys(row["figure"] for row in rows if row["figure"])
    return "\n".join(
        [
            "<section>",
            *above,
            table,
            *(_picture(name, figures, shown) for name in files),
            "</section>",
        ]
    )


def _common(rows: Sequence[Row], name: str) -> str:
    """Return the value that all rows have in a column; empty if they differ, or have none."""
    values = {row[name] for row in rows}
    return (values.pop() or "") if len(values) == 1 else ""


def _parts(row: Row) -> list[str]:
    """Return the parts of a row's reason."""
    return (row["reason"] or "").split("; ") if row["reason"] else []


def _shared(rows: Sequence[Row]) -> list[str]:
    """Return the parts of the reason that all rows have, in the order of the first."""
    first, *others = map(_parts, rows)
    return [part for part in first if all(part in other for other in others)]


def _line(row: Row, numbers: Sequence[str], digits: Mapping[str, int], said: Sequence[str]) -> str:
    cells = {
        "published": _number(row["published"], digits["published"], row["source"]),
        "notebook": _number(row["notebook"], digits["notebook"], row["notebook_source"]),
        "ours": _ours(row),
    }
    reasons = [part for part in _parts(row) if part not in said]
    if row["notebook_verdict"]:
        reasons.append(f"the notebook's number is {row['notebook_verdict']}")
    name = row["item"].removeprefix(f"{row['exhibit']}: ")
    return (
        f'<tr><td class="item">{escape(name)}</td>'
        + "".join(f'<td class="number">{cells[name]}</td>' for name in numbers)
        + f'<td class="verdict">{_mark(row["verdict"])}{escape(row["verdict"])}</td>'
        + f'<td class="small">{_with_code("; ".join(reasons))}</td></tr>'
    )


def _with_code(text: str) -> str:
    """Return a text as HTML; what stands between backticks is code."""
    return re.sub("`([^`]*)`", r"<code>\1</code>", escape(text))


def _number(value: float | None, digits: int, source: str | None) -> str:
    if value is None:
        return "\N{EN DASH}"
    return f'<span title="{escape(source or "")}">{value:.{digits}f}</span>'


def _digits(rows: Sequence[Row], name: str) -> int:
    """Return with how many decimals a column is shown: as many as its numbers have, up to 4."""
    decimals = (f"{row[name]:.4f}".rstrip("0") for row in rows if row[name] is not None)
    return max((len(number.partition(".")[2]) for number in decimals), default=0)


def _ours(row: Row) -> str:
    if row["ours"] is None:
        return "\N{EN DASH}"
    return escape(rounding.interval(row["ours"], row["low"], row["high"]))


def _picture(name: str, figures: Mapping[str, Path], shown: dict[str, int]) -> str:
    """Show a figure once, as long as there is room for it; name it elsewhere."""
    caption = f"Ours: {escape(name)}"
    if name in shown:
        return f'<p class="small grey">{caption}, shown above.</p>'
    image = _image(name, figures[name])
    if sum(shown.values()) + len(image) > _LARGEST:
        return f'<p class="small grey">{caption}, in this report and beside it.</p>'
    shown[name] = len(image)
    return f"<figure>{image}<figcaption>{caption}</figcaption></figure>"


def _image(name: str, path: Path) -> str:
    """Return a picture as HTML; one of pixels is made small."""
    if path.suffix == ".svg":
        return pages.embedded(name, path.read_bytes(), "svg+xml")
    small = Image.open(path).convert("RGB")
    small.thumbnail((_WIDTH, 4 * _WIDTH))
    return pages.embedded(name, pages.jpeg(small))
