"""What a test reads off a figure."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray


def words(figure: Figure) -> list[str]:
    """List the texts of a figure that are shown."""
    figure.draw_without_rendering()
    return [text.get_text() for text in figure.findobj(Text) if text.get_visible()]


def points(panel: Axes, bars: int = 0) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    """Read the points (n, 2) that a panel's error bars belong to, and each bar's two ends."""
    lines = [line for line in panel.lines if line.get_marker() in tuple("osD")]
    (segments,) = panel.containers[bars].lines[2]
    return lines[bars].get_xydata(), [ends for ends in segments.get_segments() if len(ends)]
