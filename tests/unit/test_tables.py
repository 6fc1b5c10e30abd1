"""A table is written whole or not at all, says what it is, and has the same bytes each time."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.support.memory import grown

from mnemo import scores, tables
from mnemo.errors import MnemoError
from mnemo.features import table

WRITER = tables.Provenance("demo", "score_images", {"resmem": "8e4b"}, {"seeds": [0, 3]})


@pytest.fixture
def some_scores() -> dict[str, object]:
    return {
        "set": ["fit"] * 3,
        "edit": [None] * 3,
        "alpha": [None] * 3,
        "image": ["0000000", "0000001", "0000002"],
        "assessor": ["resmem"] * 3,
        "shape": ["square"] * 3,
        "score": np.array([0.5, 0.6, 0.7], np.float32),
    }


def test_the_same_content_is_the_same_bytes(tmp_path: Path, some_scores: dict[str, object]) -> None:
    for name in ("a", "b"):
        tables.write(tmp_path / name, scores.SCORES, some_scores, WRITER)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_file_says_who_wrote_it_and_what_each_column_means(
    tmp_path: Path, some_scores: dict[str, object]
) -> None:
    tables.write(tmp_path / "a", scores.SCORES, some_scores, WRITER)
    told = tables.metadata(tmp_path / "a")
    assert told["mnemo.study"] == "demo"
    assert told["mnemo.rule"] == "score_images"
    assert told["mnemo.weights"] == '{"resmem": "8e4b"}'
    assert told["mnemo.settings"] == '{"seeds": [0, 3]}'
    assert told["mnemo.version"]
    assert "mnemo.config_digest" not in told
    field = pq.read_schema(tmp_path / "a").field("alpha")
    assert b"unit direction" in field.metadata[b"description"]
    assert not pq.read_schema(tmp_path / "a").field("score").nullable


def test_a_missing_value_is_refused_where_the_schema_forbids_it(
    tmp_path: Path, some_scores: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match="no value may be missing in score"):
        tables.write(
            tmp_path / "a", scores.SCORES, {**some_scores, "score": [0.5, None, 0.7]}, WRITER
        )
    assert not list(tmp_path.iterdir())


def test_a_missing_column_is_named(tmp_path: Path, some_scores: dict[str, object]) -> None:
    del some_scores["shape"]
    with pytest.raises(ValueError, match="no column shape"):
        tables.write(tmp_path / "a", scores.SCORES, some_scores, WRITER)


@pytest.mark.parametrize("kept", [0, 10, 0.5, 0.99])
def test_a_shard_cut_short_is_named_with_the_remedy(
    tmp_path: Path, some_scores: dict[str, object], kept: float
) -> None:
    path = tmp_path / "00000.parquet"
    tables.write(path, scores.SCORES, some_scores, WRITER)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole)) if kept < 1 else int(kept)])
    with pytest.raises(MnemoError, match=r"00000.parquet is damaged.*Delete it and run the same"):
        tables.read(path)


def test_a_shard_with_a_flipped_byte_is_never_read_as_if_it_were_whole(
    tmp_path: Path, some_scores: dict[str, object]
) -> None:
    path = tmp_path / "00000.parquet"
    tables.write(path, scores.SCORES, some_scores, WRITER)
    whole = path.read_bytes()
    expected = tables.read(path).to_pydict()
    for position in range(0, len(whole), 7):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        try:
            read = tables.read(path, scores.SCORES.names)
        except MnemoError:
            continue
        assert read.to_pydict() == expected, f"a flipped byte at {position} went unseen"


@pytest.mark.parametrize(
    ("why", "remedy"),
    [
        (MemoryError("malloc of size 3 failed"), "needs more memory than is left.*fewer jobs"),
        (pa.ArrowMemoryError("malloc failed"), "needs more memory than is left.*fewer jobs"),
        (PermissionError(13, "no"), "can't be read: Permission denied.*permissions"),
        (OSError(5, "no"), "can't be read: Input/output error"),
        (OSError(24, "no"), "can't be read: Too many open files"),
        (pa.ArrowNotImplementedError("chunked"), "by pyarrow .* Install the version in req"),
        (pa.ArrowCapacityError("2147483646 bytes"), "by pyarrow .* Install the version in req"),
    ],
)
def test_what_is_not_damage_is_not_called_damage(
    tmp_path: Path, some_scores: dict[str, object], why: Exception, remedy: str
) -> None:
    path = tmp_path / "00000.parquet"
    tables.write(path, scores.SCORES, some_scores, WRITER)
    with pytest.raises(MnemoError, match=remedy) as refused, tables.opened(path, []):
        raise why
    assert "is damaged or truncated" not in str(refused.value)


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    with pytest.raises(MnemoError, match="absent.parquet is missing"):
        tables.read(tmp_path / "absent.parquet")


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    """A limit on file size is how the test fills the disk without filling the machine's."""
    script = f"""
import resource, signal, numpy as np
from mnemo import tables
from mnemo.features import table
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
n = 10_000
place = dict(set=["fit"] * n, edit=[None] * n, alpha=[None] * n, image=[str(i) for i in range(n)])
features = tables.lists(np.random.default_rng(0).normal(size=(n, 8)).astype(np.float32))
writer = tables.Provenance("demo", "extract_features", {{}}, {{}})
columns = {{**place, "features": features}}
tables.write("{tmp_path}/features.parquet", table.FEATURES, columns, writer)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": str(Path(tables.__file__).parents[1])},
        capture_output=True,
        text=True,
    )
    assert "MnemoError" in done.stderr
    assert (
        "features.parquet could not be written: File too large. Finished files are kept"
        in done.stderr
    )
    assert not list(tmp_path.iterdir())


def merge(parts: list[Path], path: Path, schema: pa.Schema) -> None:
    """Join parts as the public tables are joined."""
    read = (tables.read(part, schema.names) for part in parts)
    tables.write_parts(path, schema, read, WRITER)


def test_merging_shards_is_the_same_as_writing_them_at_once(
    tmp_path: Path, some_scores: dict[str, object]
) -> None:
    parts = []
    for index in range(3):
        one = {name: values[index : index + 1] for name, values in some_scores.items()}  # type: ignore[index]
        parts.append(tmp_path / f"{index}.parquet")
        tables.write(parts[-1], scores.SCORES, one, WRITER)
    merge(parts, tmp_path / "merged.parquet", scores.SCORES)
    assert tables.read(tmp_path / "merged.parquet").equals(
        tables.conform(some_scores, scores.SCORES)
    )


def test_merging_names_the_damaged_part_and_writes_nothing(
    tmp_path: Path, some_scores: dict[str, object]
) -> None:
    tables.write(tmp_path / "0.parquet", scores.SCORES, some_scores, WRITER)
    (tmp_path / "1.parquet").write_bytes(b"PAR1")
    parts = [tmp_path / "0.parquet", tmp_path / "1.parquet"]
    with pytest.raises(MnemoError, match="1.parquet is damaged"):
        merge(parts, tmp_path / "merged.parquet", scores.SCORES)
    assert not (tmp_path / "merged.parquet").exists()


def test_merging_takes_the_memory_of_one_part(tmp_path: Path) -> None:
    n, parts = 20_000, 100
    rows = np.zeros((n, 64), np.float32)
    place = {"set": ["fit"] * n, "edit": pa.nulls(n), "alpha": pa.nulls(n), "image": ["0"] * n}
    tables.write(
        tmp_path / "part", table.FEATURES, {**place, "features": tables.lists(rows)}, WRITER
    )

    def many() -> None:
        merge([tmp_path / "part"] * parts, tmp_path / "whole", table.FEATURES)

    # Reader and writer have buffers of 100 MB, however many parts there are.
    assert grown(many) < parts * rows.nbytes / 2


def test_rows_of_a_column_are_the_matrix_that_was_put_in() -> None:
    rows = np.arange(12, dtype=np.float32).reshape(4, 3)
    np.testing.assert_array_equal(tables.rows(pa.chunked_array([tables.lists(rows)])), rows)


def test_rows_are_the_matrix_in_however_many_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.arange(21, dtype=np.float32).reshape(7, 3)
    monkeypatch.setattr(tables, "_NUMBERS", 8)
    column = tables.lists(rows)
    assert [len(chunk) for chunk in column.chunks] == [2, 2, 2, 1]
    np.testing.assert_array_equal(tables.rows(column), rows)
    np.testing.assert_array_equal(tables.rows(column.slice(1, 4)), rows[1:5])
    absent = np.isin(np.arange(7), [0, 5, 6])
    column = tables.lists(rows, absent)
    np.testing.assert_array_equal(column.is_null(), absent)
    np.testing.assert_array_equal(tables.rows(column.drop_null()), rows[1:5])


@pytest.mark.parametrize("size", [1, 1000, 10**6])
def test_a_large_part_is_written_in_several_row_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(tables, "GROUP", size)
    n = 50
    rows = np.random.default_rng(0).normal(size=(n, 8)).astype(np.float32)
    place = {"set": ["fit"] * n, "edit": pa.nulls(n), "alpha": pa.nulls(n), "image": ["0"] * n}
    columns = {**place, "features": tables.lists(rows)}
    tables.write(tmp_path / "a", table.FEATURES, columns, WRITER)
    found = pq.ParquetFile(tmp_path / "a").metadata
    groups = [found.row_group(number).num_rows for number in range(found.num_row_groups)]
    assert sum(groups) == n
    of_a_row = tables.conform(columns, table.FEATURES).nbytes / n
    assert max(groups) == 1 or max(groups) * of_a_row <= size
    assert len(groups) <= 2 + n * of_a_row / min(size, of_a_row)
    np.testing.assert_array_equal(tables.rows(tables.read(tmp_path / "a")["features"]), rows)


def test_a_table_without_rows_is_read(tmp_path: Path) -> None:
    tables.write_parts(tmp_path / "none", scores.SCORES, [], WRITER)
    read = tables.read(tmp_path / "none", ["image", "score"])
    assert (len(read), read.column_names) == (0, ["image", "score"])


def test_nan_is_a_missing_value(some_scores: dict[str, object]) -> None:
    """In any kind of columns, so that a reader finds one sign of what is missing."""
    alphas = [np.nan, 1.0, None]
    columns = {**some_scores, "alpha": alphas}
    for given in (columns, pd.DataFrame(columns), pa.table({**columns, "alpha": alphas})):
        assert tables.conform(given, scores.SCORES)["alpha"].to_pylist() == [None, 1.0, None]
    unscored = {**some_scores, "score": np.array([0.5, np.nan, 0.7], np.float32)}
    with pytest.raises(ValueError, match="no value may be missing in score"):
        tables.conform(unscored, scores.SCORES)
