"""Definition, writing and reading of Mnemo's tables, and the columns that identify an image."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mnemo import files, hashes
from mnemo.errors import MnemoError
from mnemo.version import __version__


def field(
    name: str,
    kind: pa.DataType,
    description: str,
    *,
    unit: str = "",
    limits: str = "",
    nullable: bool = False,
) -> pa.Field:
    """Return a field with the metadata that the data dictionary shows.

    Args:
        name: Name of the column.
        kind: Its type.
        description: What it holds.
        unit: Its unit; empty if it has none.
        limits: Its range or allowed values; empty if they are not restricted.
        nullable: Whether values may be missing.

    Returns:
        The field.
    """
    metadata = {"description": description}
    if unit:
        metadata["unit"] = unit
    if limits:
        metadata["range"] = limits
    return pa.field(name, kind, nullable=nullable, metadata=metadata)


def estimate(name: str, what: str, *, nullable: bool = False, **more: str) -> list[pa.Field]:
    """Return the fields of an estimate and of the two ends of its confidence interval."""
    return [
        field(name, pa.float64(), what, nullable=nullable, **more),
        field(f"{name}_low", pa.float64(), f"lower end of the interval of {name}", nullable=True),
        field(f"{name}_high", pa.float64(), f"upper end of the interval of {name}", nullable=True),
    ]


def define(title: str, *fields: pa.Field) -> pa.Schema:
    """Return a schema of the fields, with its title in the metadata."""
    return pa.schema(fields, metadata={"title": title})


_IMAGE = field(
    "image",
    pa.string(),
    "key of the image: the seed, zero-padded to at least 7 digits; of a photograph, photo-00001 "
    "and so on",
)

_SET = field(
    "set",
    pa.string(),
    "image set",
    limits="fit, eval, reference, floor, train, originals, photos",
)

_EDIT = field("edit", pa.string(), "name of the edit; null for unedited sets", nullable=True)

_ALPHA = field(
    "alpha",
    pa.float64(),
    "how far the edit moves along its unit direction: a distance if all layers move; along a "
    "learned direction, how much the score of its assessor should rise; null for unedited sets",
    unit="length in the latent space of the edit; along a learned direction that of the score",
    nullable=True,
)

FLOATS = pa.list_(pa.field("element", pa.float32(), nullable=False))

#: The columns that identify the image that a row describes.
PLACE = (_SET, _EDIT, _ALPHA, _IMAGE)

Columns: TypeAlias = Mapping[str, Sequence[Any]] | pd.DataFrame | pa.Table

#: Bytes of a row group, on average; a part that is larger is cut into several. Arrow counts the
#: bytes and the numbers of a column's chunk in 32 bits, so a row group above 2 GiB can't be read.
GROUP = 2**28
# Numbers in a chunk of a column of lists, below Arrow's limit of 2 ** 31.
_NUMBERS = 2**30


class Provenance(NamedTuple):
    """How a table was made, as recorded in the file's metadata under `mnemo.`.

    Attributes:
        study: The study's name.
        rule: The rule that wrote the table.
        weights: The sha256 of each weights file that the table depends on, by name.
        settings: The settings of the rule.
        config_digest: For a table of the whole study, the sha256 of its config.
    """

    study: str
    rule: str
    weights: Mapping[str, str | None]
    settings: Mapping[str, Any]
    config_digest: str = ""

    @classmethod
    def of(cls, rule: str, params: Iterable[tuple[str, Any]]) -> "Provenance":
        """Return the provenance that a rule's params describe.

        Args:
            rule: The rule's name.
            params: The rule's params by name. `stamp` has the study's name, for each weights file
                its published sha256 or else its path, and optionally the config's digest; `code`
                is ignored; all others are settings.

        Returns:
            The provenance.
        """
        settings = dict(params)
        settings.pop("code")
        stamp = dict(settings.pop("stamp"))
        stamp["weights"] = {
            name: hashes.known(reference) for name, reference in stamp["weights"].items()
        }
        return cls(rule=rule, **stamp, settings=settings)

    def metadata(self) -> dict[str, str]:
        """Return the provenance as a schema's metadata, with Mnemo's version."""
        entries = {"version": __version__, **self._asdict()}
        return {
            f"mnemo.{key}": value
            if isinstance(value, str)
            else json.dumps(value, sort_keys=True, default=list)
            for key, value in entries.items()
            if value != ""
        }


@contextmanager
def _writer(
    path: str | Path, schema: pa.Schema, provenance: Provenance
) -> Iterator[pq.ParquetWriter]:
    stamped = schema.with_metadata({**schema.metadata, **provenance.metadata()})
    # With page checksums, a flipped bit is an error instead of a different number.
    settings = {"compression": "zstd", "write_page_checksum": True}
    with files.whole(path) as partial, pq.ParquetWriter(partial, stamped, **settings) as out:
        yield out


def conform(columns: Columns, schema: pa.Schema, name: str = "table") -> pa.Table:
    """Cast columns to a schema and check that no value is missing that the schema requires.

    Args:
        columns: A sequence for each field of the schema, or a frame or table with all of them;
            other columns are dropped.
        schema: The schema of the table.
        name: How error messages refer to the table.

    Returns:
        The table, with its columns in the schema's order. A number that is NaN is null.

    Raises:
        ValueError: A column is absent, or has a null that its field does not allow.
        pyarrow.ArrowInvalid: A column can't be cast to its type.
    """
    if isinstance(columns, pd.DataFrame):
        # pandas has several values for what is missing.
        columns = {field: pa.array(columns[field], from_pandas=True) for field in columns}
    given = columns.column_names if isinstance(columns, pa.Table) else list(columns)
    absent = [field for field in schema.names if field not in given]
    if absent:
        raise ValueError(f"{name}: no column {', '.join(absent)}")
    if isinstance(columns, pa.Table):
        table = columns.select(schema.names).cast(schema)
    else:
        table = pa.table({field: columns[field] for field in schema.names}, schema=schema)
    # A missing number is NaN to NumPy, and null in a table.
    for place, column in enumerate(schema):
        if pa.types.is_floating(column.type):
            known = pc.if_else(pc.is_nan(table[place]), None, table[place])
            table = table.set_column(place, column, known)
    # pyarrow records `nullable=False` but doesn't enforce it.
    empty = [field.name for field in schema if not field.nullable and table[field.name].null_count]
    if empty:
        raise ValueError(f"{name}: no value may be missing in {', '.join(empty)}")
    return table


def write(path: str | Path, schema: pa.Schema, columns: Columns, provenance: Provenance) -> None:
    """Write a table atomically; the same content always gives the same bytes.

    Args:
        path: The parquet file to write; its folder must exist.
        schema: The schema of the table.
        columns: As for `conform`.
        provenance: How the table was made.

    Raises:
        MnemoError: The disk is full.
    """
    write_parts(path, schema, [columns], provenance)


def write_parts(
    path: str | Path, schema: pa.Schema, parts: Iterable[Columns], provenance: Provenance
) -> None:
    """Write a table part by part, with one part in memory at a time.

    Args:
        path: The parquet file to write; its folder must exist.
        schema: The schema of the table.
        parts: Each as for `conform`; each becomes a row group, or several if it is larger than
            `GROUP`.
        provenance: How the table was made.

    Raises:
        MnemoError: The disk is full.
    """
    with _writer(path, schema, provenance) as out:
        for part in parts:
            table = conform(part, schema, str(path))
            out.write_table(table, max(1, len(table) * GROUP // max(table.nbytes, GROUP)))


def read(path: str | Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Read a table that Mnemo wrote.

    Args:
        path: A parquet file.
        columns: Names of the columns to read; None for all.

    Returns:
        The table, with a chunk for each row group.

    Raises:
        MnemoError: As for `opened`.
    """
    return pa.concat_tables(groups(path, columns))


