"""The data dictionary, docs/data.md, generated from the tables' schemas.

Run with `python -m mnemo.report.dictionary > docs/data.md`.
"""

import pyarrow as pa

from mnemo import images, latents, scores
from mnemo.faces import ovals
from mnemo.features import table as features
from mnemo.results import joined
from mnemo.results.registry import RESULTS

#: The tables in a set's shards, by the name of their folder.
SHARDS: dict[str, pa.Schema] = {
    "latents": latents.LATENTS,
    "square": images.IMAGES,
    "oval": ovals.OVALS,
    "features": features.FEATURES,
    "scores": scores.SCORES,
}
_INTRODUCTION = """\
# Data dictionary

`make docs` generates this page from the tables' schemas in `scripts/mnemo`; edit those instead.

Every table is a parquet file. The file's schema contains the description, unit and range of each
column (`pyarrow.parquet.read_schema(path).field("score").metadata`), and its metadata record the
study, rule, settings, version and weights that it was made with (`mnemo.*`). Files are written
atomically, so every file is complete, and the same study gives the same bytes on the same machine,
but for the column `seconds` of `methods`.

In tables about images, the columns `set`, `edit`, `alpha` and `image` identify the image; use them
to join tables. Tables about edits join on `edit`, `alpha`, `assessor` and `shape`. `edit` and
`alpha` are null for the unedited sets. `alpha` is how far an edit moves along its unit direction;
along a learned direction, it is how much the score that it was learned with should rise. `moved` is
the distance that the latent moves, which is less if the edit moves only some layers. The
key `image` is the seed that the image's latent was drawn from, zero-padded to seven digits. `score`
is the assessor's score, never rescaled.

`from mnemo import Study` opens a study in Python: `Study("results/demo").scores` is a public table
as a frame of pandas, and `.arrow("scores")` as pyarrow's, whose schema has the descriptions. It
also has directions, latents and pictures: [reading.ipynb](reading.ipynb).

The examples read the default study, run by `make demo`; a study without ovals of edits has no
`lost_faces`, one without layerwise edits no `layers` and `layer_effects`, one without a comparison
of methods no `methods`, `method_contrasts` and `cosines`, one without learned directions no
`learning`, one without a training no `training`, `curves` and `predictions`, and one without
answers to experiments none of `trials`, `participants`, `human_rates`, `human_models`,
`consistency` and `memorability`. The second and third example of each table need
`pip install duckdb datasets`.
"""

_PUBLIC = """
## Public tables

One file each, in `results/<study>/`.
"""

_SHARDS = """
## Shards

Intermediate files, in `results/<study>/<set>/<folder>/<shard>.parquet`, with `<set>` one of `fit`,
`eval`, `reference`, `floor`, `eval/<edit>/<alpha>` and, for layerwise edits, `eval/layers/<layer>`
with all levels of that layer; there `edit` is the layer, and `alpha` the distance that the w of
each moved layer moves. All shards of a folder form one table: read
them together with a pattern.
"""


#: For each folder of shards: the pattern of its files, a description, and examples in pandas and
#: SQL.
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
        "One assessor's scores of images of one shape.",
        'table["score"].describe()',
        "SELECT min(score), avg(score), max(score) FROM {}",
    ),
)


def page() -> str:
    """Return the data dictionary, the text of `docs/data.md`."""
    public = [
        _section(
            name,
            joined.schema(name),
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
    rows = [f"| `{field.name}` | {field.type} | {_about(field)} |" for field in schema]
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

| column | type | description |
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


def _about(field: pa.Field) -> str:
    metadata = {key.decode(): text.decode() for key, text in field.metadata.items()}
    parts = [metadata["description"]]
    if "unit" in metadata:
        parts.append(f"unit: {metadata['unit']}")
    if "range" in metadata:
        parts.append(f"range: {metadata['range']}")
    if field.nullable and "null" not in parts[0]:
        parts.append("null if missing")
    return "; ".join(parts)


if __name__ == "__main__":
    print(page(), end="")
