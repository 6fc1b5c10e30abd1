"""What a test reads off a figure."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from numpy.typing import NDArray

from mnemo.figures import style


def words(figure: Figure) -> list[str]:
    """List the texts of a figure that are shown."""
    figure.draw_without_rendering()
    return [text.get_text() for text in figure.findobj(Text) if text.get_visible()]


def points(panel: Axes, bars: int = 0) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    """Read the points (n, 2) that a panel's error bars belong to, and each bar's two ends."""
    lines = [line for line in panel.lines if line.get_marker() in tuple("osD")]
    (segments,) = panel.containers[bars].lines[2]
    return lines[bars].get_xydata(), [ends for ends in segments.get_segments() if len(ends)]


def cells(panel: Axes) -> dict[tuple[str, str], tuple[str, Rectangle]]:
    """Read a matrix: the text and the patch of each cell, by the names of its row and column."""
    rows = [label.get_text() for label in panel.get_yticklabels()]
    columns = [label.get_text() for label in panel.get_xticklabels()]
    filled = [patch for patch in panel.patches if patch.get_fill()]
    where = [(round(x), round(y)) for x, y in (text.get_position() for text in panel.texts)]
    return {
        (rows[y], columns[x]): (text.get_text(), patch)
        for (x, y), text, patch in zip(where, panel.texts, filled, strict=True)
    }


def boxes(figure: Figure, panel: Axes) -> list[tuple[Text, Rectangle]]:
    """Read a matrix: each cell's text and patch, once they are laid out."""
    figure.draw_without_rendering()
    filled = [patch for patch in panel.patches if patch.get_fill()]
    return list(zip(panel.texts, filled, strict=True))


def saved_twice(draw: Callable[[], Figure], folder: Path, suffix: str = "svg") -> list[bytes]:
    """Draw and save a figure twice, and read what was saved."""
    paths = [folder / f"{name}.{suffix}" for name in ("first", "second")]
    for path in paths:
        style.save(draw(), path)
    assert sorted(folder.iterdir()) == paths
    return [path.read_bytes() for path in paths]
