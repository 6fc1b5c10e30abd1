"""A database made of a set's faces, in the layout of the 10k US Adult Faces Database."""

import shutil
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
from openpyxl.writer.excel import ExcelWriter

from mnemo import files, scores
from mnemo.errors import MnemoError
from mnemo.images import Pixels, encode
from mnemo.images import read as read_shard
from mnemo.training.database import COLUMNS, GROUPS
from mnemo.training.layout import IMAGES, SCORES

#: Height of the ovals in pixels.
HEIGHT = 256
# The earliest date that a zip file can hold.
_EPOCH = datetime(1980, 1, 1)


def make(
    folder: str | Path,
    images: Mapping[str, Sequence[str | Path]],
    hit_rates: Sequence[str | Path],
    false_alarm_rates: Sequence[str | Path],
) -> None:
    """Make a database of a set's faces, with the scores of one or two assessors as rates.

    Args:
        folder: Where it goes; it must not exist or be empty, and its parent must exist.
        images: The shards of the images of each shape.
        hit_rates: Tables of scores of these images, in the same order.
        false_alarm_rates: The same by another assessor; none for a database without such rates.

    Raises:
        MnemoError: As for `write`; or a shard or table is damaged.
        ValueError: The images that have rates are others.
    """
    columns = ["image", "shape", "score"]
    hits = scores.read(hit_rates, columns)
    alarms = scores.read(false_alarm_rates, columns) if false_alarm_rates else None
    if alarms is not None and not hits[columns[:2]].equals(alarms[columns[:2]]):
        raise ValueError("the two assessors scored different images")
    write(
        folder,
        hits["image"],
        chain.from_iterable(map(_pixels, images.values())),
        hits["score"],
        None if alarms is None else alarms["score"],
        hits["shape"],
    )


def _pixels(shards: Iterable[str | Path]) -> Iterator[Pixels]:
    """Read the images of a shape that there are, in order."""
    for shard in shards:
        yield from read_shard(shard)[1]


def write(
    folder: str | Path,
    names: Iterable[str],
    images: Iterable[Pixels],
    hit_rates: Iterable[float],
    false_alarm_rates: Iterable[float] | None = None,
    shapes: Iterable[str] | None = None,
) -> None:
    """Write a database whole or not at all, the same bytes for the same content.

    Args:
        folder: Where it goes; it must not exist or be empty, and its parent must exist.
        names: Of the faces that the images show; a file is called after it, `<name>_oval.jpg`.
        images: Each (height, width, 3), RGB, made as they are asked for; an oval is on white, and
            `HEIGHT` high.
        hit_rates: Of the images, 0 to 1.
        false_alarm_rates: Of the images, 0 to 1; None for a database without such rates.
        shapes: Of the images, square or oval. With these the spreadsheet has the columns `Group`,
            which holds the face, and `Shape`; without, all are ovals of one face each.

    Raises:
        MnemoError: A rate is outside 0 to 1, the folder has something in it, or the disk is full.
        ValueError: There are more of one than of another, or what is called an oval is none.
    """
    folder = Path(folder)
    if folder.exists() and any(folder.iterdir()):
        raise MnemoError(
            f"{folder} is not empty. Move its content elsewhere, or choose another folder."
        )
    rates = [hit_rates] if false_alarm_rates is None else [hit_rates, false_alarm_rates]
    names, grouped = list(names), shapes is not None
    shapes = ["oval"] * len(names) if shapes is None else shapes
    headings = [*COLUMNS.values()][: 1 + len(rates)] + ([*GROUPS.values()] if grouped else [])
    # A name that does not change: what a killed job left is replaced, and not left for good.
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        for part in (IMAGES, SCORES.parent):
            (partial / part).mkdir(parents=True)
        rows: list[Sequence[str | float]] = [headings]
        of_each = zip(names, images, shapes, zip(*rates, strict=True), strict=True)
        for name, image, shape, rated in of_each:
            if shape == "oval":
                _check_oval(name, image)
            if not all(0 <= rate <= 1 for rate in rated):
                raise MnemoError(
                    f"image {name} has the rates {' and '.join(f'{rate:g}' for rate in rated)}, "
                    "which must be from 0 to 1: take assessors whose scores are rates."
                )
            file = f"{name}_{shape}.jpg"
            rows.append([file, *map(float, rated), *([name, shape] if grouped else [])])
            _write_file(partial / IMAGES / file, encode(image, name, "jpeg")["bytes"])
        _write_file(partial / SCORES, _spreadsheet(rows))
        partial.replace(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _check_oval(name: str, image: Pixels) -> None:
    # A JPEG's white may be a level or two off.
    corners = image[[0, 0, -1, -1], [0, -1, 0, -1]]
    if image.shape[0] != HEIGHT or image.dtype != np.uint8 or corners.min() < 250:
        raise ValueError(
            f"image {name} of {image.shape} with corners of {corners.min()} is no oval on white, "
            f"{HEIGHT} pixels high"
        )


def _write_file(path: Path, content: Any) -> None:
    with files.whole(path) as partial:
        partial.write_bytes(content)


def _spreadsheet(rows: Iterable[Sequence[str | float]]) -> bytes:
    """Make an .xlsx file of one sheet, the same bytes at any time."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.properties.created = book.properties.modified = _EPOCH
    dated, undated = BytesIO(), BytesIO()
    # Workbook.save would write the time as that of the change.
    with zipfile.ZipFile(dated, "w") as archive:
        ExcelWriter(book, archive).write_data()
    with zipfile.ZipFile(dated) as archive, zipfile.ZipFile(undated, "w") as copy:
        for entry in archive.infolist():
            # A ZipInfo's date is the earliest; stored, since versions of zlib compress differently.
            copy.writestr(zipfile.ZipInfo(entry.filename), archive.read(entry))
    return undated.getvalue()
