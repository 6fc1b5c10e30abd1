"""The data dictionary, docs/data.md, written from the tables' schemas.

Run as `python -m mnemo.dictionary > docs/data.md`.
"""

import pyarrow as pa

from mnemo import images, latents, scores
from mnemo.faces import ovals
from mnemo.features import table as features
from mnemo.results import schemas
from mnemo.results.registry import RESULTS

#: The tables that a set's shards hold, by the name of their folder.
SHARDS: dict[str, pa.Schema] = {
    "latents": latents.LATENTS,
    "square": images.IMAGES,
    "oval": ovals.OVALS,
    "features": features.FEATURES,
    "scores": scores.SCORES,
}
_INTRODUCTION = """\
# Data dictionary

Written by `make docs` from the schemas in `scripts/mnemo/tables.py`; edit those, not this page.

Every table is a parquet file. Each column carries its description, unit and range in the file's own
schema (`pyarrow.parquet.read_schema(path).field("score").metadata`), and each file says in its
metadata which study, rule, settings, version and weights made it (`mnemo.*`). Nothing is written by
halves: a file that is there is whole, and the same study gives the same bytes on the same machine.

Where rows are about images, the columns `set`, `edit`, `alpha` and `image` say which, and join the
tables; tables about edits join on `edit`, `alpha`, `assessor` and `shape`. `edit` and `alpha` are
null for the unedited sets. The key `image` is the seed that the
image's latent was drawn from, padded to seven digits. `score` is what the assessor said, never
rescaled.

The examples read the default study, run by `make demo`. `pip install duckdb datasets` brings what
the second and third of each need.
"""

_PUBLIC = """
## Public tables

One file each, in `results/<study>/`.
"""

_SHARDS = """
## Shards

What the jobs hand to each other, in `results/<study>/<set>/<folder>/<shard>.parquet`, with
`<set>` one of `fit`, `eval`, `reference` and `eval/<edit>/<alpha>`. All shards of a folder are one
table: read them together with a pattern.
"""


#: For each folder of shards: the pattern of its files, a question, and its answers.
_SHARD_EXAMPLES = (
    (
        "fit/latents/*.parquet",
        "The latents, as a matrix.",
        'np.stack(table["z"])',
        "SELECT image, z[1:3] AS first_three FROM {} LIMIT 5",
    ),
    (
        "fit/square/*.parquet",
        "The images. Hugging Face datasets decodes them.",
        'Image.open(BytesIO(table["pixels"][0]["bytes"])).size',
        "SELECT image, octet_length(pixels.bytes) AS bytes FROM {} LIMIT 5",
    ),
    (
        "fit/oval/*.parquet",
        "The ovals, and the box of the face in each.",
        'table.loc[table["status"] == "found", ["image", "left", "top", "width", "height"]]',
        'SELECT image, status, "left", top, width, height FROM {} LIMIT 5',
    ),
    (
        "reference/features/resnet152/*.parquet",
        "The features of the set `reference`, as a matrix.",
        'np.stack(table["features"]).shape',
        "SELECT image, len(features) AS features FROM {} LIMIT 5",
    ),
    (
        "fit/scores/resmem/square/*.parquet",
        "One assessor's scores of one shape.",
        'table["score"].describe()',
        "SELECT min(score), avg(score), max(score) FROM {}",
    ),
)


def page() -> str:
    """Write the data dictionary.

    Returns:
        The text of `docs/data.md`.
    """
    public = [
        _section(
            name,
            schemas.of(name),
            f"results/demo/{name}.parquet",
            result.question,
            result.pandas,
            result.sql,
        )
        for name, result in RESULTS.items()
    ]
    shards = [
        _section(f"{name}/", schema, f"results/demo/{pattern}", *example)
        for (name, schema), (pattern, *example) in zip(SHARDS.items(), _SHARD_EXAMPLES, strict=True)
    ]
    return "\n".join([_INTRODUCTION, _PUBLIC, *public, _SHARDS, *shards]).rstrip() + "\n"


def _section(name: str, schema: pa.Schema, path: str, question: str, pandas: str, sql: str) -> str:
    rows = [f"| `{field.name}` | {field.type} | {_words(field)} |" for field in schema]
    title = schema.metadata[b"title"].decode()
    read = (
        f'pd.concat(map(pd.read_parquet, sorted(glob("{path}"))), ignore_index=True)'
        if "*" in path
        else f'pd.read_parquet("{path}")'
    )
    imports = [
        line
        for word, line in (
            ("glob(", "from glob import glob"),
            ("BytesIO", "from io import BytesIO\n"),
            ("np.", "import numpy as np"),
            ("pd.", "import pandas as pd"),
            ("Image.open", "from PIL import Image"),
        )
        if word in read + pandas
    ]
    shown = (
        "table.features, table[0]" if "pixels" not in schema.names else 'table[0]["pixels"].size'
    )
    return f"""\
### `{name}`

{title}.

| column | type | what it is |
|---|---|---|
{chr(10).join(rows)}

{question}

```python
{chr(10).join(imports)}

table = {read}
print({pandas})
```

```python
import duckdb

duckdb.sql(\"\"\"
{sql.replace(" FROM", chr(10) + "FROM").format(f"'{path}'")}
\"\"\").show()
```

```python
from datasets import load_dataset

table = load_dataset("parquet", data_files="{path}", split="train")
print({shown})
```
"""


def _words(field: pa.Field) -> str:
    told = {key.decode(): text.decode() for key, text in field.metadata.items()}
    words = [told["description"]]
    if "unit" in told:
        words.append(f"unit: {told['unit']}")
    if "range" in told:
        words.append(f"range: {told['range']}")
    if field.nullable and "null" not in words[0]:
        words.append("null where there is none")
    return "; ".join(words)


if __name__ == "__main__":
    print(page(), end="")
