"""The tables that Mnemo writes: one schema each, read and written in one way."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mnemo import __version__, files, hashes
from mnemo.errors import MnemoError


def _field(
    name: str,
    kind: pa.DataType,
    description: str,
    *,
    unit: str = "",
    limits: str = "",
    nullable: bool = False,
) -> pa.Field:
    metadata = {"description": description}
    if unit:
        metadata["unit"] = unit
    if limits:
        metadata["range"] = limits
    return pa.field(name, kind, nullable=nullable, metadata=metadata)


def _interval(name: str, what: str, *, nullable: bool = False, **more: str) -> list[pa.Field]:
    """Make the fields of an estimate and of the two ends of its confidence interval."""
    return [
        _field(name, pa.float64(), what, nullable=nullable, **more),
        _field(f"{name}_low", pa.float64(), f"lower end of the interval of {name}", nullable=True),
        _field(f"{name}_high", pa.float64(), f"upper end of the interval of {name}", nullable=True),
    ]


def _schema(title: str, *fields: pa.Field) -> pa.Schema:
    return pa.schema(fields, metadata={"title": title})


_IMAGE = _field("image", pa.string(), "key of the image: the seed, zero-padded to 7 digits or more")
_SET = _field("set", pa.string(), "image set", limits="fit, eval, reference")
_EDIT = _field("edit", pa.string(), "name of the edit; null for unedited sets", nullable=True)
_ALPHA = _field(
    "alpha",
    pa.float64(),
    "distance moved along the unit normal of the hyperplane, or along the unit vector of a "
    "direction; null for unedited sets",
    unit="length in the latent space of the edit",
    nullable=True,
)
_ASSESSOR = _field("assessor", pa.string(), "model that scored the image")
_SHAPE = _field("shape", pa.string(), "shape of the image scored", limits="square, oval")
_PIXELS = _field(
    "pixels",
    pa.struct([pa.field("bytes", pa.binary()), pa.field("path", pa.string())]),
    "the encoded image and its file name, as Hugging Face datasets lays images out; null where "
    "no face was found",
    nullable=True,
)
_LATENT = pa.list_(pa.field("element", pa.float32(), nullable=False))
#: Which image of the study a row is about.
PLACE = (_SET, _EDIT, _ALPHA, _IMAGE)
# Rows of features read at a time.
_BLOCK = 8192


def _for_datasets(schema: pa.Schema) -> pa.Schema:
    """Add the metadata from which Hugging Face datasets knows that `pixels` holds images."""
    kinds = {pa.float64(): "float64", pa.bool_(): "bool"}
    features = {
        field.name: {"_type": "Image"}
        if field.name == "pixels"
        else {"_type": "Value", "dtype": kinds.get(field.type, str(field.type))}
        for field in schema
    }
    return schema.with_metadata(
        {**schema.metadata, "huggingface": json.dumps({"info": {"features": features}})}
    )


LATENTS = _schema(
    "Latents of a set's images, one shard",
    *PLACE,
    _field("seed", pa.int64(), "seed that the latent was drawn from"),
    _field("z", _LATENT, "latent of the generator's input space", nullable=True),
    _field(
        "w",
        _LATENT,
        "latent of the intermediate space, truncated; one row that all layers share, or with a "
        "truncation cutoff that of the truncated layers",
        nullable=True,
    ),
    _field(
        "w_plus",
        _LATENT,
        "a w for each layer, one after the other, where the layers' differ",
        nullable=True,
    ),
    _field(
        "class_index",
        pa.int16(),
        "class of a conditional generator, in ImageNet's order",
        limits="0 to 999",
        nullable=True,
    ),
)
_FACE = (
    _field("status", pa.string(), "what MTCNN found", limits="found, several, none"),
    _field("faces", pa.int64(), "faces that MTCNN found"),
    _field("left", pa.int64(), "left edge of the face's box", unit="pixel", nullable=True),
    _field("top", pa.int64(), "top edge of the face's box", unit="pixel", nullable=True),
    _field("width", pa.int64(), "width of the face's box", unit="pixel", nullable=True),
    _field("height", pa.int64(), "height of the face's box", unit="pixel", nullable=True),
    _field(
        "confidence",
        pa.float64(),
        "confidence of MTCNN in the face",
        limits="0 to 1",
        nullable=True,
    ),
    _field("clamped", pa.bool_(), "whether the box and its margin ran over the image's border"),
)
IMAGES = _for_datasets(_schema("Square images, one shard", *PLACE, _PIXELS))
OVALS = _for_datasets(_schema("Oval images, one shard", *PLACE, _PIXELS, *_FACE))
FEATURES = _schema(
    "Features of a set's images, one shard",
    *PLACE,
    _field(
        "features",
        _LATENT,
        "activations of the feature extractor; null where it needs a face and finds none",
        nullable=True,
    ),
)
SCORES = _schema(
    "Scores of the images, by assessor and shape",
    *PLACE,
    _ASSESSOR,
    _SHAPE,
    _field("score", pa.float32(), "what the assessor says of the image, as it says it, unscaled"),
)
FACES = _schema("What MTCNN found in the images that were made ovals", *PLACE, *_FACE)
HYPERPLANES = _schema(
    "Hyperplanes that separate high from low scores, and how well",
    _field("space", pa.string(), "latent space of the hyperplane", limits="z, w, w_plus"),
    _ASSESSOR,
    _SHAPE,
    _field("threshold", pa.string(), "rule that cuts high from low", limits="mean, median"),
    _field("cut", pa.float64(), "the threshold's value; a score at or above it is high"),
    _field("n", pa.int64(), "images that have a score, fitted on or held out"),
    _field("validation", pa.string(), "how seeds were held out"),
    *_interval("accuracy", "share of held-out seeds on the right side", limits="0 to 1"),
    _field("auc", pa.float64(), "area under the ROC curve on held-out seeds", limits="0 to 1"),
    _field("base_rate", pa.float64(), "share of the larger class", limits="0.5 to 1"),
    _field(
        "permuted_accuracy",
        pa.float64(),
        "accuracy on held-out seeds with shuffled labels, the control",
        limits="0 to 1",
    ),
    _field("train_accuracy", pa.float64(), "accuracy on the seeds fitted on", limits="0 to 1"),
    _field("layers", pa.int64(), "layers that the space tiles one latent over; 1 but for w_plus"),
    _field("normal", pa.list_(pa.field("element", pa.float64(), nullable=False)), "unit normal"),
    _field(
        "intercept",
        pa.float64(),
        "signed distance of the origin: the distance of a latent is normal . latent + intercept",
    ),
    _field("coefficient_norm", pa.float64(), "logits per unit of distance from the hyperplane"),
)
DIRECTIONS = _schema(
    "Direction of an edit that was read from a file",
    _field("space", pa.string(), "latent space of the direction", limits="z, w, w_plus"),
    _field("normal", pa.list_(pa.field("element", pa.float64(), nullable=False)), "unit vector"),
    _field("norm", pa.float64(), "length of the vector that the file holds"),
    _field("layers", pa.int64(), "layers that the direction has a part for; 1 but for w_plus"),
    _field(
        "foreign",
        pa.bool_(),
        "whether the file was made with other weights, or for another number of layers, as far as "
        "it tells",
    ),
    _field("source", pa.string(), "name of the file"),
)
AGREEMENT = _schema(
    "Rank agreement of assessors and shapes on the same images",
    _field("assessor_a", pa.string(), "one assessor"),
    _field("shape_a", pa.string(), "the shape that it scored"),
    _field("assessor_b", pa.string(), "the other assessor"),
    _field("shape_b", pa.string(), "the shape that it scored"),
    _field("n", pa.int64(), "images that both scored"),
    *_interval("spearman", "Spearman's rank correlation", limits="-1 to 1"),
    *_interval("kendall", "Kendall's tau-b", limits="-1 to 1"),
)
_EDITED = [_field("edit", pa.string(), "name of the edit"), _ASSESSOR, _SHAPE]
_MOVED = _field(
    "alpha",
    pa.float64(),
    "distance moved along the unit normal of the hyperplane",
    unit="length in the latent space of the edit",
)
_SLOPE = (
    _field("slope", pa.float64(), "change of score", unit="score per unit of alpha", nullable=True),
    _field("low", pa.float64(), "lower end of the interval of the slope", nullable=True),
    _field("high", pa.float64(), "upper end of the interval of the slope", nullable=True),
)
DOSE_RESPONSE = _schema(
    "Mean score at each alpha",
    *_EDITED,
    _MOVED,
    _field("n", pa.int64(), "images scored"),
    _field("mean", pa.float64(), "mean score", nullable=True),
    _field("low", pa.float64(), "lower end of the interval of the mean", nullable=True),
    _field("high", pa.float64(), "upper end of the interval of the mean", nullable=True),
)
SLOPES = _schema(
    "Slope of the score over alpha, from a linear mixed-effects model",
    *_EDITED,
    _field("n", pa.int64(), "images"),
    *_SLOPE,
    _field("p_value", pa.float64(), "of the Wald test against a slope of 0", nullable=True),
    _field("model", pa.string(), "the model's formula, as R's lme4 writes it"),
)
LOCAL_SLOPES = _schema(
    "Slope of the score between neighbouring alphas",
    *_EDITED,
    _field("alpha_low", pa.float64(), "the smaller alpha"),
    _field("alpha_high", pa.float64(), "the larger alpha"),
    _field("n", pa.int64(), "images scored at both"),
    *_SLOPE,
)
CALIBRATION = _schema(
    "Alpha that gives a wanted change of the mean score",
    *_EDITED,
    _field("change", pa.float64(), "wanted change of the mean score against alpha 0"),
    _field(
        "alpha", pa.float64(), "alpha that gives it; null outside what was measured", nullable=True
    ),
    _field("low", pa.float64(), "lower end of the interval of alpha", nullable=True),
    _field("high", pa.float64(), "upper end of the interval of alpha", nullable=True),
)
REALNESS = _schema(
    "Distance of the edited images from the reference set",
    _field("edit", pa.string(), "name of the edit"),
    _MOVED,
    _field("features", pa.string(), "feature extractor", limits="resnet152, inception"),
    _field("n", pa.int64(), "images"),
    *_interval("frechet", "Fréchet distance to the reference set (FID on inception features)"),
    *_interval("frechet_ratio", "Fréchet distance over that at alpha 0"),
    *_interval("kernel", "kernel distance to the reference set (KID on inception features)"),
    *_interval(
        "kernel_ratio",
        "kernel distance over that at alpha 0; null where that is not clearly above 0",
        nullable=True,
    ),
)
_RUN = _field(
    "run",
    pa.string(),
    "which training; folds: the mean over those",
    limits="holdout, fold-01, fold-02, …, folds",
)
_FILE = _field("file", pa.string(), "file name of the image, as in the spreadsheet")
_RATES = (
    _field("hit_rate", pa.float64(), "hits over presentations of a repeat", limits="0 to 1"),
    _field(
        "false_alarm_rate",
        pa.float64(),
        "false alarms over first presentations",
        limits="0 to 1",
    ),
)
SPLIT = _schema(
    "Images of a database of memorability, and which part of it each is in",
    _FILE,
    *_RATES,
    _field("target", pa.float64(), "what an assessor is trained to say of the image"),
    _field("split", pa.string(), "part", limits="train, validation, test"),
    _field("fold", pa.int64(), "fold of the cross-validation, from 1", nullable=True),
)
CURVES = _schema(
    "How an assessor's training went, epoch by epoch",
    _RUN,
    _field("epoch", pa.int64(), "epoch, from 1"),
    _field("learning_rate", pa.float64(), "of the epoch"),
    _field("train_loss", pa.float64(), "mean loss of the batches trained on"),
    _field("validation_loss", pa.float64(), "mean loss of the images for validation"),
    _field(
        "validation_spearman",
        pa.float64(),
        "rank correlation of score and target on the images for validation",
        limits="-1 to 1",
        nullable=True,
    ),
    _field("chosen", pa.bool_(), "whether the assessor is that of this epoch"),
)
PREDICTIONS = _schema(
    "What a trained assessor says of images that it was not trained on",
    _RUN,
    _FILE,
    _field("target", pa.float64(), "what it should say"),
    _field("score", pa.float32(), "what it says"),
)
TRAINING = _schema(
    "How well a trained assessor ranks images that it was not trained on",
    _RUN,
    _ASSESSOR,
    _field("architecture", pa.string(), "network"),
    _field("target", pa.string(), "what was trained for", limits="hit_rate, true_hit_rate"),
    _field("n", pa.int64(), "test images"),
    *_interval("spearman", "rank correlation of score and target", limits="-1 to 1"),
    *_interval(
        "ceiling",
        "rank correlation of the targets that two halves of the human responses give, published as "
        "the ceiling; null where the data has no counts",
        nullable=True,
        limits="-1 to 1",
    ),
)
TRANSFER = _schema(
    "Edits along the normal of one assessor's hyperplane, scored by another assessor",
    _field("edit", pa.string(), "name of the edit"),
    _field("space", pa.string(), "latent space of the hyperplane", limits="z, w, w_plus"),
    _field("fitted_on", pa.string(), "assessor whose scores the hyperplane separates"),
    _field("fitted_shape", pa.string(), "shape that it scored", limits="square, oval"),
    _field("threshold", pa.string(), "rule that cuts high from low", limits="mean, median"),
    _ASSESSOR,
    _SHAPE,
    _field("n", pa.int64(), "images"),
    *_SLOPE,
    _field("deviation", pa.float64(), "standard deviation of the assessor's scores of the set fit"),
    *_interval(
        "standard_slope",
        "slope over that deviation, which can be compared between assessors",
        unit="standard deviations per unit of alpha",
        nullable=True,
    ),
)
CONDITIONS = _schema(
    "What an edit holds still, and how its direction lies to that",
    _field("edit", pa.string(), "name of the edit"),
    _field("attribute", pa.string(), "assessor of what is held"),
    _field(
        "cosine_before",
        pa.float64(),
        "cosine between the edit's hyperplane's normal and the attribute's",
        limits="-1 to 1",
    ),
    _field(
        "cosine_after",
        pa.float64(),
        "the same after the projection",
        limits="-1 to 1",
    ),
    _field(
        "kept",
        pa.float64(),
        "length of the unit normal that the projection leaves",
        limits="0 to 1; above 1 under the preset faithful where attributes are alike",
    ),
)
DRIFT = _schema(
    "How an edit changes each attribute, against alpha 0",
    _field("edit", pa.string(), "name of the edit"),
    _field("attribute", pa.string(), "assessor of the attribute"),
    _SHAPE,
    _field("held", pa.bool_(), "whether the edit holds the attribute"),
    _MOVED,
    _field("n", pa.int64(), "images scored at this alpha and at 0"),
    _field("change", pa.float64(), "mean change of the attribute's score", nullable=True),
    _field("low", pa.float64(), "lower end of the interval of the change", nullable=True),
    _field("high", pa.float64(), "upper end of the interval of the change", nullable=True),
    _field("deviation", pa.float64(), "standard deviation of its scores of the set fit"),
)
IDENTITY = _schema(
    "Whether the edited face is still that of the same person",
    _field("edit", pa.string(), "name of the edit"),
    _MOVED,
    _field("n", pa.int64(), "images with a face both at this alpha and at 0"),
    _field("lost", pa.int64(), "images with a face at alpha 0 and none at this alpha"),
    *_interval("distance", "mean distance of the embedding to that at alpha 0", nullable=True),
    *_interval(
        "accepted",
        "share of the images whose distance is below the threshold",
        limits="0 to 1",
        nullable=True,
    ),
    _field("threshold", pa.float64(), "distance below which two faces are one person's"),
    _field(
        "chance",
        pa.float64(),
        "share of the pairs of different images at alpha 0 whose distance is below it too",
        limits="0 to 1",
        nullable=True,
    ),
)

#: The study's public tables by name, in the order in which a study makes them.
PUBLIC: dict[str, pa.Schema] = {
    "scores": SCORES,
    "faces": FACES,
    "agreement": AGREEMENT,
    "hyperplanes": HYPERPLANES,
    "dose_response": DOSE_RESPONSE,
    "slopes": SLOPES,
    "local_slopes": LOCAL_SLOPES,
    "calibration": CALIBRATION,
    "transfer": TRANSFER,
    "conditions": CONDITIONS,
    "drift": DRIFT,
    "realness": REALNESS,
    "identity": IDENTITY,
    "training": TRAINING,
    "curves": CURVES,
    "predictions": PREDICTIONS,
}
#: The tables that a set's shards hold, by the name of their folder.
SHARDS: dict[str, pa.Schema] = {
    "latents": LATENTS,
    "square": IMAGES,
    "oval": OVALS,
    "features": FEATURES,
    "scores": SCORES,
}

Columns: TypeAlias = Mapping[str, Sequence[Any]] | pd.DataFrame | pa.Table


class Provenance(NamedTuple):
    """Who wrote a table, from what: it goes into the file's metadata under `mnemo.`.

    Attributes:
        study: The study's name.
        rule: The rule that wrote the table.
        weights: The sha256 of each of the weights behind it, by name.
        settings: The settings of the rule.
        config_digest: For a table of the whole study, the sha256 of its config.
    """

    study: str
    rule: str
    weights: Mapping[str, str | None]
    settings: Mapping[str, Any]
    config_digest: str = ""

    @classmethod
    def of(cls, rule: str, params: Iterable[tuple[str, Any]]) -> "Provenance":
        """Gather what a rule's params say.

        Args:
            rule: The rule's name.
            params: The rule's params by name: `stamp` has the study's name, the weights with the
                sha256 that is published or else the file's path, and perhaps the config's digest;
                `code` is left out, and the rest are the settings.

        Returns:
            The provenance.
        """
        settings = dict(params)
        settings.pop("code")
        stamp = dict(settings.pop("stamp"))
        stamp["weights"] = {name: hashes.known(told) for name, told in stamp["weights"].items()}
        return cls(rule=rule, **stamp, settings=settings)

    def metadata(self) -> dict[str, str]:
        """Write it as a schema's metadata, with Mnemo's version."""
        words = {"version": __version__, **self._asdict()}
        return {
            f"mnemo.{key}": value
            if isinstance(value, str)
            else json.dumps(value, sort_keys=True, default=list)
            for key, value in words.items()
            if value != ""
        }


@contextmanager
def _opened(
    path: str | Path, schema: pa.Schema, provenance: Provenance
) -> Iterator[pq.ParquetWriter]:
    stamped = schema.with_metadata({**schema.metadata, **provenance.metadata()})
    # The page checksums are what makes a flipped bit an error rather than another number.
    settings = {"compression": "zstd", "write_page_checksum": True}
    with files.whole(path) as partial, pq.ParquetWriter(partial, stamped, **settings) as out:
        yield out


def conform(columns: Columns, schema: pa.Schema, name: str = "table") -> pa.Table:
    """Cast columns to a schema, which also says where a value may be missing.

    Args:
        columns: A sequence for each field of the schema, or a frame or table that has them all;
            more than those are left out.
        schema: What the table must be.
        name: What an error calls the table.

    Returns:
        The table, its columns in the schema's order.

    Raises:
        ValueError: A column is absent or lacks a value that it must have.
        pyarrow.ArrowInvalid: A column does not cast to its type.
    """
    if isinstance(columns, pd.DataFrame):
        # A missing number is NaN to pandas, and null in a table.
        columns = {field: pa.array(columns[field], from_pandas=True) for field in columns}
    given = columns.column_names if isinstance(columns, pa.Table) else list(columns)
    absent = [field for field in schema.names if field not in given]
    if absent:
        raise ValueError(f"{name}: no column {', '.join(absent)}")
    if isinstance(columns, pa.Table):
        table = columns.select(schema.names).cast(schema)
    else:
        table = pa.table({field: columns[field] for field in schema.names}, schema=schema)
    # pyarrow records `nullable=False` but doesn't enforce it.
    empty = [field.name for field in schema if not field.nullable and table[field.name].null_count]
    if empty:
        raise ValueError(f"{name}: no value may be missing in {', '.join(empty)}")
    return table


def write(path: str | Path, schema: pa.Schema, columns: Columns, provenance: Provenance) -> None:
    """Write a table whole or not at all, the same bytes for the same content.

    Args:
        path: Where the parquet file goes; its folder must exist.
        schema: What the table must be.
        columns: As for `conform`.
        provenance: Who writes it, from what.

    Raises:
        MnemoError: The disk is full.
    """
    write_parts(path, schema, [columns], provenance)


def write_parts(
    path: str | Path, schema: pa.Schema, parts: Iterable[Columns], provenance: Provenance
) -> None:
    """Write a table part by part, as they are made, in the memory of one.

    Args:
        path: Where the parquet file goes; its folder must exist.
        schema: What the table must be.
        parts: Each as for `conform`; each becomes a row group.
        provenance: Who writes it, from what.

    Raises:
        MnemoError: The disk is full.
    """
    with _opened(path, schema, provenance) as out:
        for part in parts:
            out.write_table(conform(part, schema, str(path)))


def merge(
    parts: Iterable[str | Path], path: str | Path, schema: pa.Schema, provenance: Provenance
) -> None:
    """Join tables of one schema into one file, a row group for each, in constant memory.

    Args:
        parts: The files to join, in order; columns that the schema lacks are left out.
        path: Where the joined table goes.
        schema: The schema of the joined table.
        provenance: As for `write`.

    Raises:
        MnemoError: A part is damaged, or the joined table can't be written.
    """
    write_parts(path, schema, (read(part, schema.names) for part in parts), provenance)


def read(path: str | Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Read a table that Mnemo wrote.

    Args:
        path: A parquet file.
        columns: The columns wanted; all when None.

    Returns:
        The table.

    Raises:
        MnemoError: The file is missing, damaged or cut short, or lacks a column.
    """
    with _readable(path, columns or []) as file:
        return file.read(columns=list(columns) if columns is not None else None)


