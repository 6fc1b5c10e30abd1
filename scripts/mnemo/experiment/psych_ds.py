"""The description of a dataset after Psych-DS (psych-ds.github.io): JSON-LD beside CSV."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from mnemo import files
from mnemo.version import __version__

_SIMULATED = (
    "A demonstration: its answers are simulated, or its images are no real stimuli. Do not analyse "
    "it as if people had given the answers."
)


def file_name(kind: str, table: str) -> str:
    """Return what a table's file is called: pairs of a keyword and a value, and `data`.

    Args:
        kind: What participants do, such as memory-game.
        table: Name of the table; letters only.

    Returns:
        The name.
    """
    return f"task-{kind.replace('-', '')}_description-{table}_data.csv"


def describe(
    dataset: Path,
    name: str,
    text: str,
    schemas: Iterable[pa.Schema],
    *,
    identifier: str,
    simulated: bool,
) -> None:
    """Write what stands beside the data: its description, a README, and a list of changes.

    Args:
        dataset: Folder of the dataset.
        name: Name of the experiment.
        text: What the answers are.
        schemas: The schemas of all tables in `data/`.
        identifier: What tells this experiment from any other.
        simulated: Whether the answers are simulated, or the images are no real stimuli.

    Raises:
        MnemoError: It can't be written.
    """
    description = f"{text} Exported by Mnemo {__version__}."
    if simulated:
        description = f"{_SIMULATED} {description}"
    columns = {column.name: column for schema in schemas for column in schema}
    content = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": name,
        "description": description,
        "identifier": identifier,
        "variableMeasured": [_variable(column) for column in columns.values()],
    }
    texts = {
        "dataset_description.json": json.dumps(content, indent=1, ensure_ascii=False),
        "README.md": (
            f"# {name}\n\n{description}\n\n`data/` has a table in each file; "
            "`dataset_description.json` says what each column holds. Participants are named by "
            "pseudonyms."
        ),
        "CHANGES.md": "# Changes\n\nNone since the export.",
    }
    for file, content_of in texts.items():
        with files.whole(dataset / file) as partial:
            partial.write_text(content_of + "\n", encoding="utf-8")


def _variable(column: pa.Field) -> dict[str, Any]:
    told = {key.decode(): value.decode() for key, value in column.metadata.items()}
    limits = f" ({told['range']})" if "range" in told else ""
    found = {
        "@type": "PropertyValue",
        "name": column.name,
        "description": told["description"] + limits,
    }
    return {**found, "unitText": told["unit"]} if "unit" in told else found
