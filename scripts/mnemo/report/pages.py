"""The report's pages: tables and pictures as self-contained, printable HTML."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from PIL import Image

from mnemo import files, hashes, rounding

STYLE = """
body { font: 14px/1.45 system-ui, sans-serif; color: #1a1a1a; background: white; margin: 2em; }
h1 { font-size: 1.3em; margin: 0 0 1em; }
h2 { font-size: 1em; margin: 2em 0 .5em; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25em .8em; text-align: left; vertical-align: top; }
td.long { min-width: 20em; }
th { border-bottom: 2px solid #1a1a1a; }
td { border-bottom: 1px solid #d9d9d9; }
th.number, td.number { text-align: right; }
td.number { white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2em 1em; margin: 0; }
dt { font-weight: 600; }
dd { margin: 0; }
p.warning { font-size: 1.6em; font-weight: 700; color: #a30000; margin: 0 0 .6em; }
p { max-width: 70em; }
.small, dl { font-size: .86em; }
img { max-width: 100%; }
@media print { body { font-size: 8pt; margin: 0; } thead { display: table-header-group; }
  tr { break-inside: avoid; } }
"""


#: Columns up to which a table fits on a screen.
FIT = 14
#: Characters of a cell beyond which it is given room for a few lines.
LINE = 40


def save(page: str, path: str | Path) -> None:
    """Write a page atomically.

    Args:
        page: The page as HTML.
        path: The file to write.

    Raises:
        MnemoError: The disk is full.
    """
    with files.whole(path) as partial:
        partial.write_text(page, encoding="utf-8")


def tabulate(table: pa.Table, confidence: float | None = None) -> str:
    """Return a page that shows a table with its title, column descriptions and provenance.

    An estimate and the ends of its interval share one column; columns of lists are left out. Of a
    table that is wider than a screen, a note has the columns that are the same in all rows.

    Args:
        table: A table with a title in its metadata and a description of each column.
        confidence: Confidence of its intervals, 0 to 1; None if it has no intervals.

    Returns:
        The page as HTML.
    """
    names = table.column_names
    ends = {name: _ends(name, names) for name in names}
    folded = {end for pair in ends.values() for end in pair}
    lists = [field.name for field in table.schema if pa.types.is_list(field.type)]
    fields = [field for field in table.schema if field.name not in {*folded, *lists}]
    frame = table.drop_columns(lists).to_pandas()
    cells = [_cells(frame, field, ends[field.name]) for field in fields]
    wide = len(fields) > FIT and len(table) > 1
    alike = {
        field.name: own[0]
        for field, own in zip(fields, cells, strict=True)
        if wide and len({*own}) == 1
    }
    columns = [
        (field, own) for field, own in zip(fields, cells, strict=True) if field.name not in alike
    ]
    metadata = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    notes = [] if len(table) else ["No rows."]
    if confidence is not None and folded:
        notes.append(f"In brackets: the {100 * confidence:g} % interval.")
    if "\N{EN DASH}" in {cell for column in cells for cell in column}:
        notes.append("\N{EN DASH}: no value; the column's description explains why.")
    if alike:
        said = "; ".join(f"{name}: {cell}" for name, cell in alike.items())
        notes.append(f"The same in all rows: {said}.")
    if lists:
        notes.append(f"Only in the parquet file: {', '.join(lists)}.")
    head = "".join(
        f'<th class="{_kind(field)}" title="{escape(_about(field))}">{_breakable(field.name)}</th>'
        for field, _ in columns
    )
    rows = "\n".join(
        "<tr>"
        + "".join(
            f'<td class="{_kind(field)}{" long" * (len(cell) > LINE)}">{_breakable(cell)}</td>'
            for (field, _), cell in zip(columns, row, strict=True)
        )
        + "</tr>"
        for row in zip(*(own for _, own in columns), strict=True)
    )
    legend = "".join(
        f"<dt>{escape(field.name)}</dt><dd>{escape(_about(field))}</dd>" for field in fields
    )
    warning = "SIMULATED ANSWERS: no person gave them."
    simulated = "simulated" in frame and frame["simulated"].any()
    return document(
        metadata["title"],
        f'<p class="warning">{warning}</p>' if simulated else "",
        f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table>",
        "".join(f'<p class="small">{escape(note)}</p>' for note in notes),
        f"<h2>Columns</h2><dl>{legend}</dl>",
        made(metadata),
    )


def picture(title: str, png: bytes) -> str:
    """Return a page that shows a picture, which may be taller than a screen.

    Args:
        title: The page's title.
        png: The picture as a PNG. The page contains it as a JPEG, because browsers do not show a
            page of more than 2 MB inside a report.

    Returns:
        The page as HTML.
    """
    return document(title, embedded(title, jpeg(Image.open(BytesIO(png)))))


def jpeg(image: Image.Image) -> bytes:
    """Encode an image small, for a page."""
    content = BytesIO()
    image.convert("RGB").save(content, format="JPEG", quality=85)
    return content.getvalue()


def embedded(alt: str, content: bytes, kind: str = "jpeg") -> str:
    """Return an image as HTML that contains it.

    Args:
        alt: What it shows.
        content: The content of its file.
        kind: The subtype of its media type: jpeg, or svg+xml.

    Returns:
        An element `img`.
    """
    data = base64.b64encode(content).decode()
    return f'<img alt="{escape(alt)}" src="data:image/{kind};base64,{data}">'


def faces(found: pa.Table) -> pa.Table:
    """Count the faces that MTCNN found in the images of each set.

    Args:
        found: The table `ovals.FACES`.

    Returns:
        A table for `tabulate`: for each set, the number of images, and the numbers and shares of
        images with one face, with several, with none, and with an oval cut off at the border.
    """
    frame = found.to_pandas()
    place = ["set", "edit", "alpha"]
    rows = []
    for key, own in frame.groupby(place, dropna=False, sort=False):
        counts = {
            status: (own["status"] == status).sum() for status in ("found", "several", "none")
        }
        counts["clamped"] = own["clamped"].sum()
        shares = {name: f"{count} ({count / len(own):.1%})" for name, count in counts.items()}
        rows.append({**dict(zip(place, key, strict=True)), "images": len(own), **shares})
    schema = pa.schema(
        [
            *(found.schema.field(name) for name in place),
            _field("images", pa.int64(), "number of images in the set"),
            _field("found", pa.string(), "images with one face"),
            _field("several", pa.string(), "images with several faces; one of them was cut out"),
            _field("none", pa.string(), "images without a face"),
            _field("clamped", pa.string(), "ovals that extend beyond the image and were cut off"),
        ],
        metadata={**found.schema.metadata, b"title": "Faces found in each set"},
    )
    counted = pd.DataFrame(rows, columns=schema.names)
    return pa.Table.from_pandas(counted, schema, preserve_index=False)


def weights(entries: Mapping[str, Mapping[str, Any]]) -> pa.Table:
    """Return a table of weights with their licences.

    Args:
        entries: The fields of `catalogue.Weights` by the weights' names. `sha256` is the file's
            path if none is published, and is missing if the weights are part of an installed
            package.

    Returns:
        A table for `tabulate`.
    """
    schema = pa.schema(
        [
            _field("name", pa.string(), "name in Mnemo's catalogue, or of the user's own file"),
            _field("description", pa.string(), "description of the model"),
            _field("licence", pa.string(), "licence of the weights"),
            _field("citation", pa.string(), "publication to cite"),
            _field("page", pa.string(), "web page of the source"),
            _field(
                "sha256",
                pa.string(),
                "sha256 of the file: the published one, or else the one recorded at its first use; "
                "null if the weights are part of a package",
            ),
        ],
        metadata={"title": "Weights that the study uses"},
    )
    rows = [
        {
            "name": name,
            **entry,
            "sha256": hashes.known(entry["sha256"]) if "sha256" in entry else None,
        }
        for name, entry in entries.items()
    ]
    return pa.Table.from_pylist(rows, schema)


def _field(name: str, kind: pa.DataType, description: str) -> pa.Field:
    return pa.field(name, kind, metadata={"description": description})


def _ends(name: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return the columns with the two ends of a column's interval; empty if it has none."""
    after = names.index(name) + 1
    for ends in ((f"{name}_low", f"{name}_high"), ("low", "high")):
        if tuple(names[after : after + 2]) == ends:
            return ends
    return ()


def _cells(frame: pd.DataFrame, field: pa.Field, ends: tuple[str, ...]) -> list[str]:
    values = frame[field.name]
    if ends:
        low, high = (frame[end] for end in ends)
        return [rounding.interval(*triple) for triple in zip(values, low, high, strict=True)]
    if _kind(field) == "number":
        return [rounding.number(value) for value in values]
    shown = {True: "yes", False: "no"} if pa.types.is_boolean(field.type) else {}
    return ["\N{EN DASH}" if pd.isna(value) else shown.get(value, str(value)) for value in values]


def _kind(field: pa.Field) -> str:
    numeric = pa.types.is_floating(field.type) or pa.types.is_integer(field.type)
    return "number" if numeric else "text"


def _breakable(text: str) -> str:
    """Escape text, and allow line breaks within long words and after underscores."""
    return escape(re.sub(r"(_|[^\s_]{16})(?=\S)", "\\1\0", text)).replace("\0", "<wbr>")


def _about(field: pa.Field) -> str:
    """Return a column's description, unit and range."""
    metadata = {key.decode(): value.decode() for key, value in field.metadata.items()}
    more = [f"{name}: {metadata[name]}" for name in ("unit", "range") if name in metadata]
    return "; ".join([metadata["description"], *more])


def made(metadata: Mapping[str, str]) -> str:
    """Return a table's provenance as HTML; empty for a table that was not read from a file."""
    if "mnemo.study" not in metadata:
        return ""
    study, rule, version = (metadata[f"mnemo.{name}"] for name in ("study", "rule", "version"))
    weights = ", ".join(json.loads(metadata["mnemo.weights"]))
    text = f"Study {study}, rule {rule}, Mnemo {version}. Weights: {weights or 'none'}."
    return f'<p class="small">{escape(text)}</p>'


def document(title: str, *parts: str) -> str:
    """Return a whole page.

    Args:
        title: Its title, as text.
        parts: What follows the title, as HTML; empty ones are left out.

    Returns:
        The page as HTML.
    """
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{escape(title)}'
        f"</title><style>{STYLE}</style></head>\n<body>\n<h1>{escape(title)}</h1>\n"
        + "\n".join(filter(None, parts))
        + "\n</body>\n</html>\n"
    )
