"""The figure of lost faces: how they respond, and what that does to the response of ovals."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mnemo.figures import parts, style
from mnemo.figures.parts import Look

#: The estimates of the two panels of a row, with their names and styles.
SQUARES = {
    "square_found": ("oval found", Look(style.BLUE, "s")),
    "square_lost": ("oval lost", Look(style.GREY, "s", "--", hollow=True)),
}
OVALS = {
    "oval": ("found at both", Look(style.VERMILION, "o")),
    "oval_complete": ("found at every alpha", Look("#E69F00", "v", ":")),
    "oval_weighted": ("weighted to all faces", Look("black", "D", "--", hollow=True)),
}


@style.applied()
def draw(lost_faces: pd.DataFrame, confidence: float) -> Figure:
    """Draw how the lost faces respond to an edit, and the ovals with and without them.

    Args:
        lost_faces: Rows of `lost_faces.LOST_FACES`.
        confidence: Confidence of the intervals, 0 to 1.

    Returns:
        A figure with one row per edit and assessor: on the left the mean change of the squares'
        scores of faces whose oval is found, with their number, and of those whose oval is lost; on
        the right that of the ovals, of the survivors and weighted to all faces.
    """
    groups = list(lost_faces.groupby(["edit", "assessor"], sort=False))
    figure = Figure((style.WIDTH, 1.6 * len(groups) + 0.5), layout="constrained")
    panels = figure.subplots(len(groups), 2, squeeze=False, sharey="row")
    for (squares, ovals), ((edit, assessor), own) in zip(panels, groups, strict=True):
        own = own.sort_values("alpha")
        _draw(squares, own, SQUARES)
        _draw(ovals, own, OVALS)
        squares.set_title(f"{edit}, {assessor}: squares")
        ovals.set_title("ovals")
        squares.set_ylabel("change of mean score\nfrom alpha 0")
        found = [f"{alpha:g}\n{n}" for alpha, n in zip(own["alpha"], own["found"], strict=True)]
        for panel in (squares, ovals):
            panel.set_xticks(own["alpha"], [parts.minus(text) for text in found])
    for panel in panels[-1]:
        panel.set_xlabel(
            f"alpha, and number of faces found\n({parts.percent(confidence)} intervals)"
        )
    for panel in panels[0]:
        panel.legend()
    return figure


def _draw(panel: Axes, own: pd.DataFrame, estimates: dict[str, tuple[str, Look]]) -> None:
    """Draw the estimates of a panel side by side at each alpha."""
    panel.axhline(0, color=style.GREY, linewidth=0.6, linestyle=":")
    step = 0.012 * np.ptp(own["alpha"])
    for place, (name, (label, look)) in enumerate(estimates.items()):
        where = own["alpha"] + step * (place - (len(estimates) - 1) / 2)
        drawn_as: dict[str, Any] = look._asdict()
        parts.bars(panel, own, name, where, label=label, **drawn_as)
