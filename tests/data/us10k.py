"""Writes a small database laid out like the 10k US Adult Faces, with scores that can be learnt.

The redder an oval, the higher its hit rate; the bluer, the higher its false-alarm rate. Usage:

    python tests/data/us10k.py FOLDER IMAGES [--counts]
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import openpyxl
from numpy.typing import NDArray
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from mnemo.training import database, making

#: Responses to an image's repeat and to its first showing, each.
RESPONSES = 80


def oval(
    colour: Sequence[int], lips: Sequence[int] = (0, 0, 0), width: int = 96
) -> NDArray[np.uint8]:
    """Draw an oval of one colour with eyes and a mouth on white: (256, width, 3)."""
    image = Image.new("RGB", (width, making.HEIGHT), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((0, 0, width - 1, making.HEIGHT - 1), fill=tuple(colour))
    for left, top, right, bottom, fill in (
        (0.25, 90, 0.35, 100, "black"),
        (0.65, 90, 0.75, 100, "black"),
        (0.35, 180, 0.65, 190, tuple(lips)),
    ):
        draw.ellipse((left * width, top, right * width, bottom), fill=fill)
    return np.asarray(image)


def write(folder: str | Path, count: int, *, counts: bool = False, seed: int = 0) -> None:
    """Write a database.

    Args:
        folder: Where it goes; it must not exist.
        count: Images.
        counts: Whether the spreadsheet has the counts behind the rates.
        seed: Of the colours and the responses.
    """
    random = np.random.default_rng(seed)
    colours = random.integers(40, 216, (count, 3))
    red, _, blue = (colours.T - 40) / 176
    hits = random.binomial(RESPONSES, 0.3 + 0.6 * red)
    false_alarms = random.binomial(RESPONSES, 0.05 + 0.3 * blue)
    names = [f"Some_Body_{number}" for number in range(count)]
    # No two images may be the same, and JPEG makes one of colours that are almost alike.
    ovals = map(oval, colours.tolist(), random.integers(0, 256, (count, 3)).tolist())
    making.write(folder, names, ovals, hits / RESPONSES, false_alarms / RESPONSES)
    if counts:
        path = Path(folder) / database.SCORES
        book = openpyxl.load_workbook(path)
        of_no = (hits, RESPONSES - hits, false_alarms, RESPONSES - false_alarms)
        given = zip(database.COUNTS.values(), of_no, strict=True)
        for place, (heading, values) in enumerate(given, start=len(database.COLUMNS) + 1):
            for row, value in enumerate([heading, *values.tolist()], start=1):
                book.active.cell(row, place, value)
        book.save(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("images", type=int)
    parser.add_argument("--counts", action="store_true")
    arguments = parser.parse_args()
    write(arguments.folder, arguments.images, counts=arguments.counts)
