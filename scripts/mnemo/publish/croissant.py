"""The description of a crate's tables and shards of images in Croissant (mlcommons/croissant)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlcroissant as mlc
import pyarrow as pa
import pyarrow.parquet as pq

from mnemo import hashes, images, tables
from mnemo.crates import layout

_PARQUET = "application/x-parquet"


def describe(
    folder: Path, about: Mapping[str, Any], *, study: str, limits: str, date: str, version: str
) -> str:
    """Describe the tables and the shards of images of a crate.

    Args:
        folder: The crate's folder, with its tables and images.
        about: The section `publish` of the study.
        study: Name of the study.
        limits: What the data should not be used for.
        date: The date of publication, as YYYY-MM-DD.
        version: Version of the data, such as 1.0.0.

    Returns:
        The text of `croissant.json`.
    """
    held = sorted((folder / layout.TABLES).glob("*.parquet"))
    distribution: list[Any] = [_file(path, folder) for path in held]
    records = [_records(path) for path in held]
    for shape in ("square", "oval"):
        shards = sorted((folder / layout.IMAGES).rglob(f"{shape}/*.parquet"))
        if shards:
            pattern = f"{layout.IMAGES}/**/{shape}/*.parquet"
            distribution.append(
                mlc.FileSet(
                    id=f"images-{shape}",
                    name=f"images-{shape}",
                    description=f"Shards of {shape} images",
                    encoding_formats=[_PARQUET],
                    includes=[pattern],
                )
            )
            records.append(_pictures(shards[0], shape))
    people = [mlc.Person(name=each["name"]) for each in about["authors"]]
    metadata = mlc.Metadata(
        name=study,
        description=about["description"],
        license=[f"https://spdx.org/licenses/{about['licence']}"],
        creators=people,
        date_published=date,
        version=version,
        url="./",
        cite_as=_citation(about, study, date),
        data_biases=["The images show what the generator learned from its own training images."],
        data_limitations=[limits],
        distribution=distribution,
        record_sets=records,
    )
    return json.dumps(metadata.to_json(), indent=2, default=str, ensure_ascii=False) + "\n"


def _citation(about: Mapping[str, Any], study: str, date: str) -> str:
    names = " and ".join(each["name"] for each in about["authors"])
    year = date[:4]
    return (
        f"@misc{{{study}, author = {{{names}}}, title = {{{about['title']}}}, year = {{{year}}}}}"
    )


def _file(path: Path, folder: Path) -> mlc.FileObject:
    return mlc.FileObject(
        id=path.name,
        name=path.name,
        description=tables.metadata(path)["title"],
        content_url=path.relative_to(folder).as_posix(),
        content_size=f"{path.stat().st_size} B",
        encoding_formats=[_PARQUET],
        sha256=hashes.of(path),
    )


def _records(path: Path) -> mlc.RecordSet:
    fields = [
        _field(each, path.stem, mlc.Source(file_object=path.name, extract=_column(each.name)))
        for each in pq.read_schema(path)
    ]
    return mlc.RecordSet(
        id=path.stem, name=path.stem, description=tables.metadata(path)["title"], fields=fields
    )


def _pictures(shard: Path, shape: str) -> mlc.RecordSet:
    name = f"images-{shape}"
    fields = []
    for each in pq.read_schema(shard):
        source = mlc.Source(file_set=name, extract=_column(each.name))
        if each.type == images.PIXELS.type:
            source.transforms = [mlc.Transform(json_path="bytes")]
        fields.append(_field(each, f"{shape}-images", source))
    return mlc.RecordSet(
        id=f"{shape}-images",
        name=f"{shape}-images",
        description=tables.metadata(shard)["title"],
        fields=fields,
    )


def _column(name: str) -> mlc.Extract:
    return mlc.Extract(column=name)


def _field(field: pa.Field, table: str, source: mlc.Source) -> mlc.Field:
    listed = pa.types.is_list(field.type)
    return mlc.Field(
        id=f"{table}/{field.name}",
        name=field.name,
        description=(field.metadata or {}).get(b"description", b"").decode(),
        data_types=[_type(field.type.value_type if listed else field.type)],
        source=source,
        **({"is_array": True, "array_shape": "-1"} if listed else {}),
    )


def _type(kind: pa.DataType) -> Any:
    if kind == images.PIXELS.type:
        return mlc.DataType.IMAGE_OBJECT
    if pa.types.is_boolean(kind):
        return mlc.DataType.BOOL
    if pa.types.is_integer(kind):
        return mlc.DataType.INTEGER
    if pa.types.is_floating(kind):
        return mlc.DataType.FLOAT
    return mlc.DataType.TEXT