@contextmanager
def _readable(path: str | Path, columns: Sequence[str]) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            absent = [name for name in columns if name not in file.schema_arrow.names]
            if absent:
                raise MnemoError(f"{path} has no column {', '.join(absent)}. {_REMEDY}")
            yield file
    except FileNotFoundError:
        raise MnemoError(f"{path} is missing. Run the same command again to make it.") from None
    except (pa.ArrowException, OSError, ValueError) as why:
        raise MnemoError(f"{path} is damaged or cut short ({why}). {_REMEDY}") from why


_REMEDY = "Delete it and run the same command again; only it and what hangs on it is redone."


def frame(paths: Iterable[str | Path], columns: Sequence[str]) -> pd.DataFrame:
    """Read columns of the shards of a table as one frame.

    Args:
        paths: The shards, in order.
        columns: The columns wanted.

    Returns:
        A row for each row of the shards.

    Raises:
        MnemoError: As for `read`.
    """
    whole: pd.DataFrame = pa.concat_tables([read(path, columns) for path in paths]).to_pandas()
    return whole


def parts(table: pa.Table, rows: int = 256) -> Iterator[pa.Table]:
    """Cut a table into parts, for work whose results would fill the memory if made at once.

    Args:
        table: Any table.
        rows: Rows of a part; the last may have fewer.

    Yields:
        The parts, in order.
    """
    for start in range(0, len(table), rows):
        yield table.slice(start, rows)