def groups(path: str | Path, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """Read a table that Mnemo wrote, with one row group in memory at a time.

    Args:
        path: A parquet file.
        columns: Names of the columns to read; None for all. `column.child` is one child of a
            column of structs.

    Yields:
        The row groups, in order; one without rows if there is none.

    Raises:
        MnemoError: As for `opened`.
    """
    chosen = None if columns is None else list(columns)
    with opened(path, [name.split(".")[0] for name in chosen or []]) as file:
        if not file.num_row_groups:
            yield file.read_row_groups([], chosen)
        for number in range(file.num_row_groups):
            yield file.read_row_group(number, chosen)


_REMEDY = (
    "Delete it and run the same command again; only this file and what depends on it is remade."
)


@contextmanager
def opened(
    path: str | Path, columns: Sequence[str], remedy: str = _REMEDY
) -> Iterator[pq.ParquetFile]:
    """Open a table that Mnemo wrote, checking that it has some columns.

    Args:
        path: A parquet file.
        columns: Columns that it must have.
        remedy: What to do about a damaged file, for one that no rule of the study made.

    Yields:
        The open file.

    Raises:
        MnemoError: The file is missing, can't be read, is damaged or truncated, or lacks a column;
            or there is too little memory.
    """
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            absent = [name for name in columns if name not in file.schema_arrow.names]
            if absent:
                raise MnemoError(f"{path} has no column {', '.join(absent)}. {remedy}")
            yield file
    except FileNotFoundError:
        raise MnemoError(f"{path} is missing. Run the same command again to create it.") from None
    except MemoryError as why:
        raise MnemoError(
            f"{path} needs more memory than is left ({why}). Run the same command again with more "
            "memory, or with fewer jobs at a time."
        ) from why
    except (NotImplementedError, pa.ArrowCapacityError) as why:
        raise MnemoError(
            f"{path} can't be read by pyarrow {pa.__version__} ({why}). Install the version in "
            f"requirements.txt. Only if that version can't read it either, it is damaged: {remedy}"
        ) from why
    except (pa.ArrowException, OSError, ValueError) as why:
        # Parquet's own errors for damage have no number of the system's.
        if isinstance(why, OSError) and why.errno:
            raise MnemoError(
                f"{path} can't be read: {os.strerror(why.errno)}. Correct that, for example the "
                "file's permissions, and run the same command again; the file may be whole."
            ) from why
        raise MnemoError(f"{path} is damaged or truncated ({why}). {remedy}") from why


def frame(paths: Iterable[str | Path], columns: Sequence[str]) -> pd.DataFrame:
    """Read columns of a table's shards as one frame.

    Args:
        paths: The shards, in order.
        columns: Names of the columns to read.

    Returns:
        All rows of the shards, in order.

    Raises:
        MnemoError: As for `read`.
    """
    whole: pd.DataFrame = pa.concat_tables([read(path, columns) for path in paths]).to_pandas()
    return whole


def parts(table: pa.Table, rows: int = 256) -> Iterator[pa.Table]:
    """Split a table into parts, for work whose results would not all fit into memory at once.

    Args:
        table: Any table.
        rows: Number of rows in a part; the last may have fewer.

    Yields:
        The parts, in order.
    """
    for start in range(0, len(table), rows):
        yield table.slice(start, rows)


def place(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    """Return the columns that identify the images of a table's rows.

    Args:
        table: A table with the columns `PLACE`.

    Returns:
        Those columns by name.
    """
    return {field.name: table[field.name] for field in PLACE}


def lists(rows: NDArray[np.float32], absent: NDArray[np.bool_] | None = None) -> pa.ChunkedArray:
    """Convert a matrix to a column with one list per row.

    Args:
        rows: (n, dim).
        absent: (n,), true for rows that are null in the column; None if no row is.

    Returns:
        n lists of dim numbers, in chunks of fewer numbers than Arrow's limit.
    """
    dim = rows.shape[1]
    step = max(1, _NUMBERS // max(1, dim))
    chunks = []
    for start in range(0, len(rows), step):
        numbers = rows[start : start + step]
        offsets = pa.array(np.arange(len(numbers) + 1, dtype=np.int32) * dim)
        mask = None if absent is None else pa.array(absent[start : start + step])
        values = pa.array(numbers.ravel())
        chunks.append(pa.ListArray.from_arrays(offsets, values, type=FLOATS, mask=mask))
    return pa.chunked_array(chunks, FLOATS)


def rows(column: pa.ChunkedArray) -> NDArray[np.float32]:
    """Return a column of equally long lists as a matrix.

    Args:
        column: n lists of dim numbers, without nulls.

    Returns:
        (n, dim); not a copy if the column is one chunk.
    """
    # One array of all chunks would count its numbers in 32 bits.
    chunks = [
        chunk.flatten().to_numpy().reshape(len(chunk), -1) for chunk in column.chunks if len(chunk)
    ]
    return chunks[0] if len(chunks) == 1 else np.concatenate(chunks)


def metadata(path: str | Path) -> dict[str, str]:
    """Read a table's metadata.

    Args:
        path: A parquet file that Mnemo wrote.

    Returns:
        The schema's metadata: the title, and the provenance under `mnemo.`.
    """
    return {
        key.decode(): value.decode() for key, value in (pq.read_schema(path).metadata or {}).items()
    }
