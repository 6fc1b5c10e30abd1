"""What the schema of Psych-DS calls an error, since its validator is in no package registry.

The rules are those of `defaultSchema.json` in psych-ds/psychds-validator, whose level is "error".
"""

import csv
import json
import re
from pathlib import Path
from typing import Any

#: Keywords that a file's name may have.
KEYWORDS = {
    *("study", "site", "subject", "session", "task", "condition", "trial", "stimulus"),
    "description",
}
#: Keys that the description of a dataset must have.
REQUIRED = {"name", "description", "variableMeasured"}


def check(dataset: Path) -> dict[str, Any]:
    """Make sure that a dataset breaks no rule.

    Args:
        dataset: Its folder.

    Returns:
        Its description.
    """
    assert not [path for path in dataset.rglob("*") if path.is_file() and not path.stat().st_size]
    text = (dataset / "dataset_description.json").read_text(encoding="utf-8")
    described: dict[str, Any] = json.loads(text)
    assert described["@context"] == "https://schema.org/"
    assert described["@type"] == "Dataset"
    assert all(described[key] for key in REQUIRED)
    measured = described["variableMeasured"]
    variables = {each if isinstance(each, str) else each["name"] for each in measured}
    files = [path for path in (dataset / "data").rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert re.fullmatch(r"([a-z]+-[a-zA-Z0-9]+)(_[a-z]+-[a-zA-Z0-9]+)*_data\.csv", path.name)
        assert {pair.split("-")[0] for pair in path.stem.split("_")[:-1]} <= KEYWORDS
        with path.open(encoding="utf-8", newline="") as stream:
            header, *rows = csv.reader(stream, strict=True)
        assert header
        assert len(set(header)) == len(header)
        assert set(header) <= variables, path.name
        assert {len(row) for row in rows} <= {len(header)}
        if "row_id" in header:
            identifiers = [row[header.index("row_id")] for row in rows]
            assert len(set(identifiers)) == len(identifiers)
    return described
