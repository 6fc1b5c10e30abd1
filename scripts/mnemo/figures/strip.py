"""The strip figure: the edited faces themselves."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mnemo import tables
from mnemo.figures import parts, style
from mnemo.figures import pictures as shown

#: Edge of a face in a strip, in inches.
CELL = 0.75


def gather(paths: Sequence[str | Path], shape: str, wanted: Sequence[str]) -> pd.DataFrame:
    """Read selected images of edited sets for `draw`.

    Args:
        paths: Shards of `images.IMAGES` or `ovals.OVALS` of sets at several alphas.
        shape: The images' shape.
        wanted: Keys of the selected images.

    Returns:
        One row per image and alpha: image, alpha, shape, and pixels, (height, width, 3) RGB or None
        if no face was found.
    """
    rows = []
    for path in paths:
        for group in tables.groups(path, ["image", "alpha", "pixels"]):
            rows += group.filter(
                pc.is_in(group["image"], pa.array(wanted, pa.string()))
            ).to_pylist()
    return pd.DataFrame(
        [{**row, "shape": shape, "pixels": shown.decoded(row["pixels"])} for row in rows]
    )


@style.applied()
def draw(pictures: pd.DataFrame, scores: pd.DataFrame, quality: str, assessor: str) -> Figure:
    """Draw faces over alpha, each with its ovals below its squares (Figure 4).

    Args:
        pictures: Rows from `gather` of squares, ovals, or both.
        scores: Rows of `scores.SCORES` of the same edit and one assessor.
        quality: The quality that should increase with alpha; empty if none is known to.
        assessor: Name of the assessor, shown in the corner.

    Returns:
        A figure with one column per alpha and one row per face and shape. Each picture's score is
        in its top left corner; a picture without a face is blank, with a note.
    """
    shapes = parts.shapes(pictures)
    faces = sorted(pictures["image"].unique())
    alphas = sorted(pictures["alpha"].unique())
    keys = ["image", "shape", "alpha"]
    merged = pictures.merge(scores[[*keys, "score"]], on=keys, how="left").to_dict("records")
    cells = {tuple(cell[key] for key in keys): cell for cell in merged}
    left, top, gap = 0.65, 0.67, 0.12
    block = CELL * len(shapes)
    width = left + CELL * len(alphas) + 0.05
    height = top + (block + gap) * len(faces)
    figure = Figure((width, height))
    margins = {"left": left / width, "right": 1 - 0.05 / width, "top": 1 - top / height}
    blocks = figure.add_gridspec(len(faces), 1, **margins, bottom=gap / height, hspace=gap / block)
    for number, face in enumerate(faces):
        grid = blocks[number].subgridspec(len(shapes), len(alphas), wspace=0.02, hspace=0.02)
        for shape, row in zip(shapes, grid.subplots(squeeze=False), strict=True):
            label = {"rotation": 0, "ha": "right", "va": "center", "fontsize": 6}
            row[0].set_ylabel(f"{face}\n{shape}", **label)
            for alpha, panel in zip(alphas, row, strict=True):
                cell = cells[face, shape, alpha]
                frame = "black" if alpha == 0 else "white"
                shown.show(panel, cell["pixels"], f"{cell['score']:.2f}", frame=frame)
    first = figure.axes[: len(alphas)]
    for alpha, panel in zip(alphas, first, strict=True):
        text = "original" if alpha == 0 else parts.minus(f"alpha {alpha:+g}")
        panel.set_title(text, loc="center", fontsize=7)
    less = [panel for alpha, panel in zip(alphas, first, strict=True) if alpha < 0]
    more = [panel for alpha, panel in zip(alphas, first, strict=True) if alpha > 0]
    if less:
        _arrow(less[-1], less[0], 0, f"scored less\n{quality}" if quality else "lower alpha")
    if more:
        _arrow(more[0], more[-1], 1, f"scored more\n{quality}" if quality else "higher alpha")
    corner: dict[str, Any] = {"ha": "left", "va": "top", "fontsize": 6}
    figure.text(0.04 / width, 1 - 0.05 / height, f"scores by\n{_broken(assessor)}", **corner)
    return figure


def _broken(name: str) -> str:
    return name.replace("-", "-\n")


def _arrow(tail: Axes, tip: Axes, end: int, text: str) -> None:
    """Draw an arrow above a row of panels, to the left (end 0) or to the right (end 1)."""
    level = 1.35
    arrow = {"arrowstyle": "->", "linewidth": 1}
    ends = (end, level), (1 - end, level)
    tip.annotate("", ends[0], ends[1], tip.transAxes, tail.transAxes, arrowprops=arrow)
    side = "right" if end else "left"
    tip.text(end, level + 0.05, text, transform=tip.transAxes, ha=side, fontsize=7)
