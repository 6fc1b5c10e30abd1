"""Crates made by hand, and crates that somebody changed and whose description they put right."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mnemo.crates import layout

ENVIRONMENT = {
    "format": layout.FORMAT,
    "commit": "0" * 40,
    "versions": {"mnemo": "0.1.0"},
    "machine": {},
    "code": {},
}


def make(folder: Path, files: Mapping[str, str] | None = None) -> Path:
    """Make a crate with some files beside those that every crate has."""
    texts = {
        layout.CONFIG: "study: tiny\n",
        layout.ENVIRONMENT: json.dumps(ENVIRONMENT),
        **(files or {}),
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    describe(folder)
    return folder


def describe(folder: Path) -> None:
    """Write a description that lists all files, as they are now."""
    entities = [
        {
            "@id": path.relative_to(folder).as_posix(),
            "@type": "File",
            "contentSize": str(path.stat().st_size),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in (layout.METADATA, "ro-crate-preview.html")
    ]
    (folder / layout.METADATA).write_text(json.dumps({"@graph": entities}))


def change_table(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    """Change a table, keeping what it says of itself."""
    table = pq.read_table(path)
    pq.write_table(change(table).replace_schema_metadata(table.schema.metadata), path)


def put(table: pa.Table, column: str, row: int, value: object) -> pa.Table:
    """Replace one value of a table."""
    values = table[column].to_pylist()
    values[row] = value
    place = table.schema.get_field_index(column)
    field = table.schema.field(column)
    return table.set_column(place, field, pa.array(values, field.type))