def place(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    """Take the columns that say which images a table's rows are about.

    Args:
        table: A table with the columns `PLACE`.

    Returns:
        Those columns by name.
    """
    return {field.name: table[field.name] for field in PLACE}


def scored(
    images: pa.Table, assessor: str, shape: str, scores: NDArray[np.float32]
) -> dict[str, Any]:
    """Gather the columns of `SCORES` for some images.

    Args:
        images: A table with the columns `PLACE`.
        assessor: Who scored them.
        shape: The shape that was scored.
        scores: (n,).

    Returns:
        The columns.
    """
    n = len(images)
    return {**place(images), "assessor": [assessor] * n, "shape": [shape] * n, "score": scores}


def lists(rows: NDArray[np.float32], absent: pa.BooleanArray | None = None) -> pa.ListArray:
    """Put a matrix into a column, a list for each row.

    Args:
        rows: (n, dim).
        absent: (n,), true for rows that are null in the column; none when None.

    Returns:
        n lists of dim numbers.
    """
    offsets = pa.array(np.arange(len(rows) + 1, dtype=np.int32) * rows.shape[1])
    numbers = pa.array(rows.ravel())
    return pa.ListArray.from_arrays(offsets, numbers, type=_LATENT, mask=absent)


def rows(column: pa.ChunkedArray) -> NDArray[np.float32]:
    """Take a column of equally long lists as a matrix, without a copy where it is one chunk.

    Args:
        column: n lists of dim numbers, none missing.

    Returns:
        (n, dim).
    """
    values: NDArray[np.float32] = column.combine_chunks().flatten().to_numpy()
    return values.reshape(len(column), -1)


def difference(first: pa.Table, second: pa.Table) -> NDArray[np.float32]:
    """Subtract the scores of the same images.

    Args:
        first: A table `SCORES`.
        second: Another, of the same images in the same order.

    Returns:
        (n,), first minus second.

    Raises:
        ValueError: The images are not the same.
    """
    if not all(first[field.name].equals(second[field.name]) for field in PLACE):
        raise ValueError("scores of different images can't be subtracted")
    scores: NDArray[np.float32] = first["score"].to_numpy() - second["score"].to_numpy()
    return scores


def features(
    paths: Iterable[str | Path],
) -> dict[float | None, tuple[list[str], Iterator[NDArray[np.float32]]]]:
    """Read the features of some sets, in the memory of one block of them at a time.

    Args:
        paths: Tables `FEATURES`.

    Returns:
        For each alpha (None: unedited), the images' keys, and blocks of their (n, 2048) features
        in the same order, which are read as they are asked for, once.

    Raises:
        MnemoError: As for `read`.
    """
    keys: dict[float | None, list[str]] = {}
    shards: dict[float | None, list[str | Path]] = {}
    for path in paths:
        part = read(path, ["alpha", "image"])
        alpha = part["alpha"][0].as_py()
        keys.setdefault(alpha, []).extend(part["image"].to_pylist())
        shards.setdefault(alpha, []).append(path)
    return {alpha: (keys[alpha], _blocks(shards[alpha], "features")) for alpha in keys}


def _blocks(paths: Iterable[str | Path], column: str) -> Iterator[NDArray[np.float32]]:
    for path in paths:
        with _readable(path, [column]) as file:
            for batch in file.iter_batches(_BLOCK, columns=[column]):
                yield rows(pa.chunked_array([batch[column]]))


def scores(paths: Sequence[str | Path], columns: Sequence[str]) -> pd.DataFrame:
    """Read scores, of which there must be some.

    Args:
        paths: Tables `SCORES`.
        columns: The columns wanted.

    Returns:
        A row for each score.

    Raises:
        MnemoError: As for `read`; or there is no score, since no face was found in any image.
    """
    read_scores = frame(paths, columns)
    if read_scores.empty:
        raise MnemoError(
            f"{Path(paths[0]).parent} has no score: no face was found in any image. Look at the "
            "images: change `truncation_psi` until they are faces, give MTCNN a larger "
            "`ovals.detection_height`, or take `oval` out of `shapes`."
        )
    return read_scores


def metadata(path: str | Path) -> dict[str, str]:
    """Read what the writer of a table said of it.

    Args:
        path: A parquet file that Mnemo wrote.

    Returns:
        The schema's metadata: the title, and what `write` was told, under `mnemo.`.
    """
    return {
        key.decode(): value.decode() for key, value in (pq.read_schema(path).metadata or {}).items()
    }
