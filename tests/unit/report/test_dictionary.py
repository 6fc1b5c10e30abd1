"""The data dictionary describes every column."""

from mnemo.report import dictionary
from mnemo.results import joined
from mnemo.results.registry import RESULTS


def test_every_public_column_is_described() -> None:
    for schema in [*map(joined.schema, RESULTS), *dictionary.SHARDS.values()]:
        for field in schema:
            assert field.metadata[b"description"], field.name
