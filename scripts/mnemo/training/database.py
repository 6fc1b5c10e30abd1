"""A folder laid out like the 10k US Adult Faces Database: read, checked and split.

The database (Bainbridge, Isola and Oliva, Journal of Experimental Psychology: General 142:4, 2013)
holds 10,168 faces as ovals on white, 256 pixels high. 2,222 of them, the targets, have a row in the
spreadsheet of scores; the others were fillers of the experiment, or not shown. The names of its
folders and columns are those that the code of the paper's authors reads (mamyou96/FaceMem).
"""

import hashlib
import json
import logging
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from sklearn.model_selection import KFold, train_test_split

from mnemo import hashes, names, spreadsheets
from mnemo.errors import MnemoError
from mnemo.training import tables as training_tables
from mnemo.training.layout import COLUMNS as COLUMNS
from mnemo.training.layout import COUNTS as COUNTS
from mnemo.training.layout import IMAGES as IMAGES
from mnemo.training.layout import LEAST as LEAST
from mnemo.training.layout import RATES as RATES
from mnemo.training.layout import SCORES as SCORES

Target = Literal["hit_rate", "true_hit_rate"]

LOGGER = logging.getLogger(__name__)
#: Columns that may be absent: what the split keeps together, such as the images of one face, and
#: the shape of each image. A database that a study makes has both.
GROUPS = {"group": "Group", "shape": "Shape"}
#: Shapes that an image may have.
SHAPES = ("square", "oval")
#: What Pillow raises at a damaged image.
UNDECODABLE = (OSError, SyntaxError, ValueError)

# Formats that are read: others that Pillow knows start programs or are not single pictures.
_FORMATS = ("JPEG", "PNG")
_SUFFIXES = (".jpg", ".jpeg", ".png")
_MODES = ("1", "L", "P", "RGB")
# A file can claim far more than it holds.
_MOST_PIXELS = 2**27


def root(watched: str | Path) -> Path:
    """Find a database's folder from what Snakemake watches of it.

    Args:
        watched: The folder of a database that the study makes, or the spreadsheet of one that the
            user has.

    Returns:
        The folder.
    """
    path = Path(watched)
    return path if path.is_dir() else path.parents[len(SCORES.parts) - 1]


def read(folder: str | Path, *, target: Target, fillers: bool = False) -> pd.DataFrame:
    """Read a database, once everything in it is found to be right.

    Args:
        folder: The folder that has `IMAGES` and `SCORES`.
        target: What an assessor is trained to say of an image: "hit_rate", or "true_hit_rate", hit
            rate minus false-alarm rate (paper 1, table 3).
        fillers: Whether there may be images without a row, which are left out.

    Returns:
        A row for each row of the spreadsheet, in its order: `file` (the image's own name, where
        the spreadsheet writes it in another case or Unicode form), `hit_rate` and
        `false_alarm_rate` (0 to 1; nan where the target is the hit rate, and the spreadsheet has no
        such column), `target`, the names of `GROUPS` that the spreadsheet has, as text, and those
        of `COUNTS` where it has all four.

    Raises:
        MnemoError: The database is not right. The message has a line for each kind of mistake, with
            the rows as a spreadsheet program numbers them or the files, their values, and the
            remedy: a part is missing or can't be read; a column is missing or there twice; a file
            name is missing, a path, there twice, or fits several images; a rate is not a number
            from 0 to 1, or not what its counts make; a count is none; a group or shape is missing
            or none; a row has no image, or an image no row; an image can't be read, is too large,
            not RGB or there under two names; or there are fewer than `LEAST`.
    """
    folder = Path(folder)
    needless = {"false_alarm_rate"} if target == "hit_rate" else set()
    sheet, mistakes = _sheet(folder / SCORES, COLUMNS.keys() - needless)
    listed, missing = _listed(folder / IMAGES)
    mistakes += [*missing, *_wrong_rates(sheet), *_wrong_counts(sheet), *_wrong_groups(sheet)]
    written = sheet.get("file", pd.Series(dtype=object))
    mistakes += _wrong_names(written)
    if "file" in sheet and not missing:
        sheet["file"], several = _files(written, listed)
        mistakes += [*several, *_unpaired(sheet["file"], listed, fillers)]
    used = sorted(set(listed) & set(sheet.get("file", ()))) if fillers else listed
    mistakes += _wrong_images(folder / IMAGES, used)
    if mistakes:
        raise MnemoError("\n  ".join([f"the database in {folder} is not right:", *mistakes]))

    if "false_alarm_rate" not in sheet:
        sheet.insert(len(COLUMNS) - 1, "false_alarm_rate", np.nan)
    table = sheet.astype({"file": str} | dict.fromkeys(RATES, float)).reset_index(drop=True)
    for name in GROUPS:
        if name in table:
            table[name] = table[name].map(_text)
    table = table.astype({name: int for name in COUNTS if name in table})
    targets = table["hit_rate"]
    if target == "true_hit_rate":
        # Rounded, since equal differences of two decimals may differ in the last bit.
        targets = (targets - table["false_alarm_rate"]).round(9)
    table.insert(len(COLUMNS), "target", targets)
    LOGGER.info("%d images with scores, %d without", len(table), len(listed) - len(table))
    return table


