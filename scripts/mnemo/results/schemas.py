"""The schemas of the public tables, by the table's name."""

from importlib import import_module

import pyarrow as pa

from mnemo.results.registry import RESULTS


def of(name: str) -> pa.Schema:
    """Return the schema of a public table.

    Args:
        name: The table's name, such as `scores`.

    Returns:
        The schema.
    """
    module, _, attribute = RESULTS[name].schema.partition(":")
    return getattr(import_module(module), attribute)
