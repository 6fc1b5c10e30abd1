"""Cards: of the dataset, in the layout of Hugging Face, and of each direction."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import yaml
from numpy.typing import NDArray
from safetensors.numpy import save_file

from mnemo import files, tables
from mnemo.crates import layout
from mnemo.directions.table import DIRECTIONS
from mnemo.errors import MnemoError
from mnemo.interop import Direction, write_boundary

#: Sizes in the words of Hugging Face's tags.
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
#: What nobody should take the data for.
LIMITS = (
    "Scores are predictions of models, not measurements of anybody's memory. They must not be used "
    "to judge or select persons."
)


def dataset(
    folder: Path,
    about: Mapping[str, Any],
    *,
    study: str,
    generator: str,
    methods: str,
    left_out: list[Mapping[str, str]],
    simulated: bool,
) -> str:
    """Write the card of a crate's dataset.

    Args:
        folder: The crate's folder, with its tables and images.
        about: The section `publish` of the study.
        study: Name of the study.
        generator: Name of its generator.
        methods: The methods' text, in Markdown.
        left_out: What the crate does not have (`what`, `reason`).
        simulated: Whether participants, or raters, are simulated.

    Returns:
        The text of `README.md`, with the metadata that Hugging Face reads at its head.
    """
    held = sorted((folder / layout.TABLES).glob("*.parquet"))
    rows = {path.stem: pq.read_metadata(path).num_rows for path in held}
    shards = sorted((folder / layout.IMAGES).rglob("*.parquet"))
    configs = [
        {"config_name": name, "data_files": f"{layout.TABLES}/{name}.parquet"} for name in rows
    ]
    configs += [
        {"config_name": f"images-{shape}", "data_files": f"{layout.IMAGES}/**/{shape}/*.parquet"}
        for shape in sorted({path.parent.name for path in shards})
    ]
    largest = max(rows.values(), default=0)
    metadata = {
        "pretty_name": about["title"],
        "license": about["licence"].lower(),
        "tags": ["memorability", "generated-images", generator],
        "size_categories": [next((name for most, name in _SIZES if largest < most), "n>1M")],
        "configs": configs,
    }
    authors = "; ".join(each["name"] for each in about["authors"])
    warning = "**Participants or raters of this study are simulated.**\n\n" if simulated else ""
    listed = "\n".join(
        f"| `{path.relative_to(folder).as_posix()}` | {tables.metadata(path)['title']} "
        f"| {rows[path.stem]:,} |"
        for path in held
    )
    absent = "\n".join(f"- {each['what']}: {each['reason']}." for each in left_out)
    return (
        f"---\n{yaml.safe_dump(metadata, sort_keys=False)}---\n\n# {about['title']}\n\n"
        f"{authors}\n\n{warning}{about['description']}\n\n"
        f"This is the crate of the study `{study}`, written by Mnemo. Its results can be checked "
        "on another machine, from Mnemo's folder:\n\n```bash\n"
        "snakemake verify --cores all --config crate=<this folder>\n```\n\n"
        f"## Use\n\n{LIMITS} The tables, figures and texts are under {about['licence']}; generated "
        f"images are also bound by that of the generator (`{layout.WEIGHTS}`).\n\n"
        f"## Tables\n\n| file | content | rows |\n|---|---|---|\n{listed}\n\n"
        f"## Methods\n\n{methods}\n\n## Left out\n\n{absent}\n"
    )


def directions(folder: Path) -> None:
    """Write each direction of a crate: a table, InterFaceGAN's and a safetensors file, and a card.

    Args:
        folder: The crate's folder, with its tables.

    Raises:
        MnemoError: A table is missing or damaged.
    """
    held = folder / layout.TABLES
    source = held / "directions.parquet"
    rows, metadata = tables.read(source), tables.metadata(source)
    made = {
        name: pd.read_parquet(path)
        for name in ("hyperplanes", "identity", "slopes")
        if (path := held / f"{name}.parquet").is_file()
    }
    edits = {
        each["name"]: each["along"]
        for each in yaml.safe_load((folder / layout.CONFIG).read_text())["edits"]
    }
    for place, row in enumerate(rows.to_pylist()):
        own = folder / layout.DIRECTIONS / row["name"]
        own.mkdir(parents=True)
        provenance = tables.Provenance(
            metadata["mnemo.study"], "publish_study", json.loads(metadata["mnemo.weights"]), {}
        )
        part = rows.slice(place, 1)
        tables.write(own / "direction.parquet", DIRECTIONS, part, provenance)
        normal = np.array(row["normal"]).reshape(row["layers"], -1)
        save_file(
            {"normal": np.ascontiguousarray(normal)},
            own / "direction.safetensors",
            {key: str(row[key]) for key in ("name", "space", "generator", "generator_sha256")},
        )
        formats = ["`direction.parquet`", "`direction.safetensors`"]
        if _boundary(own / "direction.npy", row["space"], normal):
            formats.append("`direction.npy`, as InterFaceGAN's boundaries")
        moved = [name for name, along in edits.items() if along == row["name"]]
        with files.whole(own / "README.md") as partial:
            partial.write_text(_card(row, made, moved, formats), encoding="utf-8")


def _boundary(path: Path, space: Any, normal: NDArray[np.float64]) -> bool:
    """Write InterFaceGAN's file, where it can express the direction; return whether it can."""
    try:
        write_boundary(path, Direction(space, normal, 1.0))
    except MnemoError:
        return False
    return True


