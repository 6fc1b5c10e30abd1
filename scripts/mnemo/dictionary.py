"""The data dictionary, docs/data.md, written from the tables' schemas.

Run as `python -m mnemo.dictionary > docs/data.md`.
"""

import pyarrow as pa

from mnemo import tables

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

#: For each public table a question, and how pandas and DuckDB answer it.
_EXAMPLES = {
    "scores": (
        "How do squares and ovals compare, before and after the edit?",
        'table.groupby(["assessor", "shape", "alpha"], dropna=False)["score"].mean()',
        "SELECT assessor, shape, alpha, avg(score) FROM {} GROUP BY ALL ORDER BY ALL",
    ),
    "faces": (
        "In how many images was no face found, or more than one?",
        'table.groupby(["set", "alpha"], dropna=False)["status"].value_counts()',
        'SELECT "set", alpha, status, count(*) FROM {} GROUP BY ALL ORDER BY ALL',
    ),
    "agreement": (
        "Which shapes and assessors rank the images alike? (Table 1)",
        'table.sort_values("spearman", ascending=False)',
        "SELECT * FROM {} ORDER BY spearman DESC",
    ),
    "hyperplanes": (
        "Which hyperplane separates held-out seeds best? (Tables 2 and 4)",
        'table.drop(columns="normal").sort_values("accuracy", ascending=False)',
        "SELECT * EXCLUDE normal FROM {} ORDER BY accuracy DESC",
    ),
    "dose_response": (
        "What is the mean score at each alpha? (Figure 6)",
        'table.pivot(index="alpha", columns=["edit", "assessor", "shape"], values="mean")',
        "PIVOT {} ON assessor, shape USING first(mean) GROUP BY edit, alpha",
    ),
    "slopes": (
        "How much does the score change per unit of alpha?",
        'table[["edit", "assessor", "shape", "slope", "low", "high"]]',
        "SELECT edit, assessor, shape, slope, low, high FROM {}",
    ),
    "local_slopes": (
        "Between which alphas is the edit strongest?",
        'table.loc[table.groupby(["edit", "assessor", "shape"])["slope"].idxmax()]',
        "SELECT * FROM {} QUALIFY slope = max(slope) OVER (PARTITION BY edit, assessor, shape)",
    ),
    "calibration": (
        "Which alpha gives the wanted change of score?",
        'table[["edit", "assessor", "shape", "change", "alpha", "low", "high"]]',
        "SELECT edit, assessor, shape, change, alpha, low, high FROM {}",
    ),
    "transfer": (
        "Does an edit found with one assessor change the scores of another?",
        'table.pivot(index="fitted_on", columns=["assessor", "shape"], values="standard_slope")',
        "PIVOT {} ON assessor, shape USING first(standard_slope) GROUP BY fitted_on",
    ),
    "conditions": (
        "How much of its normal does an edit keep that holds something still?",
        'table[["edit", "attribute", "cosine_before", "cosine_after", "kept"]]',
        "SELECT * FROM {}",
    ),
    "drift": (
        "How does each attribute change, with and without being held? (Figure 27)",
        'table.pivot(index=["attribute", "shape", "alpha"], columns="edit", values="change")',
        "PIVOT {} ON edit USING first(change) GROUP BY attribute, shape, alpha",
    ),
    "realness": (
        "Are edited images further from the reference set than unedited ones? (Figure 7)",
        'table[["edit", "alpha", "frechet_ratio", "frechet_ratio_low", "frechet_ratio_high"]]',
        "SELECT edit, alpha, frechet_ratio, frechet_ratio_low, frechet_ratio_high FROM {}",
    ),
    "identity": (
        "Is the edited face still that of the same person?",
        'table[["edit", "alpha", "distance", "accepted", "chance", "n", "lost"]]',
        "SELECT edit, alpha, distance, accepted, chance, n, lost FROM {}",
    ),
    "training": (
        "How well does the trained assessor rank images that it has not seen? (Table 3)",
        'table[["run", "n", "spearman", "spearman_low", "spearman_high"]]',
        "SELECT run, n, spearman, spearman_low, spearman_high FROM {}",
    ),
    "curves": (
        "Which epoch was chosen?",
        'table.loc[table["chosen"], ["run", "epoch", "validation_loss", "validation_spearman"]]',
        "SELECT run, epoch, validation_loss, validation_spearman FROM {} WHERE chosen",
    ),
    "predictions": (
        "Which test images is it furthest off at?",
        'table.assign(off=table["score"] - table["target"]).sort_values("off", key=abs).tail()',
        "SELECT file, target, score FROM {} ORDER BY abs(score - target) DESC LIMIT 5",
    ),
}


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
        _section(name, schema, f"results/demo/{name}.parquet", *_EXAMPLES[name])
        for name, schema in tables.PUBLIC.items()
    ]
    shards = [
        _section(f"{name}/", schema, f"results/demo/{pattern}", *example)
        for (name, schema), (pattern, *example) in zip(
            tables.SHARDS.items(), _SHARD_EXAMPLES, strict=True
        )
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
