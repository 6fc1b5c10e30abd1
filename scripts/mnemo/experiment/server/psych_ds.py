"""The description of a dataset after Psych-DS (psych-ds.github.io): JSON-LD beside CSV."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from mnemo import files
from mnemo.experiment.stimuli import Experiment
from mnemo.version import __version__

_SIMULATED = (
    "A demonstration: its answers are simulated, or its images are no real stimuli. Do not analyse "
    "it as if people had given the answers."
)


def file_name(experiment: Experiment, table: str) -> str:
    """Return what a table's file is called: pairs of a keyword and a value, and `data`.

    Args:
        experiment: The experiment.
        table: Name of the table; letters only.

    Returns:
        The name.
    """
    task = experiment.settings.kind.replace("-", "")
    return f"task-{task}_description-{table}_data.csv"


def describe(dataset: Path, experiment: Experiment, schemas: Iterable[pa.Schema]) -> None:
    """Write what stands beside the data: its description, a README, and a list of changes.

    Args:
        dataset: Folder of the dataset.
        experiment: The experiment.
        schemas: The schemas of all tables in `data/`.

    Raises:
        MnemoError: It can't be written.
    """
    description = (
        f"Answers of participants in the {experiment.settings.kind} {experiment.name}, with images "
        f"of the study {experiment.study}. Exported by Mnemo {__version__}."
    )
    if experiment.demo:
        description = f"{_SIMULATED} {description}"
    columns = {column.name: column for schema in schemas for column in schema}
    content = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": experiment.name,
        "description": description,
        "identifier": f"sha256:{experiment.digest}",
        "variableMeasured": [_variable(column) for column in columns.values()],
    }
    texts = {
        "dataset_description.json": json.dumps(content, indent=1, ensure_ascii=False),
        "README.md": (
            f"# {experiment.name}\n\n{description}\n\n`data/` has a table in each file; "
            "`dataset_description.json` says what each column holds. Participants are named by "
            "pseudonyms."
        ),
        "CHANGES.md": "# Changes\n\nNone since the export.",
    }
    for name, text in texts.items():
        with files.whole(dataset / name) as partial:
            partial.write_text(text + "\n", encoding="utf-8")


def _variable(column: pa.Field) -> dict[str, Any]:
    told = {key.decode(): value.decode() for key, value in column.metadata.items()}
    limits = f" ({told['range']})" if "range" in told else ""
    found = {
        "@type": "PropertyValue",
        "name": column.name,
        "description": told["description"] + limits,
    }
    return {**found, "unitText": told["unit"]} if "unit" in told else found