def _card(
    row: Mapping[str, Any],
    made: Mapping[str, pd.DataFrame],
    edits: list[str],
    formats: list[str],
) -> str:
    """Write the card of one direction."""
    facts = {
        "generator": f"{row['generator']}, sha256 {row['generator_sha256']}",
        "space": f"{row['space']} ({len(row['normal']) // row['layers']} dimensions, "
        f"{row['layers']} {'layer' if row['layers'] == 1 else 'layers'})",
        "norm": f"1 over all dimensions; an alpha of 1 moves by {row['scale']:.6g}",
        "method": row["estimator"] or row["method"],
        "assessor": _or_none(row["assessor"]),
        "shape of the images": _or_none(row["shape"]),
        "threshold": _or_none(row["threshold"]),
        "held constant": ", ".join(row["hold"]) or "nothing",
        "files": "; ".join(formats),
    }
    facts |= _accuracy(row, made.get("hyperplanes"))
    facts |= _of_edits(made, edits)
    listed = "\n".join(f"| {name} | {value} |" for name, value in facts.items())
    return (
        f"# Direction {row['name']}\n\n| | |\n|---|---|\n{listed}\n\n## Limits\n\n"
        "The direction holds for this generator and space, and for alphas as far as those of the "
        "study. What edits along it do to people's memory has to be tested with people. What else "
        "they change is in the tables `drift` and `factors`. "
        f"{LIMITS}\n"
    )


def _accuracy(row: Mapping[str, Any], planes: pd.DataFrame | None) -> dict[str, str]:
    """Say how well the direction's hyperplane separates held-out images."""
    if planes is None or row["method"] != "hyperplane":
        return {}
    keys = ["space", "assessor", "shape", "threshold", "estimator"]
    own = planes[(planes[keys] == [row[key] for key in keys]).all(axis=1)].iloc[0]
    return {
        "n": f"{own['n']:,} images",
        "held-out accuracy": f"{own['accuracy']:.3f} "
        f"[{own['accuracy_low']:.3f}, {own['accuracy_high']:.3f}]",
    }


def _of_edits(made: Mapping[str, pd.DataFrame], edits: list[str]) -> dict[str, str]:
    """Say what the edits along the direction do: slope, transfer to other assessors, identity."""
    facts = {}
    for edit in edits:
        slopes = made["slopes"][made["slopes"]["edit"] == edit]
        for one in slopes.itertuples():
            facts[f"slope of {one.assessor}, {one.shape} (edit {edit})"] = (
                f"{one.slope:.4g} per alpha [{one.low:.4g}, {one.high:.4g}]"
            )
        if "identity" in made:
            own = made["identity"][made["identity"]["edit"] == edit].dropna(subset=["accepted"])
            for alpha, share in zip(own["alpha"], own["accepted"], strict=True):
                if alpha:
                    facts[f"same person at alpha {alpha:g} (edit {edit})"] = f"{share:.3f}"
    return facts


def _or_none(value: str | None) -> str:
    return value or "none"