def split(table: pd.DataFrame, *, seed: int, folds: int | None = None) -> pd.DataFrame:
    """Divide the images into 80 % for training, 10 % for validation and 10 % for the test.

    As the code of the paper's authors does (mamyou96/FaceMem, with seed 42): scikit-learn's
    `train_test_split` takes a fifth of the rows, rounded up, whose first half validates and whose
    second tests. Of the database's 2,222 images 1,777 train, 222 validate and 223 test. What is
    drawn are positions, so the same images are drawn from rows in the same order only.

    Where the images have groups, it is groups that are drawn, in the order in which they come, so
    that what shows one face is in one part.

    Args:
        table: What `read` returns.
        seed: Seed of the split and of the folds, below 2**32.
        folds: Folds of a cross-validation over all images; None for none.

    Returns:
        The columns of `training.tables.SPLIT`, in the table's order.

    Raises:
        MnemoError: A part of the split or of a fold's training has fewer than three images of a
            shape, or their targets are all the same.
    """
    table = table.assign(**{name: None for name in GROUPS if name not in table})
    groups = _groups(table)
    count = groups.max() + 1
    _, held = train_test_split(np.arange(count), test_size=0.2, random_state=seed)
    part = np.full(count, "train", dtype=object)
    part[held[: len(held) // 2]] = "validation"
    part[held[len(held) // 2 :]] = "test"
    fold = pd.array([pd.NA] * count, dtype="Int64")
    if folds is not None:
        shuffled = KFold(folds, shuffle=True, random_state=seed).split(np.arange(count))
        for number, (_, tested) in enumerate(shuffled, start=1):
            fold[tested] = number
    divided: pd.DataFrame = table.assign(split=part[groups], fold=fold[groups])
    divided = divided[training_tables.SPLIT.names]
    mistakes = [
        f"{run}, {name}{'' if pd.isna(shape) else f', {shape!s}'}: {len(targets)} images"
        + (", of 3 at least" if len(targets) < 3 else f", all with the target {targets.iloc[0]:g}")
        for run in ("holdout", *(f"fold-{number:02d}" for number in range(1, (folds or 0) + 1)))
        for name, rows in parts(divided, run, seed).items()
        for shape, targets in divided.iloc[rows].groupby("shape", dropna=False)["target"]
        if len(targets) < 3 or targets.nunique() == 1
    ]
    if mistakes:
        raise MnemoError(
            "parts of the images can't be ranked:\n  "
            + "\n  ".join(mistakes)
            + "\nGive the database scores that differ or more images, or take another seed or "
            "fewer folds."
        )
    return divided


def parts(split: pd.DataFrame, run: str, seed: int) -> dict[str, NDArray[np.intp]]:
    """Return which images train, validate and test in a run.

    Args:
        split: Columns of `training.tables.SPLIT`.
        run: "holdout" for the split's own parts; "fold-01" for the test on fold 1, with a tenth of
            the other images or groups, rounded up, for validation.
        seed: Seed of a fold's images for validation.

    Returns:
        Rows of the split, ascending, for "train", "validation" and "test".
    """
    if run == "holdout":
        return {
            part: np.flatnonzero(split["split"] == part) for part in ("train", "validation", "test")
        }
    fold, groups = int(run.removeprefix("fold-")), _groups(split)
    others = np.unique(groups[split["fold"] != fold])
    rest = np.random.default_rng((seed, fold)).permutation(others)
    tenth = -(-len(rest) // 10)
    return {
        "train": np.flatnonzero(np.isin(groups, rest[tenth:])),
        "validation": np.flatnonzero(np.isin(groups, rest[:tenth])),
        "test": np.flatnonzero(split["fold"] == fold),
    }


def _groups(table: pd.DataFrame) -> NDArray[np.intp]:
    """Number the groups of images in order; where there are none, each image is one."""
    if table["group"].isna().any():
        return np.arange(len(table))
    numbers: NDArray[np.intp] = pd.factorize(table["group"])[0]
    return numbers


def digest(folder: str | Path, table: pd.DataFrame) -> str:
    """Digest the images and their rates, whatever the order of the rows.

    Args:
        folder: As for `read`.
        table: What `read` returns.

    Returns:
        The sha256 of every file's name, sha256 and rates in order of file name, in hexadecimal.
    """
    rows = [
        [
            file,
            hashes.of(Path(folder, IMAGES, file)),
            hit_rate,
            None if np.isnan(false_alarm_rate) else false_alarm_rate,
        ]
        for file, hit_rate, false_alarm_rate in table[list(COLUMNS)]
        .sort_values("file")
        .itertuples(index=False)
    ]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _sheet(path: Path, needed: Collection[str]) -> tuple[pd.DataFrame, list[str]]:
    """Read the columns that are there, indexed by row, and say what is wrong with the file."""
    try:
        title, rows = spreadsheets.rows(path)
    except FileNotFoundError:
        return pd.DataFrame(), [f"{path} is missing: put the spreadsheet there."]
    except spreadsheets.UNREADABLE as why:
        remedy = (
            "Open it in a spreadsheet program, and save it as .xlsx: an Excel workbook without a "
            "password."
        )
        return pd.DataFrame(), [f"{path} can't be read as .xlsx ({why}). {remedy}"]
    heading = rows.pop(1, ())
    found = [names.plain(cell) for cell in heading]
    there = ", ".join(str(cell) for cell in heading if cell is not None) or "nothing"
    mistakes, columns = [], {}
    for name, column in (COLUMNS | GROUPS | COUNTS).items():
        match found.count(names.plain(column)):
            case 1:
                at = found.index(names.plain(column))
                columns[name] = [row[at] if at < len(row) else None for row in rows.values()]
            case 0 if name in needed:
                instead = (
                    ", or set `training.target: hit_rate`, which needs none"
                    if name == "false_alarm_rate"
                    else ""
                )
                mistakes.append(
                    f"{path}, sheet {title!r}: no column {column}; the first row has {there}. "
                    f"Head it so{instead}."
                )
            case 0:
                pass
            case more:
                mistakes.append(f"{path}, sheet {title!r}: {more} columns {column}. Leave one.")
    absent = [column for name, column in COUNTS.items() if name not in columns]
    if absent and len(absent) < len(COUNTS):
        LOGGER.warning("%s has no column %s: its counts are not used", path, ", ".join(absent))
    if absent:
        columns = {name: column for name, column in columns.items() if name not in COUNTS}
    sheet = pd.DataFrame(columns, index=list(rows), dtype=object)
    return sheet[~sheet.isin([None, ""]).all(axis=1)], mistakes


def _wrong_names(written: pd.Series) -> Iterator[str]:
    is_text = written.map(lambda name: isinstance(name, str) and name != "")
    yield from spreadsheets.line(
        f"{SCORES.name}: no file name",
        spreadsheets.places(written[~is_text]),
        f"Write the image's in {COLUMNS['file']}, or delete the row.",
    )
    texts = written[is_text]
    yield from spreadsheets.line(
        f"{SCORES.name}: paths for file names",
        spreadsheets.places(texts[texts.map(_is_path)]),
        "Write the name alone of a file among the images.",
    )
    yield from spreadsheets.line(
        f"{SCORES.name}: file names there twice, but perhaps for case, blanks or how accents are "
        "encoded",
        spreadsheets.places(texts[texts.map(names.plain).duplicated(keep=False)]),
        "Delete all but one row of an image.",
    )


def _is_path(name: str) -> bool:
    return re.search(r"[/\\\0]", name) is not None or name in (".", "..")


def _wrong_rates(sheet: pd.DataFrame) -> Iterator[str]:
    for name in RATES:
        if name in sheet:
            wrong = sheet[name][~sheet[name].map(spreadsheets.is_rate)]
            yield from spreadsheets.line(
                f"{SCORES.name}: {COLUMNS[name]} is not a number from 0 to 1",
                spreadsheets.places(wrong),
                f"Correct it, or delete the row.{spreadsheets.kinds(wrong)}",
            )


def _wrong_counts(sheet: pd.DataFrame) -> Iterator[str]:
    for name, column in COUNTS.items():
        if name in sheet:
            wrong = sheet[name][~sheet[name].map(spreadsheets.is_count)]
            yield from spreadsheets.line(
                f"{SCORES.name}: {column} is not a whole number from 0",
                spreadsheets.places(wrong),
                f"Correct it, or delete the columns of counts.{spreadsheets.kinds(wrong)}",
            )
    for rate, (yes, no) in RATES.items():
        if not {rate, yes, no} <= set(sheet):
            continue
        known = (
            sheet[rate].map(spreadsheets.is_rate)
            & sheet[yes].map(spreadsheets.is_count)
            & sheet[no].map(spreadsheets.is_count)
        )
        given = sheet.loc[known, [rate, yes, no]].astype(float)
        made = given[yes] / (given[yes] + given[no])
        # What 0 responses make is no number, and compares as false.
        apart = given[~((made - given[rate]).abs() <= spreadsheets.ROUNDING)]
        yield from spreadsheets.line(
            f"{SCORES.name}: {COLUMNS[rate]} is not {COUNTS[yes]} / ({COUNTS[yes]} + {COUNTS[no]})",
            [
                f"row {row} ({values[0]:g}, not {values[1]:g} / ({values[1]:g} + {values[2]:g}))"
                for row, *values in apart.itertuples()
            ],
            "Correct one or the other.",
        )


def _wrong_groups(sheet: pd.DataFrame) -> Iterator[str]:
    if "group" in sheet:
        yield from spreadsheets.line(
            f"{SCORES.name}: no {GROUPS['group']}",
            spreadsheets.places(sheet["group"][sheet["group"].isin([None, ""])]),
            "Write the same for images that must be in one part, or delete the column.",
        )
    if "shape" in sheet:
        yield from spreadsheets.line(
            f"{SCORES.name}: {GROUPS['shape']} is none of {', '.join(SHAPES)}",
            spreadsheets.places(sheet["shape"][~sheet["shape"].isin(SHAPES)]),
            "Correct it, or delete the column.",
        )


def _text(value: object) -> str:
    """Return a group or shape as text, the same for 1 and 1.0 and for each Unicode form."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return unicodedata.normalize("NFC", str(value))


def _listed(folder: Path) -> tuple[list[str], list[str]]:
    """List the images of a folder, or say that it is missing."""
    if not folder.is_dir():
        return [], [f"{folder} is missing: put the images there."]
    try:
        # The names of what macOS keeps beside files start with a dot.
        return sorted(
            path.name
            for path in folder.iterdir()
            if path.suffix.lower() in _SUFFIXES and path.name[0] != "." and path.is_file()
        ), []
    except OSError as why:
        return [], [f"{folder} can't be read ({why.strerror}): let your user read it."]


def _files(written: pd.Series, listed: Sequence[str]) -> tuple[pd.Series, Iterator[str]]:
    """Find the image that each row means, and the rows that may mean several."""
    texts = written[written.map(lambda name: isinstance(name, str) and name != "")]
    meant = names.alike(texts, listed)
    several = [
        # Names that look the same differ in ASCII.
        f"row {row} ({name!a}: {', '.join(map(ascii, meant[name]))})"
        for row, name in texts.items()
        if len(meant[name]) > 1
    ]
    remedy = "Name one of them as it is, and take the other out."
    one = {name: found[0] for name, found in meant.items() if len(found) == 1}
    return (
        written.map(lambda name: one.get(name, name) if isinstance(name, str) else name),
        spreadsheets.line(f"{SCORES.name}: names that fit several images", several, remedy),
    )


def _unpaired(files: pd.Series, listed: Sequence[str], fillers: bool) -> Iterator[str]:
    texts = files[files.map(lambda name: isinstance(name, str) and not _is_path(name))]
    texts = texts[texts != ""]
    yield from spreadsheets.line(
        f"{SCORES.name}: rows without an image",
        spreadsheets.places(texts[~texts.isin(listed)]),
        f"Put a JPEG or PNG of that name (.jpg, .jpeg or .png) into {IMAGES}, or delete the row.",
    )
    paired = set(texts) & set(listed)
    if not fillers:
        yield from spreadsheets.line(
            f"{IMAGES}: images without a row",
            [repr(name) for name in listed if name not in paired],
            "Give each a row, or take it out; or set `training.fillers: true` to leave "
            "them out: the 10k US Adult Faces Database itself has 7,946.",
        )
    if len(paired) < LEAST:
        yield f"{len(paired)} images have a row, and training needs {LEAST}. Give it more."


def _wrong_images(folder: Path, used: Sequence[str]) -> Iterator[str]:
    faults = {name: fault for name in used if (fault := _fault(folder / name))}
    yield from spreadsheets.line(
        f"{folder.name}: images that can't be used",
        [f"{name!r} ({fault})" for name, fault in faults.items()],
        f"Save each as a JPEG or PNG in RGB of at most {_MOST_PIXELS:,} pixels, or take it out "
        "with its row.",
    )
    alike: dict[str, list[str]] = defaultdict(list)
    for name in used:
        if name not in faults:
            alike[hashes.of(folder / name)].append(name)
    yield from spreadsheets.line(
        f"{folder.name}: one image under several names, which could train and test at once",
        [" = ".join(map(repr, same)) for same in alike.values() if len(same) > 1],
        "Keep one of them and its row.",
    )


def decoded(path: str | Path) -> Image.Image:
    """Decode an image as viewers show it.

    A camera stores an image as its sensor sees it, and in its EXIF data how to turn it (Exif 2.32,
    tag 274, Orientation). Of several images in a file, as phones write them, it is the first.
    Colours are read as sRGB: a colour profile in the file is not applied.

    Args:
        path: A JPEG or PNG.

    Returns:
        The image, turned upright, in RGB.

    Raises:
        OSError: It can't be read; or any other of `UNDECODABLE`.
    """
    with Image.open(path, formats=_FORMATS) as image:
        return _upright(image).convert("RGB")


def _upright(image: Image.Image) -> Image.Image:
    """Turn an image as its EXIF data say."""
    image.load()
    image.getexif()
    # Pillow has read it now, and would write it anew, which fails at odd tags of some cameras.
    for kept in ("exif", "Raw profile type exif"):
        image.info.pop(kept, None)
    return ImageOps.exif_transpose(image)


def _fault(path: Path) -> str | None:
    """Decode an image whole, and say why it can't be used; None if it can."""
    try:
        with Image.open(path, formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:
                return f"{image.width} x {image.height} pixels"
            image.load()
            if image.has_transparency_data:
                return "transparent"
            if image.format == "PNG" and getattr(image, "is_animated", False):
                return "animated"
            if image.mode not in _MODES:
                return f"of mode {image.mode}"
            _upright(image)
    except UnidentifiedImageError:
        return "no JPEG or PNG"
    except Image.DecompressionBombError:
        return f"more than {_MOST_PIXELS:,} pixels"
    except UNDECODABLE as why:
        return str(why)
    return None
